"""The nouns of the home page."""

import msgspec

from mediaserver.catalog import ItemCard
from mediaserver.ids import ItemId


class Row(msgspec.Struct, frozen=True):
    """A row of the home page. ``id`` is stable: "continue-watching", "next-up", …"""

    id: str
    title: str
    items: tuple[ItemCard, ...]


class Tally(msgspec.Struct, frozen=True):
    """What one viewer has watched; of shows and seasons, how many episodes and of how many."""

    watched: frozenset[ItemId] = frozenset()
    episodes: dict[ItemId, tuple[int, int]] = {}
