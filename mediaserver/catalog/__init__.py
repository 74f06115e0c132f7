"""What people browse: movies, shows, seasons, episodes and home videos, and their pictures.

For: items made from scanned files, lists, search. Not for: the files (library), what was watched
(history); a door joins those.
Items are made in batches as the scanner reports changed files and are hidden, never deleted, when
their files go. Cards are stored nearly as they are shown, so a list costs one indexed query.
"""

from mediaserver.catalog.models import (
    EpisodeRef,
    Facets,
    Filter,
    GenreCount,
    Image,
    ImageOrigin,
    ImageSource,
    ImageType,
    Item,
    ItemCard,
    ItemImage,
    ItemKind,
    ItemState,
    MissingImage,
    Order,
    Page,
    Query,
    SearchPage,
    Sort,
    UserData,
    Version,
)
from mediaserver.catalog.search import Question
from mediaserver.catalog.store import Catalog

__all__ = [
    "Catalog",
    "EpisodeRef",
    "Facets",
    "Filter",
    "GenreCount",
    "Image",
    "ImageOrigin",
    "ImageSource",
    "ImageType",
    "Item",
    "ItemCard",
    "ItemImage",
    "ItemKind",
    "ItemState",
    "MissingImage",
    "Order",
    "Page",
    "Query",
    "Question",
    "SearchPage",
    "Sort",
    "UserData",
    "Version",
]
