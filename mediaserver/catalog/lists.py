"""Pages of cards, each costing the same however deep it lies.

A list merges one index-ordered stream per library and kind (SQLite merges the parts of an ordered
UNION ALL without sorting them), and a cursor says where each stream goes on. Sort columns come
from the table here, never from the caller's text.
"""

from collections.abc import Sequence

import msgspec

from mediaserver.catalog.cursor import Position, seal, unseal_position
from mediaserver.catalog.models import Filter, ItemCard, ItemKind, Order, Page, Query, Sort
from mediaserver.catalog.visible import Condition
from mediaserver.db import Database, as_json
from mediaserver.errors import Invalid
from mediaserver.ids import LibraryId

CARD = """
    i.id, i.kind, i.library_id, i.title, i.state, nullif(i.year, 0) AS year,
    nullif(i.duration, 0) AS duration, i.added_at, i.show_id, s.title AS show_title, i.season_id,
    i.season_number, i.episode_number, i.episode_end, i.date, nullif(i.height, 0) AS height,
    i.child_count, i.images_json
"""
TOP = (ItemKind.MOVIE, ItemKind.SHOW, ItemKind.VIDEO)
MAX_LIMIT = 200
_REACH = 10_000
_COLUMNS = {
    Sort.TITLE: "sort_title",
    Sort.ADDED: "added_at",
    Sort.YEAR: "year",
    Sort.DURATION: "duration",
}
# Loose index scan: one step per library, whatever they hold.
_LIBRARIES = """
    WITH RECURSIVE found (id) AS (
        SELECT min(library_id) FROM items
        UNION ALL
        SELECT (SELECT min(library_id) FROM items WHERE library_id > found.id)
        FROM found WHERE found.id IS NOT NULL
    )
    SELECT id FROM found WHERE id IS NOT NULL
"""


class _Sorted(ItemCard, frozen=True, kw_only=True):
    """A card with its place in the list."""

    sort_value: str | float
    number: int


class _Stream(msgspec.Struct, frozen=True):
    """What all parts of one merged list have in common."""

    column: str
    descending: bool
    where: Condition
    after: tuple[str | float, int] | None = None


async def page(db: Database, key: bytes, may_see: Condition, query: Query) -> Page:
    """One page and the cursor of the next; ``total`` is left to the caller (-1)."""
    order = _order(query)
    offset, after = _start(key, query, order)
    stream = _Stream(
        _COLUMNS[query.sort],
        order is Order.DESCENDING,
        both(may_see, condition(query.filter)),
        after,
    )
    pairs = await _pairs(db, query.filter)
    if not pairs:
        return Page((), None, -1)
    sql, args = _merged(pairs, stream)
    reader = db.slow if offset or _is_slow(query.filter) else db
    rows = await reader.all(_Sorted, sql, *args, query.limit + 1, offset)
    shown = rows[: query.limit]
    more = len(rows) > query.limit and offset + query.limit < _REACH
    place = Position(query.sort, order, shown[-1].sort_value, shown[-1].number) if more else None
    return Page(tuple(map(_card, shown)), seal(key, place) if place else None, -1)


async def newest(
    db: Database, may_see: Condition, library_id: LibraryId, limit: int
) -> tuple[ItemCard, ...]:
    """Movies, videos, and shows by their newest episode."""
    pairs = [(library_id, kind) for kind in TOP]
    sql, args = _merged(pairs, _Stream("latest_at", descending=True, where=may_see))
    return tuple(map(_card, await db.all(_Sorted, sql, *args, limit, 0)))


async def total(db: Database, may_see: Condition, filter_: Filter) -> int:
    where = both(may_see, condition(filter_))
    pairs = await _pairs(db, filter_)
    kinds = as_json(sorted({kind for _, kind in pairs}))
    libraries = as_json(sorted({library for library, _ in pairs}))
    sql = (
        "SELECT count(*) FROM items i WHERE i.library_id IN (SELECT value FROM json_each(?))"
        f" AND i.kind IN (SELECT value FROM json_each(?)) AND {where.sql}"
    )
    return int(await db.slow.value(sql, libraries, kinds, *where.args))


def condition(filter_: Filter) -> Condition:
    """The part of a filter beyond kind and library."""
    parts: list[Condition] = []
    if filter_.genre is not None:
        genre = "i.number IN (SELECT item_number FROM item_genres WHERE genre = ?)"
        parts.append(Condition(genre, (filter_.genre,)))
    if filter_.year is not None:
        parts.append(Condition("i.year = ?", (filter_.year,)))
    for ids, word in ((filter_.only, "IN"), (filter_.without, "NOT IN")):
        if ids is not None:
            chosen = f"i.id {word} (SELECT value FROM json_each(?))"
            parts.append(Condition(chosen, (as_json(sorted(ids)),)))
    return both(*parts)


def both(*conditions: Condition) -> Condition:
    sql = " AND ".join(part.sql for part in conditions if part.sql)
    return Condition(sql, tuple(arg for part in conditions for arg in part.args))


def check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_LIMIT:
        raise Invalid("That is no page size.", fields={"limit": f"1 to {MAX_LIMIT}"})


def _order(query: Query) -> Order:
    if query.order is not None:
        return query.order
    return Order.ASCENDING if query.sort is Sort.TITLE else Order.DESCENDING


def _start(key: bytes, query: Query, order: Order) -> tuple[int, tuple[str | float, int] | None]:
    """Offset and keyset position; at most one of them is set."""
    check_limit(query.limit)
    if query.cursor is not None:
        place = unseal_position(key, query.cursor, query.sort, order)
        return 0, (place.value, place.number)
    offset = (1 if query.page is None else query.page) * query.limit - query.limit
    if not 0 <= offset < _REACH:
        raise Invalid(
            f"Pages reach the first {_REACH} items; use next_cursor to go further.",
            fields={"page": f"1 to {_REACH // query.limit}"},
        )
    return offset, None


async def _pairs(db: Database, filter_: Filter) -> list[tuple[LibraryId, ItemKind]]:
    libraries = (
        [filter_.library_id]
        if filter_.library_id is not None
        else await db.all(LibraryId, _LIBRARIES)
    )
    kinds = tuple(dict.fromkeys(filter_.kinds)) or TOP
    return [(library, kind) for library in libraries for kind in kinds]


def _merged(
    pairs: Sequence[tuple[LibraryId, ItemKind]], stream: _Stream
) -> tuple[str, list[object]]:
    """SQL that still wants LIMIT and OFFSET."""
    direction, sign = ("DESC", "<") if stream.descending else ("ASC", ">")
    where = f"i.library_id = ? AND i.kind = ? AND {stream.where.sql}"
    if stream.after:
        where += f" AND (i.{stream.column}, i.number) {sign} (?, ?)"
    one = f"SELECT i.{stream.column} AS sort_value, i.number FROM items i WHERE {where}"
    args: list[object] = []
    for library_id, kind in pairs:
        args += [library_id, kind, *stream.where.args, *(stream.after or ())]
    sql = (
        f"WITH places AS ({' UNION ALL '.join([one] * len(pairs))}"
        f" ORDER BY sort_value {direction}, number {direction} LIMIT ? OFFSET ?)"
        f" SELECT {CARD}, p.sort_value, p.number FROM places p"
        " JOIN items i ON i.number = p.number LEFT JOIN items s ON s.id = i.show_id"
        f" ORDER BY p.sort_value {direction}, p.number {direction}"
    )
    return sql, args


def _is_slow(filter_: Filter) -> bool:
    """Filters no list index answers may walk a whole library."""
    chosen = (filter_.genre, filter_.year, filter_.only, filter_.without)
    return any(part is not None for part in chosen)


def _card(row: _Sorted) -> ItemCard:
    return msgspec.convert(row, ItemCard, from_attributes=True)
