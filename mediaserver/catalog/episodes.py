"""Episodes in order: what a show holds, and what comes before and after."""

from collections.abc import Collection

import msgspec

from mediaserver.catalog.lists import CARD
from mediaserver.catalog.models import EpisodeRef, ItemCard, ItemKind
from mediaserver.catalog.visible import Condition
from mediaserver.db import Database, as_json
from mediaserver.ids import ItemId

_FROM = "FROM items i LEFT JOIN items s ON s.id = i.show_id"
_REF = "i.id, i.show_id, i.season_id, i.season_number, i.state"
_IN_ORDER = "i.season_number = 0, i.season_number, i.ordinal, i.sort_title, i.number"
_SEASONS = "i.show_id = ? AND i.kind = 'season'"
_EPISODES = "i.season_id = ? AND i.kind = 'episode'"


class _Place(msgspec.Struct, frozen=True):
    show_id: ItemId
    season_number: int
    ordinal: int
    sort_title: str
    number: int


class _Counted(msgspec.Struct, frozen=True):
    id: ItemId
    seen: int
    of: int


async def children(db: Database, may_see: Condition, parent: ItemCard) -> tuple[ItemCard, ...]:
    if parent.kind not in {ItemKind.SHOW, ItemKind.SEASON}:
        return ()
    belongs = _SEASONS if parent.kind is ItemKind.SHOW else _EPISODES
    sql = f"SELECT {CARD} {_FROM} WHERE {belongs} AND {may_see.sql} ORDER BY {_IN_ORDER}"
    return tuple(await db.slow.all(ItemCard, sql, parent.id, *may_see.args))


async def below(db: Database, may_see: Condition, item_id: ItemId) -> list[EpisodeRef]:
    sql = (
        f"SELECT {_REF} FROM items i"
        " WHERE i.show_id = coalesce((SELECT o.show_id FROM items o WHERE o.id = ?1), ?1)"
        " AND ?1 IN (i.id, i.season_id, i.show_id) AND i.kind = 'episode'"
        f" AND {may_see.sql} ORDER BY {_IN_ORDER}"
    )
    return await db.slow.all(EpisodeRef, sql, item_id, *may_see.args)


async def refs(
    db: Database, may_see: Condition, ids: Collection[ItemId]
) -> dict[ItemId, EpisodeRef]:
    sql = (
        f"SELECT {_REF} FROM items i WHERE i.id IN (SELECT value FROM json_each(?))"
        f" AND i.kind = 'episode' AND {may_see.sql}"
    )
    rows = await db.slow.all(EpisodeRef, sql, as_json(list(ids)), *may_see.args)
    return {row.id: row for row in rows}


async def counted(
    db: Database, may_see: Condition, ids: Collection[ItemId]
) -> dict[ItemId, tuple[int, int]]:
    """For every show and season with episodes among ``ids``: how many of those, and in all."""
    rows = await db.slow.all(
        _Counted,
        "WITH seen AS MATERIALIZED (SELECT i.show_id, i.season_id FROM items i"
        "  WHERE i.id IN (SELECT value FROM json_each(?)) AND i.kind = 'episode'"
        f"  AND {may_see.sql}),"
        " groups AS (SELECT show_id AS id, count(*) AS seen FROM seen GROUP BY show_id"
        "  UNION ALL SELECT season_id, count(*) FROM seen GROUP BY season_id)"
        " SELECT g.id, g.seen, o.child_count AS of FROM groups g JOIN items o ON o.id = g.id",
        as_json(list(ids)),
        *may_see.args,
    )
    return {row.id: (row.seen, row.of) for row in rows}


async def neighbour(
    db: Database, may_see: Condition, item_id: ItemId, *, forward: bool
) -> ItemCard | None:
    """Regular episodes follow regular ones, specials follow specials."""
    here = await db.one(
        _Place,
        "SELECT i.show_id, i.season_number, i.ordinal, i.sort_title, i.number FROM items i"
        f" WHERE i.id = ? AND i.kind = 'episode' AND {may_see.sql}",
        item_id,
        *may_see.args,
    )
    if here is None:
        return None
    sign, direction = (">", "ASC") if forward else ("<", "DESC")
    series = "= 0" if here.season_number == 0 else "> 0"
    order = ", ".join(
        f"i.{name} {direction}" for name in ("season_number", "ordinal", "sort_title", "number")
    )
    sql = (
        f"SELECT {CARD} {_FROM} WHERE i.show_id = ? AND i.kind = 'episode' AND {may_see.sql}"
        f" AND i.state = 'present' AND i.season_number {series}"
        f" AND (i.season_number, i.ordinal, i.sort_title, i.number) {sign} (?, ?, ?, ?)"
        f" ORDER BY {order} LIMIT 1"
    )
    place = (here.season_number, here.ordinal, here.sort_title, here.number)
    return await db.one(ItemCard, sql, here.show_id, *may_see.args, *place)
