"""The one writer and the readers.

A shared aiosqlite connection is not safe for transactions: coroutines interleave at each await,
and one's commit publishes another's half-done work. So the writer stands behind a lock and is
reached only through ``transaction()``. Reads go to read-only connections: ``all``, ``one`` and
``value`` run inline on the loop (5.7 µs against 48 µs through a thread) and must stay under a
millisecond; ``db.slow`` has the same three off the loop.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import aiosqlite

from mediaserver.db.full import full_disk
from mediaserver.db.migrate import migrate
from mediaserver.db.rows import as_structs
from mediaserver.errors import Invalid

T = TypeVar("T")

_EVERY_CONNECTION = (
    "PRAGMA busy_timeout=5000",
    "PRAGMA foreign_keys=ON",
    "PRAGMA trusted_schema=OFF",
    "PRAGMA cell_size_check=ON",
)
# FULL: in simulated power cuts NORMAL lost up to 129 acknowledged commits, FULL none of 2,000.
_WRITER = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA journal_size_limit=67108864",
    "PRAGMA wal_autocheckpoint=1000",
)

_Fetched = tuple[list[str], Sequence[Sequence[Any]]]


class _Reads:
    """``all``, ``one`` and ``value`` over whatever fetches."""

    async def fetch(self, sql: str, args: Sequence[object]) -> _Fetched:
        raise NotImplementedError

    async def all(self, type_: type[T], sql: str, *args: object) -> list[T]:
        columns, rows = await self.fetch(sql, args)
        return as_structs(type_, columns, rows)

    async def one(self, type_: type[T], sql: str, *args: object) -> T | None:
        """The first row, or None."""
        columns, rows = await self.fetch(sql, args)
        return as_structs(type_, columns, rows[:1])[0] if rows else None

    async def value(self, sql: str, *args: object) -> Any:
        """The first column of the first row, or None."""
        _, rows = await self.fetch(sql, args)
        return rows[0][0] if rows else None


class _InlineReader(_Reads):
    """Read-only, on the loop's own thread."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, args: Sequence[object]) -> _Fetched:
        with _storable():
            cursor = self._connection.execute(sql, args)
        return _columns(cursor.description), cursor.fetchall()


class _ThreadReader(_Reads):
    """Read-only, in a thread: for whatever can take longer than a millisecond."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def fetch(self, sql: str, args: Sequence[object]) -> _Fetched:
        with _storable():
            async with self._connection.execute(sql, args) as cursor:
                rows = await cursor.fetchall()
                return _columns(cursor.description), [tuple(row) for row in rows]


class Transaction(_ThreadReader):
    """The writer between BEGIN and COMMIT; its reads see its own writes."""

    async def execute(self, sql: str, *args: object) -> int:
        """Rows changed."""
        with _storable():
            async with self._connection.execute(sql, args) as cursor:
                return cursor.rowcount

    async def executemany(self, sql: str, rows: Iterable[Sequence[object]]) -> None:
        async with self._connection.executemany(sql, rows):
            pass


class Database(_InlineReader):
    """``slow`` reads off the loop; ``transaction()`` is the only way to write."""

    def __init__(
        self,
        inline: sqlite3.Connection,
        slow: aiosqlite.Connection,
        writer: aiosqlite.Connection,
        folder: Path,
    ) -> None:
        super().__init__(inline)
        self._folder = folder
        self.slow = _ThreadReader(slow)
        self._writer = writer
        self._writing = asyncio.Lock()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """COMMIT at the end, ROLLBACK on any exception, cancellation included.

        StorageFull when the disk is; the next transaction may find space again.
        """
        async with self._writing:
            # Each statement is waited for even when the caller is cancelled: the writer's thread
            # carries it out regardless, and the next transaction must not find this one open.
            try:
                await _finish(self._writer.execute("BEGIN IMMEDIATE"))
                yield Transaction(self._writer)
                await _finish(self._writer.execute("COMMIT"))
            except BaseException as err:
                if self._writer.in_transaction:
                    await _finish(self._writer.execute("ROLLBACK"))
                if full := full_disk(err, self._folder):
                    raise full from err
                raise

    async def backup_to(self, path: Path) -> None:
        """A consistent copy made by SQLite's own backup API."""
        target = sqlite3.connect(path, check_same_thread=False)
        try:
            await self._writer.backup(target)
        finally:
            target.close()


async def _finish(statement: Any) -> None:
    """Wait for it to the end, and only then pass a cancellation on."""
    task = asyncio.ensure_future(statement)
    cancelled: asyncio.CancelledError | None = None
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError as err:
            cancelled = err
    task.result()
    if cancelled:
        raise cancelled


@contextmanager
def _storable() -> Iterator[None]:
    """SQLite holds integers of 64 bits and text that is Unicode: half a surrogate pair is not."""
    try:
        yield
    except (OverflowError, UnicodeEncodeError) as err:
        raise Invalid("A number is too large, or a text is not Unicode.") from err


def _columns(description: Any) -> list[str]:
    return [column[0] for column in description or ()]


@asynccontextmanager
async def open_database(path: Path, *, suspicious: bool = False) -> AsyncIterator[Database]:
    """Migrate ``path`` (absolute; created when absent) to the newest schema, then open it.

    ``suspicious``: nobody closed it last time; a damaged one is refused.
    """
    await asyncio.to_thread(migrate, path, suspicious=suspicious)
    async with aiosqlite.connect(path, isolation_level=None) as writer:
        for pragma in (*_EVERY_CONNECTION, *_WRITER):
            await writer.execute_fetchall(pragma)
        uri = f"{path.as_uri()}?mode=ro"
        async with aiosqlite.connect(uri, uri=True, isolation_level=None) as slow:
            inline = sqlite3.connect(uri, uri=True, isolation_level=None, cached_statements=512)
            for pragma in (*_EVERY_CONNECTION, "PRAGMA query_only=ON"):
                await slow.execute_fetchall(pragma)
                inline.execute(pragma)
            try:
                yield Database(inline, slow, writer, path.parent)
            finally:
                inline.close()
