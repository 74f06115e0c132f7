"""The JSON door: one file per room, each handler typed in and out. The OpenAPI document is it."""
