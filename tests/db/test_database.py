"""The database: transactions do not leak into one another, and migrations are all or nothing."""

import asyncio
import sqlite3
from pathlib import Path

import msgspec
import pytest

from mediaserver.db import open_database
from mediaserver.db.migrate import Migration, migrate, migrations
from mediaserver.errors import DatabaseError


class Row(msgspec.Struct):
    id: str
    tags: list[str]


async def test_interleaved_transactions_keep_apart(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.db") as db:
        async with db.transaction() as tx:
            await tx.execute("CREATE TABLE t (id TEXT, tags_json TEXT)")

        async def fails() -> None:
            async with db.transaction() as tx:
                await tx.execute("INSERT INTO t VALUES ('bad', '[]')")
                await asyncio.sleep(0.02)
                raise ValueError

        async def succeeds() -> None:
            await asyncio.sleep(0.005)
            async with db.transaction() as tx:
                await tx.execute("""INSERT INTO t VALUES ('good', '["x"]')""")

        results = await asyncio.gather(fails(), succeeds(), return_exceptions=True)
        assert isinstance(results[0], ValueError)
        for reads in (db, db.slow):
            assert await reads.all(Row, "SELECT * FROM t") == [Row("good", ["x"])]
        assert await db.all(str, "SELECT id FROM t") == ["good"]


async def test_a_cancelled_transaction_leaves_nothing(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.db") as db:
        async with db.transaction() as tx:
            await tx.execute("CREATE TABLE t (id TEXT)")

        async def slow() -> None:
            async with db.transaction() as tx:
                await tx.execute("INSERT INTO t VALUES ('x')")
                await asyncio.sleep(10)

        task = asyncio.create_task(slow())
        await asyncio.sleep(0.02)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await db.value("SELECT count(*) FROM t") == 0


async def test_a_cancellation_at_any_moment_leaves_the_writer_usable(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.db") as db:
        async with db.transaction() as tx:
            await tx.execute("CREATE TABLE t (id TEXT)")

        async def write() -> None:
            async with db.transaction() as tx:
                await tx.execute("INSERT INTO t VALUES ('x')")

        for turns in range(12):
            task = asyncio.create_task(write())
            for _ in range(turns):
                await asyncio.sleep(0.0002 if turns % 2 else 0)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            before = await db.value("SELECT count(*) FROM t")
            await write()
            assert await db.value("SELECT count(*) FROM t") == before + 1


async def test_readers_cannot_write(tmp_path: Path) -> None:
    async with open_database(tmp_path / "a.db") as db:
        for reads in (db, db.slow):
            with pytest.raises(sqlite3.OperationalError):
                await reads.value("CREATE TABLE t (id TEXT)")


def test_migrations_are_numbered_without_gaps() -> None:
    assert [one.number for one in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_failing_migration_changes_nothing_and_leaves_a_backup(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    first = Migration(1, "one", "CREATE TABLE kept (x); INSERT INTO kept VALUES (7);")
    assert migrate(path, [first]) == 1
    broken = Migration(2, "two", "DELETE FROM kept; CREATE TABLE kept (x);")
    with pytest.raises(DatabaseError):
        migrate(path, [first, broken])
    connection = sqlite3.connect(path)
    assert connection.execute("SELECT x FROM kept").fetchall() == [(7,)]
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    (backup,) = (tmp_path / "backups").iterdir()
    copy = sqlite3.connect(backup)
    assert copy.execute("SELECT x FROM kept").fetchall() == [(7,)]
    connection.close()
    copy.close()


def test_a_newer_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    migrate(path, [Migration(7, "seven", "CREATE TABLE t (x);")])
    with pytest.raises(DatabaseError, match="newer program"):
        migrate(path, [Migration(1, "one", "")])


def test_a_damaged_database_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(b"this is not a database" * 500)
    with pytest.raises(DatabaseError, match=r"is damaged .*There is no backup"):
        migrate(path)
