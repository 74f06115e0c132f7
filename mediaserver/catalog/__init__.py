"""What people browse: movies, shows, seasons, episodes and home videos, and their pictures.

For: items made from scanned files, lists, search. Not for: the files (library), what was watched
(history); a door joins those.
"""

from mediaserver.catalog.models import (
    Image,
    Item,
    ItemCard,
    ItemKind,
    ItemState,
    Page,
    UserData,
    Version,
)

__all__ = ["Image", "Item", "ItemCard", "ItemKind", "ItemState", "Page", "UserData", "Version"]
