"""The SQL of libraries, their roots and the media files in them."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec

from mediaserver.db import Database, Transaction, as_json
from mediaserver.errors import Conflict, Invalid, NotFound
from mediaserver.ids import FileId, LibraryId, RootId, new_id
from mediaserver.library.folders import checked_folders
from mediaserver.library.models import (
    FileState,
    Library,
    LibraryKind,
    LibraryRoot,
    MediaFile,
    RootState,
)

BATCH = 200
_LIBRARY = "id, name, kind, created_at"
_ROOT = "id, library_id, path, state"
_FILE = (
    "id, library_id, root_id, path, size, mtime_ns, state, added_at, identity_json, info_json,"
    " external_subtitles_json, reason, reason_code"
)
_UPSERT = """
INSERT INTO media_files (id, library_id, root_id, path, size, mtime_ns, state, added_at,
    identity_json, info_json, external_subtitles_json, reason, reason_code, probe_version,
    link_target, untold)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
ON CONFLICT (id) DO UPDATE SET path = excluded.path, size = excluded.size,
    mtime_ns = excluded.mtime_ns, state = excluded.state, identity_json = excluded.identity_json,
    info_json = excluded.info_json, external_subtitles_json = excluded.external_subtitles_json,
    reason = excluded.reason, reason_code = excluded.reason_code,
    probe_version = excluded.probe_version, link_target = excluded.link_target, untold = 1
"""


class KnownRoot(msgspec.Struct, frozen=True):
    """A root with its marker: device and inode at its last full walk."""

    id: RootId
    path: str
    state: RootState
    device: int | None
    inode: int | None
    fingerprint: str | None


class KnownFile(msgspec.Struct, frozen=True):
    """What the scanner compares; the JSON stays text, for most files are unchanged."""

    id: FileId
    path: str
    size: int
    mtime_ns: int
    state: FileState
    added_at: float
    identity_text: str
    subtitles_text: str
    reason_code: str | None
    probe_version: int
    link_target: str | None


class Written(msgspec.Struct, frozen=True):
    """One row to write."""

    file: MediaFile
    probe_version: int
    link_target: str | None = None


class LibraryStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    # -- libraries ------------------------------------------------------------------------

    async def libraries(self) -> list[Library]:
        """By name."""
        found = await self._db.all(Library, f"SELECT {_LIBRARY} FROM libraries ORDER BY name_key")
        roots = await self._db.all(
            LibraryRoot, f"SELECT {_ROOT} FROM library_roots ORDER BY position"
        )
        return [_with_roots(library, roots) for library in found]

    async def library(self, library_id: LibraryId) -> Library:
        found = await self._db.one(
            Library, f"SELECT {_LIBRARY} FROM libraries WHERE id = ?", library_id
        )
        if found is None:
            raise NotFound("There is no such library.")
        roots = await self._db.all(
            LibraryRoot,
            f"SELECT {_ROOT} FROM library_roots WHERE library_id = ? ORDER BY position",
            library_id,
        )
        return _with_roots(found, roots)

    async def add(self, name: str, kind: LibraryKind, paths: Sequence[str]) -> Library:
        """Of existing folders; none may lie in, or hold, another library's folder."""
        name = _name(name)
        if not paths:
            raise Invalid("A library needs at least one folder.", fields={"paths": "at least one"})
        folders = await asyncio.to_thread(checked_folders, paths, await self.all_root_paths())
        library = LibraryId(new_id())
        async with self._db.transaction() as tx:
            await self._refuse_name(tx, name, library)
            await _insert(tx, library, name, kind, folders)
        return await self.library(library)

    async def add_first(self, libraries: Sequence[tuple[str, LibraryKind, Path]]) -> None:
        """All of them (name, kind, folder) when there is no library yet, else none."""
        async with self._db.transaction() as tx:
            if await tx.value("SELECT count(*) FROM libraries"):
                return
            for name, kind, folder in libraries:
                await _insert(tx, LibraryId(new_id()), name, kind, [folder])

    async def rename(self, library_id: LibraryId, name: str) -> Library:
        name = _name(name)
        async with self._db.transaction() as tx:
            await self._refuse_name(tx, name, library_id)
            await tx.execute(
                "UPDATE libraries SET name = ?, name_key = ? WHERE id = ?",
                name,
                name.casefold(),
                library_id,
            )
        return await self.library(library_id)

    async def remove(self, library_id: LibraryId) -> None:
        """Forget the library and its rows here. The disk is not touched."""
        async with self._db.transaction() as tx:
            if not await tx.execute("DELETE FROM libraries WHERE id = ?", library_id):
                raise NotFound("There is no such library.")

    async def _refuse_name(self, tx: Transaction, name: str, library_id: LibraryId) -> None:
        taken = await tx.value(
            "SELECT count(*) FROM libraries WHERE name_key = ? AND id <> ?",
            name.casefold(),
            library_id,
        )
        if taken:
            raise Conflict(f"There is already a library called {name}.", code="name_taken")

    # -- roots ----------------------------------------------------------------------------

    async def root(self, root_id: RootId) -> LibraryRoot:
        found = await self._db.one(
            LibraryRoot, f"SELECT {_ROOT} FROM library_roots WHERE id = ?", root_id
        )
        if found is None:
            raise NotFound("There is no such library folder.")
        return found

    async def known_roots(self, library_id: LibraryId) -> list[KnownRoot]:
        return await self._db.all(
            KnownRoot,
            "SELECT id, path, state, device, inode, fingerprint FROM library_roots"
            " WHERE library_id = ? ORDER BY position",
            library_id,
        )

    async def all_root_paths(self) -> list[Path]:
        """Of every library: where links may lead."""
        return [Path(p) for p in await self._db.all(str, "SELECT path FROM library_roots")]

    async def save_root(
        self,
        root_id: RootId,
        state: RootState,
        marker: tuple[int, int] | None,
        fingerprint: str | None,
    ) -> None:
        """Without a marker the root keeps the one it had."""
        device, inode = marker or (None, None)
        async with self._db.transaction() as tx:
            await tx.execute(
                "UPDATE library_roots SET state = ?, device = coalesce(?, device),"
                " inode = coalesce(?, inode), fingerprint = ? WHERE id = ?",
                state,
                device,
                inode,
                fingerprint,
                root_id,
            )

    # -- files ----------------------------------------------------------------------------

    async def file(self, file_id: FileId) -> MediaFile:
        found = await self._db.one(
            MediaFile, f"SELECT {_FILE} FROM media_files WHERE id = ?", file_id
        )
        if found is None:
            raise NotFound("There is no such file.")
        return found

    async def files(self, ids: Iterable[FileId]) -> list[MediaFile]:
        """In no order; ids that lead nowhere are left out."""
        wanted = list(ids)
        found: list[MediaFile] = []
        for at in range(0, len(wanted), BATCH):
            some = wanted[at : at + BATCH]
            marks = ", ".join("?" * len(some))
            found += await self._db.slow.all(
                MediaFile, f"SELECT {_FILE} FROM media_files WHERE id IN ({marks})", *some
            )
        return found

    async def newest(self) -> list[FileId]:
        """Files that can be played, those added last first."""
        return await self._db.slow.all(
            FileId,
            "SELECT id FROM media_files WHERE state = ? ORDER BY added_at DESC, id",
            FileState.OK,
        )

    async def failures(self, library_id: LibraryId) -> list[MediaFile]:
        """Files that cannot be played, each with its reason, by path."""
        return await self._db.slow.all(
            MediaFile,
            f"SELECT {_FILE} FROM media_files WHERE library_id = ? AND state = ? ORDER BY path",
            library_id,
            FileState.FAILED,
        )

    async def absolute(self, file: MediaFile) -> tuple[Path, Path]:
        """(the root it truly lies in, its path): what ``open_media`` wants."""
        root = await self.root(file.root_id)
        target = await self._db.value("SELECT link_target FROM media_files WHERE id = ?", file.id)
        return await self.place(root.path, file.path, target)

    async def place(self, root: str, path: str, target: str | None) -> tuple[Path, Path]:
        """Of the file at ``path`` below ``root``, or where links led from there."""
        if target is None:
            return Path(root), Path(root, path)
        for home in await self.all_root_paths():
            if Path(target).is_relative_to(home.resolve()):
                return home, Path(target)
        raise NotFound("The link leads out of every library folder.")

    async def count_files(self, root_id: RootId) -> int:
        """Those that were there at the last scan."""
        return int(
            await self._db.slow.value(
                "SELECT count(*) FROM media_files WHERE root_id = ? AND state IN (?, ?)",
                root_id,
                FileState.OK,
                FileState.FAILED,
            )
        )

    async def known_files(self, root_id: RootId) -> list[KnownFile]:
        return await self._db.slow.all(
            KnownFile,
            "SELECT id, path, size, mtime_ns, state, added_at, identity_json AS identity_text,"
            " external_subtitles_json AS subtitles_text, reason_code, probe_version, link_target"
            " FROM media_files WHERE root_id = ?",
            root_id,
        )

    async def write(self, rows: Sequence[Written]) -> None:
        """In one transaction: at most ``BATCH`` rows at a time, so others get their turn.

        The rows are ``untold`` until ``told`` says otherwise.
        """
        async with self._db.transaction() as tx:
            await tx.executemany(_UPSERT, [_columns(row) for row in rows])

    async def set_state(self, ids: Sequence[FileId], state: FileState) -> None:
        async with self._db.transaction() as tx:
            await tx.executemany(
                "UPDATE media_files SET state = ?, untold = 1 WHERE id = ?",
                [(state, one) for one in ids],
            )

    async def untold(self, library_id: LibraryId) -> list[FileId]:
        """Files whose last change was written, and perhaps nobody told of it."""
        return await self._db.slow.all(
            FileId, "SELECT id FROM media_files WHERE library_id = ? AND untold = 1", library_id
        )

    async def told(self, ids: Iterable[FileId]) -> None:
        async with self._db.transaction() as tx:
            await tx.executemany(
                "UPDATE media_files SET untold = 0 WHERE id = ?", [(one,) for one in ids]
            )


async def _insert(
    tx: Transaction, library: LibraryId, name: str, kind: LibraryKind, folders: Sequence[Path]
) -> None:
    await tx.execute(
        "INSERT INTO libraries (id, name, name_key, kind, created_at) VALUES (?, ?, ?, ?, ?)",
        library,
        name,
        name.casefold(),
        kind,
        time.time(),
    )
    await tx.executemany(
        "INSERT INTO library_roots (id, library_id, position, path) VALUES (?, ?, ?, ?)",
        [(new_id(), library, n, str(folder)) for n, folder in enumerate(folders)],
    )


def _columns(row: Written) -> tuple[object, ...]:
    file = row.file
    return (
        file.id,
        file.library_id,
        file.root_id,
        file.path,
        file.size,
        file.mtime_ns,
        file.state,
        file.added_at,
        as_json(file.identity),
        as_json(file.info) if file.info is not None else None,
        as_json(file.external_subtitles),
        file.reason,
        file.reason_code,
        row.probe_version,
        row.link_target,
    )


def _with_roots(library: Library, roots: Sequence[LibraryRoot]) -> Library:
    own = tuple(root for root in roots if root.library_id == library.id)
    return msgspec.structs.replace(library, roots=own)


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= 100:
        raise Invalid("A library needs a name.", fields={"name": "1 to 100 characters"})
    return name
