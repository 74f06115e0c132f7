"""Shows and seasons, derived from their episodes: they appear, change and hide with them."""

from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from operator import attrgetter

import msgspec

from mediaserver.catalog import derive
from mediaserver.catalog.genres import save_show_genres
from mediaserver.catalog.models import ImageOrigin, ImageType, ItemKind, ItemState
from mediaserver.catalog.pictures import save_beside
from mediaserver.catalog.rows import ItemRow, items_by_id, save_items
from mediaserver.catalog.text import clean, sort_key
from mediaserver.db import Transaction, as_json
from mediaserver.ids import ItemId, RootId
from mediaserver.library import Artwork

# Grouped, so that a show of thousands of episodes comes back as a handful of rows.
_EPISODES = """
    SELECT show_id, season_id, state, count(*) AS episodes,
           min(added_at) AS first_at, max(added_at) AS latest_at
    FROM items
    WHERE kind = 'episode' AND hidden = 0 AND show_id IN (SELECT value FROM json_each(?))
    GROUP BY show_id, season_id, state
"""
_NAMES = """
    SELECT i.show_id, i.season_id, f.root_id,
           json_extract(f.identity_json, '$.series_title') AS title,
           json_extract(f.identity_json, '$.series_year') AS year,
           json_extract(f.identity_json, '$.series_art') AS series_art_json,
           json_extract(f.identity_json, '$.season_art') AS season_art_json
    FROM items i JOIN item_files f ON f.item_id = i.id
    WHERE i.kind = 'episode' AND i.hidden = 0 AND f.state <> 'missing'
      AND i.show_id IN (SELECT value FROM json_each(?))
    GROUP BY i.show_id, i.season_id, f.root_id, title, year, series_art_json, season_art_json
    ORDER BY i.show_id, count(*) DESC, f.root_id, title, year
"""


class _Episodes(msgspec.Struct, frozen=True):
    """Visible episodes of one season in one state."""

    show_id: ItemId
    season_id: ItemId
    state: ItemState
    episodes: int
    first_at: float
    latest_at: float


class _Name(msgspec.Struct, frozen=True):
    """What episodes say of their show and season; the most frequent first."""

    show_id: ItemId
    season_id: ItemId
    root_id: RootId
    title: str | None
    year: int | None
    series_art: Artwork | None
    season_art: Artwork | None


async def derive_shows(
    tx: Transaction, ids: AbstractSet[ItemId]
) -> tuple[set[ItemId], set[ItemId]]:
    """Bring these shows and seasons up to date.

    Returns the ids whose rows or searchable words changed, and those whose pictures did.
    """
    rows = {row.id: row for row in await items_by_id(tx, ids)}
    wanted = as_json(sorted({row.show_id or row.id for row in rows.values()}))
    episodes = await tx.all(_Episodes, _EPISODES, wanted)
    names = await tx.all(_Name, _NAMES, wanted)
    derived: list[ItemRow] = []
    for row in rows.values():
        mine = attrgetter("show_id" if row.kind is ItemKind.SHOW else "season_id")
        of_row = [group for group in episodes if mine(group) == row.id]
        named = [name for name in names if mine(name) == row.id]
        derived.append(_derive(row, of_row, named))
    changed = [row for row in derived if rows[row.id] != row]
    await save_items(tx, sorted(changed, key=lambda row: row.kind is ItemKind.SEASON))
    await save_show_genres(tx, [id_ for id_ in rows if rows[id_].kind is ItemKind.SHOW])
    pictured = await save_beside(tx, _art(rows.values(), names))
    renamed = [
        row.id for row in changed if row.kind is ItemKind.SHOW and rows[row.id].title != row.title
    ]
    return {row.id for row in changed} | await _episodes_of(tx, renamed), pictured


def _derive(row: ItemRow, episodes: Sequence[_Episodes], names: Sequence[_Name]) -> ItemRow:
    if not episodes:
        return msgspec.structs.replace(row, hidden=True, child_count=0)
    row = msgspec.structs.replace(
        row,
        hidden=False,
        child_count=sum(group.episodes for group in episodes),
        state=derive.together(group.state for group in episodes),
        added_at=min(group.first_at for group in episodes),
        latest_at=max(group.latest_at for group in episodes),
    )
    if row.kind is ItemKind.SEASON:
        number = row.season_number or 0
        return msgspec.structs.replace(
            row, title=derive.season_title(number), sort_title=f"{number:08}", ordinal=number
        )
    title = next((clean(name.title) for name in names if name.title), "") or "Untitled show"
    year = next((name.year for name in names if name.year), 0)
    return msgspec.structs.replace(row, title=title, sort_title=sort_key(title), year=year)


def _art(
    rows: Iterable[ItemRow], names: Iterable[_Name]
) -> dict[ItemId, dict[ImageType, ImageOrigin]]:
    found: dict[ItemId, dict[ImageType, ImageOrigin]] = {row.id: {} for row in rows}
    for name in names:
        for id_, beside in ((name.show_id, name.series_art), (name.season_id, name.season_art)):
            if beside and id_ in found:
                found[id_] = derive.origins(name.root_id, beside) | found[id_]
    return found


async def _episodes_of(tx: Transaction, shows: Sequence[ItemId]) -> set[ItemId]:
    if not shows:
        return set()
    sql = (
        "SELECT id FROM items WHERE kind = 'episode' AND hidden = 0"
        " AND show_id IN (SELECT value FROM json_each(?))"
    )
    return set(await tx.all(ItemId, sql, as_json(list(shows))))
