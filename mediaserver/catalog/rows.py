"""The rows of the catalog's own tables, as ingest reads, compares and writes them."""

from collections.abc import Iterable

import msgspec

from mediaserver.catalog.models import ItemKind, ItemState
from mediaserver.db import Transaction, as_json
from mediaserver.ids import FileId, ItemId, LibraryId, RootId
from mediaserver.library import AudioTrack, FileState, Identity, MediaFile, SubtitleTrack


class FileFacts(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the catalog keeps of a probe, so that an item page needs no other room."""

    container: str | None = None
    width: int | None = None
    """As displayed: swapped when the picture lies on its side."""
    height: int | None = None
    video_codec: str | None = None
    hdr: str | None = None
    duration: float | None = None
    audio_tracks: tuple[AudioTrack, ...] = ()
    subtitle_tracks: tuple[SubtitleTrack, ...] = ()
    genres: tuple[str, ...] = ()
    overview: str | None = None


class ItemFile(msgspec.Struct, frozen=True):
    file_id: FileId
    item_id: ItemId
    state: FileState
    root_id: RootId
    path: str
    full_path: str
    size: int
    added_at: float
    identity: Identity
    facts: FileFacts
    problem: str | None = None


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """An item as stored; 0 stands for "unknown" where a list sorts by the column."""

    id: ItemId
    library_id: LibraryId
    kind: ItemKind
    key: str
    show_id: ItemId | None = None
    season_id: ItemId | None = None
    season_number: int | None = None
    episode_number: int | None = None
    episode_end: int | None = None
    ordinal: int = 0
    date: str | None = None
    title: str = ""
    sort_title: str = ""
    overview: str | None = None
    year: int = 0
    duration: float = 0.0
    height: int = 0
    added_at: float = 0.0
    latest_at: float = 0.0
    state: ItemState = ItemState.PRESENT
    hidden: bool = True
    child_count: int | None = None


_COLUMNS = ItemRow.__struct_fields__
_SELECT = f"SELECT {', '.join(_COLUMNS)} FROM items"
_SAVE = (
    f"INSERT INTO items ({', '.join(_COLUMNS)}) "
    f"VALUES ({', '.join('?' * len(_COLUMNS))}) ON CONFLICT (id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS if name != "id")
)
_FILE_COLUMNS = (
    "file_id", "item_id", "state", "root_id", "path", "full_path", "size", "added_at",
    "identity_json", "facts_json", "problem",
)  # fmt: skip
_SAVE_FILE = (
    f"INSERT INTO item_files ({', '.join(_FILE_COLUMNS)}) "
    f"VALUES ({', '.join('?' * len(_FILE_COLUMNS))}) ON CONFLICT (file_id) DO UPDATE SET "
    + ", ".join(f"{name} = excluded.{name}" for name in _FILE_COLUMNS if name != "file_id")
)


async def items_by_key(
    tx: Transaction, library_id: LibraryId, keys: Iterable[str]
) -> list[ItemRow]:
    sql = f"{_SELECT} WHERE library_id = ? AND key IN (SELECT value FROM json_each(?)) AND kind = ?"
    wanted = as_json(sorted(set(keys)))
    found: list[ItemRow] = []
    for kind in ItemKind:
        found += await tx.all(ItemRow, sql, library_id, wanted, kind)
    return found


async def items_by_id(tx: Transaction, ids: Iterable[ItemId]) -> list[ItemRow]:
    sql = f"{_SELECT} WHERE id IN (SELECT value FROM json_each(?))"
    return await tx.all(ItemRow, sql, as_json(sorted(set(ids))))


async def files_of(tx: Transaction, ids: Iterable[ItemId]) -> list[ItemFile]:
    sql = f"SELECT {', '.join(_FILE_COLUMNS)} FROM item_files "
    where = "WHERE item_id IN (SELECT value FROM json_each(?))"
    return await tx.all(ItemFile, sql + where, as_json(sorted(set(ids))))


async def links_of(tx: Transaction, files: Iterable[MediaFile]) -> dict[FileId, ItemId]:
    """The item each known file belongs to now."""
    rows = await tx.all(
        _Link,
        "SELECT file_id, item_id FROM item_files WHERE file_id IN (SELECT value FROM json_each(?))",
        as_json([file.id for file in files]),
    )
    return {row.file_id: row.item_id for row in rows}


async def save_items(tx: Transaction, rows: Iterable[ItemRow]) -> None:
    """Parents must come before their children."""
    await tx.executemany(_SAVE, [msgspec.structs.astuple(row) for row in rows])


async def save_files(tx: Transaction, rows: Iterable[ItemFile]) -> None:
    def values(row: ItemFile) -> tuple[object, ...]:
        plain = msgspec.structs.astuple(row)
        return (*plain[:8], as_json(row.identity), as_json(row.facts), row.problem)

    await tx.executemany(_SAVE_FILE, [values(row) for row in rows])


class _Link(msgspec.Struct, frozen=True):
    file_id: FileId
    item_id: ItemId
