"""A disk that remembers what was only written and what was synced, and loses its power.

SQLite runs on a file system of apsw that logs every write, truncation and sync. A cut at any point
of that log leaves what was synced, and of the rest nothing, a first part, any part, or any 512-byte
sectors. apsw brings its own SQLite; what the cut leaves is read by the one that Python has.

The program's own ``Database`` runs on it, through the few methods of aiosqlite that it uses. apsw's
files share no memory, so the lock is exclusive; what is written and synced stays the same.
"""

import asyncio
import random
import tempfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

import apsw
import msgspec

from mediaserver.db import Database

SECTOR = 512


class Op(msgspec.Struct, frozen=True):
    """``data`` None truncates the file to ``offset``."""

    file: str
    offset: int
    data: bytes | None


class Sync(msgspec.Struct, frozen=True):
    file: str


class Deleted(msgspec.Struct, frozen=True):
    """Only a new database's first journal ever is: taken as done at once."""

    file: str


class Acked(msgspec.Struct, frozen=True):
    """Somebody was told that this is stored."""

    what: tuple[str, str]


class Loss(StrEnum):
    """What becomes of the writes that were not synced."""

    DROPPED = "dropped"
    FIRST_PART = "first part"
    ANY_PART = "any part"
    TORN = "torn"


Log = list[Op | Sync | Deleted | Acked]


class _File(apsw.VFSFile):
    def __init__(self, name: Any, flags: list[int], log: Log) -> None:
        super().__init__("", name, flags)
        path = name.filename() if isinstance(name, apsw.URIFilename) else name
        self._name = Path(path).name
        self._log = log

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802
        self._log.append(Op(self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802
        self._log.append(Op(self._name, size, None))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802
        self._log.append(Sync(self._name))


class Disk(apsw.VFS):
    """Open databases on it with ``open``."""

    def __init__(self) -> None:
        self.log: Log = []
        self._called = f"power-{id(self)}"
        super().__init__(self._called, "")

    def xOpen(self, name: Any, flags: list[int]) -> Any:  # noqa: N802
        if name is None:
            return super().xOpen(name, flags)
        return _File(name, flags, self.log)

    def xDelete(self, name: str, sync: bool) -> None:  # noqa: N802
        self.log.append(Deleted(Path(name).name))
        super().xDelete(name, sync)

    def open(self, path: Path) -> "Connection":
        return Connection(apsw.Connection(str(path), vfs=self._called))

    def ack(self, table: str, key: str) -> None:
        self.log.append(Acked((table, key)))

    def cut(self, at: int, loss: Loss, rng: random.Random) -> dict[str, bytes]:
        """The files after a power cut just before event ``at``."""
        safe: dict[str, bytearray] = {}
        pending: dict[str, list[Op]] = {}
        for event in self.log[:at]:
            if isinstance(event, Op):
                pending.setdefault(event.file, []).append(event)
            elif isinstance(event, Sync):
                content = safe.setdefault(event.file, bytearray())
                for op in pending.pop(event.file, ()):
                    _apply(content, op)
            elif isinstance(event, Deleted):
                safe.pop(event.file, None)
                pending.pop(event.file, None)
        for name, ops in pending.items():
            content = safe.setdefault(name, bytearray())
            for op in _surviving(ops, loss, rng):
                _apply(content, op)
        return {name: bytes(content) for name, content in safe.items()}

    @contextmanager
    def after_cut(self, at: int, loss: Loss, rng: random.Random) -> Iterator[Path]:
        """A folder with these files."""
        with tempfile.TemporaryDirectory() as folder:
            for name, content in self.cut(at, loss, rng).items():
                (Path(folder) / name).write_bytes(content)
            yield Path(folder)

    def acked(self, at: int) -> list[tuple[str, str]]:
        return [event.what for event in self.log[:at] if isinstance(event, Acked)]


def _surviving(ops: Sequence[Op], loss: Loss, rng: random.Random) -> Iterable[Op]:
    if loss is Loss.DROPPED:
        return ()
    if loss is Loss.FIRST_PART:
        return ops[: rng.randint(0, len(ops))]
    if loss is Loss.TORN:
        ops = [sector for op in ops for sector in _sectors(op)]
    return [op for op in ops if rng.random() < 0.5]


def _sectors(op: Op) -> list[Op]:
    if op.data is None:
        return [op]
    return [
        Op(op.file, op.offset + at, op.data[at : at + SECTOR])
        for at in range(0, len(op.data), SECTOR)
    ]


def _apply(content: bytearray, op: Op) -> None:
    if op.data is None:
        del content[op.offset :]
        return
    content.extend(bytes(max(0, op.offset - len(content))))
    content[op.offset : op.offset + len(op.data)] = op.data


# ---- the program's database on such a disk ----------------------------------------------------


class _Rows:
    """A finished statement: a cursor to sqlite3's and to aiosqlite's callers."""

    def __init__(self, description: Any, rows: list[Any], rowcount: int) -> None:
        self.description = description
        self.rowcount = rowcount
        self._rows = rows

    def fetchall(self) -> list[Any]:
        return self._rows


class _AsyncRows(_Rows):
    async def fetchall(self) -> list[Any]:  # type: ignore[override]
        return self._rows

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


class _Statement:
    """Awaited or entered, as aiosqlite has it."""

    def __init__(self, rows: _AsyncRows) -> None:
        self._rows = rows

    def __await__(self) -> Generator[Any, None, _AsyncRows]:
        return asyncio.sleep(0, self._rows).__await__()

    async def __aenter__(self) -> _AsyncRows:
        return self._rows

    async def __aexit__(self, *_: object) -> None:
        pass


class Connection:
    """An apsw connection with the methods of sqlite3's that migrations and readers use."""

    def __init__(self, apsw_connection: apsw.Connection) -> None:
        self._connection = apsw_connection

    def execute(self, sql: str, args: Sequence[object] = ()) -> _Rows:
        cursor = self._connection.cursor()
        before = self._connection.total_changes()
        rows, description = [], None
        for row in cursor.execute(sql, tuple(args)):
            description = cursor.description
            rows.append(row)
        return _Rows(description, rows, self._connection.total_changes() - before)

    def executescript(self, script: str) -> None:
        self._connection.execute(script).fetchall()

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction

    def close(self) -> None:
        self._connection.close()

    def as_database(self, folder: Path) -> Database:
        """The program's database, whose writer and readers are this one connection."""
        both: Any = _Async(self)
        inline: Any = self
        return Database(inline, both, both, folder)


class _Async:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def execute(self, sql: str, args: Sequence[object] = ()) -> _Statement:
        done = self._connection.execute(sql, args)
        return _Statement(_AsyncRows(done.description, done.fetchall(), done.rowcount))

    def executemany(self, sql: str, many: Iterable[Sequence[object]]) -> _Statement:
        for args in many:
            self._connection.execute(sql, args)
        return _Statement(_AsyncRows(None, [], -1))

    @property
    def in_transaction(self) -> bool:
        return self._connection.in_transaction
