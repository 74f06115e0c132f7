"""The rows of the full-text index, written in the transaction that changes an item."""

from collections.abc import Iterable

import msgspec

from mediaserver.catalog.models import ItemKind
from mediaserver.catalog.text import indexed
from mediaserver.db import Transaction, as_json
from mediaserver.ids import ItemId


class _Indexed(msgspec.Struct, frozen=True):
    number: int
    kind: ItemKind
    title: str
    show_title: str | None
    year: int
    hidden: bool


async def index(tx: Transaction, ids: Iterable[ItemId]) -> None:
    """Seasons are left out: "Season 1" is no answer to anything."""
    rows = await tx.all(
        _Indexed,
        "SELECT i.number, i.kind, i.title, s.title AS show_title, i.year, i.hidden"
        " FROM items i LEFT JOIN items s ON s.id = i.show_id"
        " WHERE i.id IN (SELECT value FROM json_each(?)) AND i.kind <> 'season'",
        as_json(list(ids)),
    )
    await tx.executemany("DELETE FROM item_search WHERE rowid = ?", [(r.number,) for r in rows])
    await tx.executemany(
        "INSERT INTO item_search (rowid, title, context) VALUES (?, ?, ?)",
        [(r.number, indexed(r.title), _context(r)) for r in rows if not r.hidden],
    )


def _context(row: _Indexed) -> str:
    """Words that also find an item: the name of its show, its year."""
    return " ".join(filter(None, (indexed(row.show_title or ""), str(row.year or ""))))
