"""The HTML door: one file per page or family of pages, each with a typed context."""
