"""The genres of items; a show has those of its episodes."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from mediaserver.db import Transaction, as_json
from mediaserver.ids import ItemId


class _Has(msgspec.Struct, frozen=True):
    id: ItemId
    number: int
    genres: tuple[str, ...]


async def save_genres(tx: Transaction, wanted: Mapping[ItemId, AbstractSet[str]]) -> None:
    """Make the genres of these items exactly these."""
    rows = await tx.all(
        _Has,
        "SELECT id, number, (SELECT json_group_array(genre) FROM item_genres"
        "  WHERE item_number = number) AS genres_json"
        " FROM items WHERE id IN (SELECT value FROM json_each(?))",
        as_json(list(wanted)),
    )
    added = [(row.number, genre) for row in rows for genre in wanted[row.id] - set(row.genres)]
    gone = [(row.number, genre) for row in rows for genre in set(row.genres) - wanted[row.id]]
    await tx.executemany("DELETE FROM item_genres WHERE item_number = ? AND genre = ?", gone)
    await tx.executemany("INSERT INTO item_genres (item_number, genre) VALUES (?, ?)", added)


async def save_show_genres(tx: Transaction, shows: Iterable[ItemId]) -> None:
    wanted: dict[ItemId, set[str]] = {id_: set() for id_ in shows}
    rows = await tx.all(
        _Pair,
        "SELECT DISTINCT i.show_id, g.genre FROM items i"
        " JOIN item_genres g ON g.item_number = i.number"
        " WHERE i.kind = 'episode' AND i.hidden = 0"
        " AND i.show_id IN (SELECT value FROM json_each(?))",
        as_json(list(wanted)),
    )
    for row in rows:
        wanted[row.show_id].add(row.genre)
    await save_genres(tx, wanted)


class _Pair(msgspec.Struct, frozen=True):
    show_id: ItemId
    genre: str
