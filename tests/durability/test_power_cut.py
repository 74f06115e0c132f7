"""A power cut at any write loses nothing that was acknowledged, and damages nothing."""

import asyncio
import random
import sqlite3
import tempfile
from collections import Counter
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from mediaserver.accounts import AccountStore, Role, User
from mediaserver.catalog import Catalog
from mediaserver.db import Database
from mediaserver.db.database import _EVERY_CONNECTION, _WRITER
from mediaserver.db.migrate import _apply, migrations
from mediaserver.history import History
from mediaserver.ids import ItemId, LibraryId, PlaybackId, UserId
from mediaserver.jobs import JobState, JobStore
from mediaserver.library import Library, LibraryKind, LibraryStore
from mediaserver.library.store import Written
from tests.durability.power import Disk, Loss
from tests.scanned import movie, viewer

ROUNDS = 240
BATCH = 5
_STORED = {
    "report": "SELECT session_id || ' ' || seq FROM watch_events",
    "user": "SELECT id FROM users",
    "ended job": "SELECT id FROM jobs WHERE state = 'done'",
    "file": "SELECT id FROM media_files",
    "item": "SELECT file_id FROM item_files",
    "told file": "SELECT id FROM media_files WHERE untold = 0",
}
_NEVER = {
    "half a batch of files": f"SELECT count(*) % {BATCH} FROM media_files",
    "half a batch of items": f"SELECT count(*) % {BATCH} FROM item_files",
    "told before it was taken in": "SELECT count(*) FROM media_files WHERE untold = 0"
    " AND id NOT IN (SELECT file_id FROM item_files)",
    "an item that search does not know": "SELECT count(*) FROM items"
    " WHERE number NOT IN (SELECT rowid FROM item_search)",
    "progress without its event": "SELECT count(*) FROM progress WHERE NOT EXISTS (SELECT 1"
    " FROM watch_events e WHERE e.item_id = progress.item_id AND e.at = progress.changed_at)",
    "an event without its progress": "SELECT count(*) FROM watch_events WHERE item_id NOT IN"
    " (SELECT item_id FROM progress)",
}


class Evening:
    """What an evening writes, by the rooms' own stores."""

    def __init__(self, disk: Disk, db: Database, library: Library) -> None:
        self._disk, self._library = disk, library
        self._history, self._jobs, self._accounts = History(db), JobStore(db), AccountStore(db)
        self._files, self._catalog = LibraryStore(db), Catalog(db)

    async def round(self, n: int) -> None:
        # three players at once: whoever comes first commits for the others
        await asyncio.gather(*(self._report(n, player) for player in "abc"))
        if n % 6 == 0:
            user = User(UserId(f"user {n}"), f"person {n}", Role.VIEWER, float(n))
            await self._accounts.insert(user, "hash")
            self._disk.ack("user", user.id)
        if n % 8 == 0:
            job = await self._jobs.insert("scan", LibraryId(f"library {n}"), {})
            await self._jobs.save(msgspec.structs.replace(job, state=JobState.DONE))
            self._disk.ack("ended job", job.id)
        if n % 10 == 0:
            await self._scan(n)

    async def _report(self, n: int, player: str) -> None:
        where = ItemId(f"item {player} {n % 9}"), PlaybackId(player)
        await self._history.record(viewer(), *where, float(n), 9000.0, seq=n)
        self._disk.ack("report", f"{player} {n}")

    async def _scan(self, n: int) -> None:
        files = [movie(self._library, f"Film {n} {k}", 2001) for k in range(BATCH)]
        ids = [file.id for file in files]
        await self._files.write([Written(file, 1, None) for file in files])
        self._ack("file", ids)
        await self._catalog.ingest(self._library, files)
        self._ack("item", ids)
        await self._files.told(ids)
        self._ack("told file", ids)

    def _ack(self, what: str, ids: list) -> None:
        for one in ids:
            self._disk.ack(what, one)


async def _evening(folder: Path, checkpoint: int) -> tuple[Disk, int]:
    """The disk, and where in its log the first room began to write."""
    disk = Disk()
    with closing(disk.open(folder / "a.db")) as connection:
        connection.execute("PRAGMA locking_mode=EXCLUSIVE")
        for pragma in (*_EVERY_CONNECTION, *_WRITER):
            connection.execute(pragma)
        connection.execute(f"PRAGMA wal_autocheckpoint={checkpoint}")
        begin = len(disk.log)
        for migration in migrations():
            _apply(connection, migration)  # type: ignore[arg-type]
            disk.ack("schema", str(migration.number))
        db = connection.as_database(folder)
        library = await LibraryStore(db).add("Films", LibraryKind.MOVIES, [str(folder)])
        evening = Evening(disk, db, library)
        for n in range(ROUNDS):
            await evening.round(n)
    return disk, begin


def _reckon(folder: Path, acked: list[tuple[str, str]]) -> int:
    """How many acknowledged writes are not there; raises on damage and on halves."""
    with closing(sqlite3.connect(folder / "a.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        lost = sum(what == "schema" and int(key) > version for what, key in acked)
        if version < len(migrations()):
            return lost
        for never, sql in _NEVER.items():
            assert connection.execute(sql).fetchone() == (0,), never
        for kind, sql in _STORED.items():
            wanted = {key for what, key in acked if what == kind}
            lost += len(wanted - {key for (key,) in connection.execute(sql)})
        return lost


async def _cuts(tmp_path: Path, count: int) -> None:
    tried: Counter[Loss] = Counter()
    acknowledged = 0
    for checkpoint in (1000, 20):
        with tempfile.TemporaryDirectory(dir=tmp_path) as folder:
            disk, begin = await _evening(Path(folder), checkpoint)
        rng = random.Random(f"{count} {checkpoint}")
        for n in range(count // 2):
            at, loss = rng.randrange(begin, len(disk.log) + 1), [*Loss][n % len(Loss)]
            acked = disk.acked(at)
            with disk.after_cut(at, loss, rng) as left:
                assert _reckon(left, acked) == 0, (checkpoint, at, loss)
            tried[loss] += 1
            acknowledged += len(acked)
    print(f"{sum(tried.values())} power cuts ({dict(tried)}): {acknowledged} acked, 0 lost")


async def test_a_hundred_power_cuts_lose_nothing(tmp_path: Path) -> None:
    await _cuts(tmp_path, 100)


@pytest.mark.long
@pytest.mark.timeout(600)
async def test_a_thousand_power_cuts_lose_nothing(tmp_path: Path) -> None:
    await _cuts(tmp_path, 1000)


async def test_the_simulation_notices_what_is_not_synced(tmp_path: Path) -> None:
    """With synchronous=NORMAL acknowledged writes are lost, or this test proves nothing."""
    disk = Disk()
    with closing(disk.open(tmp_path / "a.db")) as connection:
        for pragma in ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL"):
            connection.execute(f"PRAGMA {pragma}")
        connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY)")
        for _ in range(9):
            connection.execute("INSERT INTO t DEFAULT VALUES")
        end = len(disk.log)
    with (
        disk.after_cut(end, Loss.DROPPED, random.Random(1)) as left,
        closing(sqlite3.connect(left / "a.db")) as connection,
    ):
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
