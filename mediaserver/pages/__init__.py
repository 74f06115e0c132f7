"""The HTML door: one file per page or family of pages, each with a typed context.

Not for: decisions and SQL, which live in the rooms. Every form works without scripts; the modules
under ``web/static/js`` only make it nicer.
"""

from mediaserver.pages import (
    entry,
    find,
    home,
    how,
    items,
    libraries,
    settings,
    settings_forms,
    watch,
)

PAGES = (home, entry, items, how, libraries, find, watch, settings, settings_forms)

__all__ = ["PAGES"]
