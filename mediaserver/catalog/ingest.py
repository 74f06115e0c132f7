"""Changed files become items: one batch of the scanner, one transaction, the same result twice.

Everything a batch touches is read in bulk, decided in memory and written in bulk; a row that
came out as it was is not written. Items are never deleted here: without files they are hidden,
so what was watched finds them again when the files come back.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

import msgspec

from mediaserver.catalog import derive
from mediaserver.catalog.derive import Place
from mediaserver.catalog.genres import save_genres
from mediaserver.catalog.index import index
from mediaserver.catalog.models import ItemKind
from mediaserver.catalog.pictures import refresh, save_beside
from mediaserver.catalog.rows import (
    ItemFile,
    ItemRow,
    files_of,
    items_by_id,
    items_by_key,
    links_of,
    save_files,
    save_items,
)
from mediaserver.catalog.shows import derive_shows
from mediaserver.catalog.text import clean
from mediaserver.db import Transaction
from mediaserver.ids import FileId, ItemId, new_id
from mediaserver.library import FileState, Library, MediaFile

Key = tuple[ItemKind, str]
_NO_FILM = "no_video"


class Batch:
    """The items one batch touches, on their way from what is stored to what should be."""

    def __init__(self, tx: Transaction, library: Library, files: Sequence[MediaFile]) -> None:
        self._tx = tx
        self._library = library
        self._roots = {root.id: root.path for root in library.roots}
        self._files = {file.id: file for file in files}
        self._places = {file.id: _place(file) for file in files}
        self._stored: dict[ItemId, ItemRow] = {}
        self._rows: dict[ItemId, ItemRow] = {}
        self._ids: dict[Key, ItemId] = {}
        self._shows: set[ItemId] = set()
        self._seasons: set[ItemId] = set()

    async def run(self) -> None:
        links = await links_of(self._tx, self._files.values())
        await self._read(links)
        await self._move_whole_items(links)
        leaves = set(links.values()) | {self._find_or_add(p) for p in self._places.values() if p}
        await self._link(links)
        changed, pictured = await self._derive_leaves(leaves)
        above, pictured_above = await derive_shows(self._tx, self._shows | self._seasons)
        await index(self._tx, changed | above)
        await refresh(self._tx, leaves | pictured | above, lenders=pictured_above)

    async def _read(self, links: dict[FileId, ItemId]) -> None:
        keys = {key for place in self._places.values() if place for key in _keys(place)}
        rows = await items_by_key(self._tx, self._library.id, keys)
        rows += await items_by_id(self._tx, links.values())
        for row in rows:
            self._stored[row.id] = self._rows[row.id] = row
            self._ids[row.kind, row.key] = row.id

    async def _move_whole_items(self, links: dict[FileId, ItemId]) -> None:
        """When every file of an item goes to one new place, the item goes with them.

        So a renamed film keeps its id, and with it what was watched.
        """
        moving: dict[ItemId, set[Place | None]] = {}
        for file_id, item_id in links.items():
            moving.setdefault(item_id, set()).add(self._places[file_id])
        staying = {
            file.item_id for file in await files_of(self._tx, moving) if file.file_id not in links
        }
        for item_id, places in moving.items():
            (place, *others) = places
            if others or place is None or item_id in staying:
                continue
            row = self._rows[item_id]
            if row.kind is place.kind and (place.kind, place.key) not in self._ids:
                del self._ids[row.kind, row.key]
                self._note_parents(row)
                self._rows[item_id] = msgspec.structs.replace(row, key=place.key)
                self._ids[place.kind, place.key] = item_id

    def _find_or_add(self, place: Place) -> ItemId:
        show_id = season_id = None
        if place.show_key and place.season_key:
            show_id = self._row(ItemKind.SHOW, place.show_key).id
            season = self._row(ItemKind.SEASON, place.season_key)
            season_id = season.id
            self._rows[season_id] = msgspec.structs.replace(
                season, show_id=show_id, season_number=place.season
            )
        leaf = self._row(place.kind, place.key)
        self._note_parents(leaf)
        leaf = msgspec.structs.replace(
            leaf, show_id=show_id, season_id=season_id, season_number=place.season
        )
        self._note_parents(leaf)
        self._rows[leaf.id] = leaf
        return leaf.id

    def _row(self, kind: ItemKind, key: str) -> ItemRow:
        item_id = self._ids.get((kind, key))
        if item_id is None:
            item_id = self._ids[kind, key] = ItemId(new_id())
            self._rows[item_id] = ItemRow(
                id=item_id, library_id=self._library.id, kind=kind, key=key
            )
        return self._rows[item_id]

    def _note_parents(self, row: ItemRow) -> None:
        if row.show_id and row.season_id:
            self._shows.add(row.show_id)
            self._seasons.add(row.season_id)

    async def _link(self, links: dict[FileId, ItemId]) -> None:
        """Items must exist before files point at them; shows before seasons before episodes."""
        await self._write(self._rows.values())
        rows = [self._file(file, place) for file in self._files.values()
                if (place := self._places[file.id])]  # fmt: skip
        await save_files(self._tx, rows)
        dropped = [(id_,) for id_ in links if self._places[id_] is None]
        await self._tx.executemany("DELETE FROM item_files WHERE file_id = ?", dropped)

    async def _write(self, rows: Iterable[ItemRow]) -> set[ItemId]:
        changed = [row for row in rows if self._stored.get(row.id) != row]
        order = list(ItemKind)  # movie, show, season, episode, video
        await save_items(self._tx, sorted(changed, key=lambda row: order.index(row.kind)))
        self._stored |= {row.id: row for row in changed}
        return {row.id for row in changed}

    def _file(self, file: MediaFile, place: Place) -> ItemFile:
        return ItemFile(
            file_id=file.id,
            item_id=self._ids[place.kind, place.key],
            state=file.state,
            root_id=file.root_id,
            path=file.path,
            full_path=clean(f"{self._roots.get(file.root_id, '').rstrip('/')}/{file.path}"),
            size=file.size,
            added_at=file.added_at,
            identity=file.identity,
            facts=derive.facts(file),
            problem=file.reason,
        )

    async def _derive_leaves(self, leaves: set[ItemId]) -> tuple[set[ItemId], set[ItemId]]:
        """The leaves whose rows changed, and those whose pictures did."""
        files = sorted(await files_of(self._tx, leaves), key=attrgetter("item_id"))
        of_item = {id_: list(group) for id_, group in groupby(files, attrgetter("item_id"))}
        for id_ in leaves:
            self._note_parents(self._rows[id_])
            self._rows[id_] = derive.leaf(self._rows[id_], of_item.get(id_, []))
        changed = await self._write(self._rows[id_] for id_ in leaves)
        await save_genres(self._tx, {id_: derive.genres(of_item.get(id_, [])) for id_ in leaves})
        art = {id_: derive.art(of_item.get(id_, [])) for id_ in leaves}
        return changed, await save_beside(self._tx, art)


def _place(file: MediaFile) -> Place | None:
    """None for what is no film: sound alone in a video's container is told of by the scan only."""
    if file.state is FileState.FAILED and file.reason_code == _NO_FILM:
        return None
    return derive.place(file.identity)


def _keys(place: Place) -> list[str]:
    return [key for key in (place.key, place.season_key, place.show_key) if key]
