"""Which picture stands for an item, and what it borrows when it has none of its own.

Cards carry their picture addresses ready made (``items.images_json``), so a list needs no second
query; whoever changes a picture refreshes the items that show it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet

import msgspec

from mediaserver.catalog.models import (
    Image,
    ImageOrigin,
    ImageSource,
    ImageType,
    ItemImage,
    ItemKind,
    MissingImage,
)
from mediaserver.catalog.rows import items_by_id
from mediaserver.catalog.visible import Condition
from mediaserver.db import Database, Transaction, as_json
from mediaserver.ids import FileId, ItemId

_COLUMNS = "item_id, type, source, root_id, path, file_id, version, placeholder"
_SELECT = f"SELECT {_COLUMNS} FROM item_images"
_SAVE = (
    f"INSERT INTO item_images ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (item_id, type) DO UPDATE SET source = excluded.source,"
    " root_id = excluded.root_id, path = excluded.path, file_id = excluded.file_id,"
    " version = excluded.version, placeholder = excluded.placeholder"
)
# In order: the type wanted, then what may stand in for it, first of the item's own pictures,
# then of its season's, then of its show's.
STAND_INS: dict[ImageType, tuple[ImageType, ...]] = {
    ImageType.POSTER: (ImageType.POSTER,),
    ImageType.BACKDROP: (ImageType.BACKDROP,),
    ImageType.LOGO: (ImageType.LOGO,),
    ImageType.THUMB: (ImageType.THUMB, ImageType.BACKDROP),
}

Shown = dict[ImageType, ItemImage]


def shown(own: Shown, season: Shown, show: Shown) -> Shown:
    """The picture for each type, wherever it is taken from."""
    found: Shown = {}
    for type_, stand_ins in STAND_INS.items():
        for owner in (own, season, show):
            picture = next((owner[t] for t in stand_ins if t in owner), None)
            if picture is not None:
                found[type_] = picture
                break
    if ImageType.BACKDROP not in found and ImageType.THUMB in found:
        found[ImageType.BACKDROP] = found[ImageType.THUMB]
    return found


async def save_beside(
    tx: Transaction, wanted: Mapping[ItemId, Mapping[ImageType, ImageOrigin]]
) -> set[ItemId]:
    """Take over pictures found beside the files, let go of those that are no longer there.

    A picture a person chose stays; a generated one gives way. Returns whose pictures changed.
    """
    stored = await of_items(tx, wanted)
    added: list[ItemImage] = []
    gone: list[tuple[ItemId, ImageType]] = []
    for id_, origins in wanted.items():
        own = stored.get(id_, {})
        for type_, origin in origins.items():
            old = own.get(type_)
            if old is None or (old.source is not ImageSource.CHOSEN and _differs(old, origin)):
                added.append(owned(id_, type_, origin))
        gone += [
            (id_, type_)
            for type_, old in own.items()
            if old.source is ImageSource.BESIDE and type_ not in origins
        ]
    await tx.executemany("DELETE FROM item_images WHERE item_id = ? AND type = ?", gone)
    await save(tx, added)
    return {id_ for id_, _ in gone} | {picture.item_id for picture in added}


async def save(tx: Transaction, pictures: Iterable[ItemImage]) -> None:
    rows = [
        (p.item_id, p.type, p.source, p.root_id, p.path, p.file_id, p.version, p.placeholder)
        for p in pictures
    ]
    await tx.executemany(_SAVE, rows)


async def of_items(tx: Transaction, ids: Iterable[ItemId]) -> dict[ItemId, Shown]:
    sql = f"{_SELECT} WHERE item_id IN (SELECT value FROM json_each(?))"
    found: dict[ItemId, Shown] = {}
    for picture in await tx.all(ItemImage, sql, as_json(sorted(ids))):
        found.setdefault(picture.item_id, {})[picture.type] = picture
    return found


async def refresh(
    tx: Transaction, ids: AbstractSet[ItemId], *, lenders: AbstractSet[ItemId]
) -> None:
    """Write anew the picture addresses of ``ids``, ``lenders`` and what lies below the lenders."""
    rows = await items_by_id(tx, ids | lenders | await _below(tx, lenders))
    owners = {id_ for row in rows for id_ in (row.id, row.season_id, row.show_id) if id_}
    pictures = await of_items(tx, owners)
    stored = await _stored_addresses(tx, [row.id for row in rows])
    changed: list[tuple[str, ItemId]] = []
    for row in rows:
        season = pictures.get(row.season_id, {}) if row.season_id else {}
        show = pictures.get(row.show_id, {}) if row.show_id else {}
        visible = shown(pictures.get(row.id, {}), season, show)
        addresses = as_json({type_: _image(type_, p) for type_, p in visible.items()})
        if stored[row.id] != addresses:
            changed.append((addresses, row.id))
    await tx.executemany("UPDATE items SET images_json = ? WHERE id = ?", changed)


def owned(item_id: ItemId, type_: ImageType, origin: ImageOrigin) -> ItemImage:
    """``origin`` as this item's picture, with a version if it has none."""
    made_of = f"{origin.root_id}\0{origin.path}\0{origin.file_id}\0{origin.placeholder}"
    digest = hashlib.blake2s(made_of.encode("utf-8", "surrogateescape"), digest_size=4)
    return ItemImage(
        item_id=item_id,
        type=type_,
        source=origin.source,
        root_id=origin.root_id,
        path=origin.path,
        file_id=origin.file_id,
        version=origin.version or digest.hexdigest(),
        placeholder=origin.placeholder,
    )


def _image(type_: ImageType, picture: ItemImage) -> Image:
    url = f"/api/items/{picture.item_id}/images/{type_}?v={picture.version}"
    return Image(url, picture.placeholder)


def _differs(old: ImageOrigin, new: ImageOrigin) -> bool:
    """Whether it is another file; version and placeholder come later, from its bytes."""
    return (old.source, old.root_id, old.path) != (new.source, new.root_id, new.path)


class _Addresses(msgspec.Struct, frozen=True):
    id: ItemId
    addresses: str


async def _stored_addresses(tx: Transaction, ids: list[ItemId]) -> dict[ItemId, str]:
    rows = await tx.all(
        _Addresses,
        "SELECT id, images_json AS addresses FROM items"
        " WHERE id IN (SELECT value FROM json_each(?))",
        as_json(ids),
    )
    return {row.id: row.addresses for row in rows}


async def _below(tx: Transaction, ids: AbstractSet[ItemId]) -> set[ItemId]:
    sql = (
        "SELECT id FROM items WHERE show_id IN (SELECT value FROM json_each(?1))"
        " UNION SELECT id FROM items WHERE season_id IN (SELECT value FROM json_each(?1))"
    )
    return set(await tx.all(ItemId, sql, as_json(sorted(ids)))) if ids else set()


async def of_item(
    db: Database, may_see: Condition, item_id: ItemId, type_: ImageType
) -> ItemImage | None:
    """The picture an item shows as ``type_``."""
    rows = await db.all(
        _Lent,
        f"SELECT {_PREFIXED}, i.id AS asked, i.season_id, i.show_id FROM items i"
        " JOIN item_images p ON p.item_id IN (i.id, i.season_id, i.show_id)"
        f" WHERE i.id = ? AND {may_see.sql}",
        item_id,
        *may_see.args,
    )
    own: dict[ItemId, Shown] = {}
    for row in rows:
        own.setdefault(row.item_id, {})[row.type] = row
    if not rows:
        return None
    season, show = rows[0].season_id, rows[0].show_id
    visible = shown(
        own.get(item_id, {}),
        own.get(season, {}) if season else {},
        own.get(show, {}) if show else {},
    )
    return visible.get(type_)


async def missing(db: Database, after: int, limit: int) -> list[MissingImage]:
    """Posters and stills for movies and shows, stills for episodes and videos."""
    rows = await db.slow.all(_Bare, _BARE, after, limit)
    wanted = ((row, tuple(t for t in _WANTED[row.kind] if _lacks(row, t))) for row in rows)
    return [
        MissingImage(row.number, row.id, row.kind, types, row.file_id)
        for row, types in wanted
        if types
    ]


async def all_beside(db: Database, after: ItemImage | None, limit: int) -> list[ItemImage]:
    place = (after.item_id, after.type) if after else ("", "")
    sql = (
        f"{_SELECT} WHERE (item_id, type) > (?, ?) AND source = 'beside'"
        " ORDER BY item_id, type LIMIT ?"
    )
    return await db.slow.all(ItemImage, sql, *place, limit)


class _Lent(ItemImage, frozen=True, kw_only=True):
    asked: ItemId
    season_id: ItemId | None
    show_id: ItemId | None


class _Bare(msgspec.Struct, frozen=True):
    number: int
    id: ItemId
    kind: ItemKind
    file_id: FileId
    types: tuple[ImageType, ...]


_PREFIXED = ", ".join(f"p.{name}" for name in _COLUMNS.split(", "))
_WANTED = {
    ItemKind.MOVIE: (ImageType.POSTER, ImageType.THUMB),
    ItemKind.SHOW: (ImageType.POSTER, ImageType.THUMB),
    ItemKind.SEASON: (),
    ItemKind.EPISODE: (ImageType.THUMB,),
    ItemKind.VIDEO: (ImageType.THUMB,),
}
# The file is looked for first, so that a batch is not full of items nothing can be made for.
_BARE = """
    SELECT i.number, i.id, i.kind, f.file_id,
           (SELECT json_group_array(type) FROM item_images WHERE item_id = i.id) AS types_json
    FROM items i JOIN item_files f ON f.file_id = CASE WHEN i.kind = 'show' THEN (
        SELECT f.file_id FROM items e JOIN item_files f ON f.item_id = e.id
        WHERE e.show_id = i.id AND e.kind = 'episode' AND e.hidden = 0 AND f.state = 'ok'
        ORDER BY e.season_number = 0, e.season_number, e.ordinal, f.path LIMIT 1)
    ELSE (
        SELECT f.file_id FROM item_files f
        WHERE f.item_id = i.id AND f.state = 'ok' ORDER BY f.path LIMIT 1) END
    WHERE i.number > ? AND i.hidden = 0 AND i.kind <> 'season'
      AND NOT EXISTS (
        SELECT 1 FROM item_images p WHERE p.item_id = i.id AND p.type IN ('thumb', 'backdrop')
          AND (i.kind IN ('episode', 'video') OR EXISTS (
            SELECT 1 FROM item_images q WHERE q.item_id = i.id AND q.type = 'poster')))
    ORDER BY i.number LIMIT ?
"""


def _lacks(row: _Bare, type_: ImageType) -> bool:
    return not set(STAND_INS[type_]) & set(row.types)
