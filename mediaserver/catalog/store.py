"""The catalog: what the other rooms and the doors may ask of it, each read for a viewer."""

from collections.abc import Collection, Sequence
from typing import TypeVar

import msgspec

from mediaserver.accounts import Viewer
from mediaserver.catalog import derive, episodes, lists, pictures
from mediaserver.catalog import search as searching
from mediaserver.catalog.ingest import Batch
from mediaserver.catalog.models import (
    EpisodeRef,
    Filter,
    GenreCount,
    ImageOrigin,
    ImageType,
    Item,
    ItemCard,
    ItemImage,
    ItemKind,
    MissingImage,
    Page,
    Query,
    SearchPage,
    Version,
)
from mediaserver.catalog.rows import ItemFile
from mediaserver.catalog.search import Question
from mediaserver.catalog.visible import visible
from mediaserver.db import Database, as_json
from mediaserver.errors import NotFound
from mediaserver.ids import FileId, ItemId, LibraryId
from mediaserver.library import FileState, Library, MediaFile

_T = TypeVar("_T")
_TOTALS_KEPT = 256


class Catalog:
    """``generation`` grows whenever anything a viewer could see may have changed."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self.generation = 0
        self._key: bytes | None = None
        self._totals: dict[tuple[object, ...], int] = {}

    # ---- what the scanner and the pictures job write ----------------------------------------

    async def ingest(self, library: Library, files: Sequence[MediaFile]) -> None:
        """Take over changed files; doing it twice changes nothing."""
        async with self._db.transaction() as tx:
            await Batch(tx, library, files).run()
        self._changed()

    async def remove_library(self, library_id: LibraryId) -> None:
        """Forget everything of a library that was removed."""
        async with self._db.transaction() as tx:
            await tx.execute(
                "DELETE FROM item_search WHERE rowid IN"
                " (SELECT number FROM items WHERE library_id = ?)",
                library_id,
            )
            await tx.execute("DELETE FROM items WHERE library_id = ?", library_id)
        self._changed()

    async def keep_libraries(self, kept: Collection[LibraryId]) -> None:
        """Forget everything of libraries other than these: a removal may have been cut short."""
        known = await self._db.slow.all(LibraryId, "SELECT DISTINCT library_id FROM items")
        for library_id in set(known) - set(kept):
            await self.remove_library(library_id)

    async def set_image(self, item_id: ItemId, type_: ImageType, origin: ImageOrigin) -> None:
        async with self._db.transaction() as tx:
            if not await tx.value("SELECT 1 FROM items WHERE id = ?", item_id):
                raise NotFound("There is no such item.")
            await pictures.save(tx, [pictures.owned(item_id, type_, origin)])
            await pictures.refresh(tx, {item_id}, lenders={item_id})
        self._changed()

    async def items_without_image(self, after: int = 0, limit: int = 200) -> list[MissingImage]:
        """Items whose cards have no picture, each with a file whose frames could serve.

        At most ``limit``; ``after`` is the ``number`` of the last one of the batch before.
        """
        return await pictures.missing(self._db, after, limit)

    async def images_beside(
        self, after: ItemImage | None = None, limit: int = 200
    ) -> list[ItemImage]:
        """The pictures that lie beside the files, in batches; ``after`` ends the one before."""
        return await pictures.all_beside(self._db, after, limit)

    # ---- single items -----------------------------------------------------------------------

    async def get(self, viewer: Viewer, item_id: ItemId) -> Item:
        may_see = visible(viewer)
        item = await self._db.one(
            Item,
            f"SELECT {lists.CARD}, i.overview, (SELECT json_group_array(genre) FROM item_genres"
            "  WHERE item_number = i.number) AS genres_json"
            " FROM items i LEFT JOIN items s ON s.id = i.show_id"
            f" WHERE i.id = ? AND {may_see.sql}",
            item_id,
            *may_see.args,
        )
        return msgspec.structs.replace(_found(item), versions=await self._versions(viewer, item_id))

    async def card(self, viewer: Viewer, item_id: ItemId) -> ItemCard:
        return _found(next(iter(await self.cards(viewer, [item_id])), None))

    async def cards(self, viewer: Viewer, ids: Collection[ItemId]) -> tuple[ItemCard, ...]:
        """In the order asked for; without those that are hidden from the viewer."""
        may_see = visible(viewer)
        reader = self._db if len(ids) <= lists.MAX_LIMIT else self._db.slow
        rows = await reader.all(
            ItemCard,
            f"SELECT {lists.CARD} FROM items i LEFT JOIN items s ON s.id = i.show_id"
            f" WHERE i.id IN (SELECT value FROM json_each(?)) AND {may_see.sql}",
            as_json(list(ids)),
            *may_see.args,
        )
        by_id = {card.id: card for card in rows}
        return tuple(by_id[id_] for id_ in ids if id_ in by_id)

    async def files(self, viewer: Viewer, item_id: ItemId) -> tuple[FileId, ...]:
        """The versions that are there, best first; for a show or season none."""
        return tuple(file.file_id for file in await self._files(viewer, item_id))

    async def image(self, viewer: Viewer, item_id: ItemId, type_: ImageType) -> ImageOrigin:
        """The picture cards of this item show, its own or one it borrows."""
        found = await pictures.of_item(self._db, visible(viewer), item_id, type_)
        if found is None:
            raise NotFound("There is no such picture.")
        return found

    # ---- shows ------------------------------------------------------------------------------

    async def children(self, viewer: Viewer, item_id: ItemId) -> tuple[ItemCard, ...]:
        """The seasons of a show (specials last), the episodes of a season; else nothing."""
        parent = await self.card(viewer, item_id)
        return await episodes.children(self._db, visible(viewer), parent)

    async def next_episode(self, viewer: Viewer, item_id: ItemId) -> ItemCard | None:
        """What plays after this episode: the next one of its show that can be played."""
        return await episodes.neighbour(self._db, visible(viewer), item_id, forward=True)

    async def previous_episode(self, viewer: Viewer, item_id: ItemId) -> ItemCard | None:
        return await episodes.neighbour(self._db, visible(viewer), item_id, forward=False)

    async def episodes(self, viewer: Viewer, item_id: ItemId) -> list[EpisodeRef]:
        """All episodes of a show or season in order, specials last; of an episode, itself."""
        return await episodes.below(self._db, visible(viewer), item_id)

    async def episode_refs(
        self, viewer: Viewer, ids: Collection[ItemId]
    ) -> dict[ItemId, EpisodeRef]:
        """Those of ``ids`` that are episodes."""
        return await episodes.refs(self._db, visible(viewer), ids)

    async def counted(
        self, viewer: Viewer, ids: Collection[ItemId]
    ) -> dict[ItemId, tuple[int, int]]:
        """For every show and season with episodes among ``ids``: how many of those, and in all."""
        return await episodes.counted(self._db, visible(viewer), ids)

    # ---- lists ------------------------------------------------------------------------------

    async def page(self, viewer: Viewer, query: Query) -> Page:
        found = await lists.page(self._db, await self._secret(), visible(viewer), query)
        return msgspec.structs.replace(found, total=await self._total(viewer, query.filter))

    async def search(self, viewer: Viewer, question: Question) -> SearchPage:
        key = await self._secret()
        return await searching.search(self._db, key, visible(viewer), question)

    async def recently_added(
        self, viewer: Viewer, library_id: LibraryId, limit: int = 16
    ) -> tuple[ItemCard, ...]:
        """Newest first; episodes stand as their show."""
        return await lists.newest(self._db, visible(viewer), library_id, limit)

    async def genres(self, viewer: Viewer, library_id: LibraryId | None = None) -> list[GenreCount]:
        """Genres of movies, shows and videos, with how many of them."""
        may_see = visible(viewer)
        return await self._db.slow.all(
            GenreCount,
            "SELECT g.genre AS name, count(*) AS count FROM item_genres g"
            " JOIN items i ON i.number = g.item_number"
            " WHERE (?1 IS NULL OR i.library_id = ?1) AND i.kind IN ('movie', 'show', 'video')"
            f" AND {may_see.sql} GROUP BY g.genre ORDER BY g.genre",
            library_id,
            *may_see.args,
        )

    async def counts(
        self, viewer: Viewer, library_id: LibraryId | None = None
    ) -> dict[ItemKind, int]:
        """How many visible items there are of each kind."""
        return {
            kind: await self._total(viewer, Filter(kinds=(kind,), library_id=library_id))
            for kind in ItemKind
        }

    # -----------------------------------------------------------------------------------------

    async def _versions(self, viewer: Viewer, item_id: ItemId) -> tuple[Version, ...]:
        return tuple(
            Version(
                id=file.file_id,
                label=derive.label(file),
                size=file.size,
                container=file.facts.container,
                width=file.facts.width,
                height=file.facts.height,
                video_codec=file.facts.video_codec,
                hdr=file.facts.hdr,
                duration=file.facts.duration,
                audio_tracks=file.facts.audio_tracks,
                subtitle_tracks=file.facts.subtitle_tracks,
                problem=file.problem,
                path=file.full_path if viewer.is_admin else None,
            )
            for file in await self._files(viewer, item_id)
        )

    async def _files(self, viewer: Viewer, item_id: ItemId) -> list[ItemFile]:
        may_see = visible(viewer)
        rows = await self._db.all(
            ItemFile,
            "SELECT f.* FROM item_files f JOIN items i ON i.id = f.item_id"
            f" WHERE f.item_id = ? AND {may_see.sql}",
            item_id,
            *may_see.args,
        )
        return derive.best_first(row for row in rows if row.state is not FileState.MISSING)

    async def _total(self, viewer: Viewer, filter_: Filter) -> int:
        may_see = visible(viewer)
        key = (self.generation, may_see, filter_)
        known = self._totals.get(key)
        if known is None:
            if len(self._totals) >= _TOTALS_KEPT:
                self._totals.clear()
            known = self._totals[key] = await lists.total(self._db, may_see, filter_)
        return known

    async def _secret(self) -> bytes:
        if self._key is None:
            self._key = bytes(await self._db.value("SELECT key FROM catalog_secret"))
        return self._key

    def _changed(self) -> None:
        self.generation += 1
        self._totals.clear()


def _found(item: _T | None) -> _T:
    if item is None:
        raise NotFound("There is no such item.")
    return item
