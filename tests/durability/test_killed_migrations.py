"""A killed migration leaves the old schema or the new one, and is done at the next start."""

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from mediaserver.db.migrate import migrate, migrations
from tests.server import ROOT

NEWEST = len(migrations())


def _schema(path: Path) -> tuple[int, frozenset]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return version, frozenset(connection.execute("SELECT type, name, sql FROM sqlite_master"))


def _fill(path: Path, version: int) -> None:
    migrate(path, migrations()[:version])
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executemany(
            "INSERT INTO users VALUES (?, ?, ?, 'hash', 'viewer', 0)",
            [(f"id {n}", f"person {n}", f"person {n}") for n in range(200)],
        )


@pytest.fixture(scope="module")
def schemas(tmp_path_factory: pytest.TempPathFactory) -> dict[int, frozenset]:
    """Of each version."""
    folder = tmp_path_factory.mktemp("schemas")
    found: dict[int, frozenset] = {0: frozenset()}
    for version in range(1, NEWEST + 1):
        migrate(folder / f"{version}.db", migrations()[:version])
        found[version] = _schema(folder / f"{version}.db")[1]
    return found


@pytest.mark.parametrize("version", [0, NEWEST - 1])
def test_a_kill_at_any_step_leaves_old_or_new(
    version: int, tmp_path: Path, schemas: dict[int, frozenset]
) -> None:
    _kill(version, 7, tmp_path, schemas)


@pytest.mark.long
@pytest.mark.parametrize("version", range(NEWEST))
def test_a_kill_at_each_single_step_leaves_old_or_new(
    version: int, tmp_path: Path, schemas: dict[int, frozenset]
) -> None:
    _kill(version, 1, tmp_path, schemas)


def _kill(version: int, every: int, tmp_path: Path, schemas: dict[int, frozenset]) -> None:
    if version:
        _fill(tmp_path / "before.db", version)
    done = subprocess.run(
        [sys.executable, "-m", "tests.durability.dying", str(tmp_path), str(every)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=True,
    )
    kills = int(done.stdout)
    assert kills * every > 20
    left = set()
    for path in (tmp_path / str(n) / "a.db" for n in range(1, kills * every, every)):
        at, schema = _schema(path)
        assert schema == schemas[at]
        left.add(at)
        for backup in (path.parent / "backups").glob("*.db"):
            assert _schema(backup) == (version, schemas[version])
        migrate(path, suspicious=True)
        assert _schema(path) == (NEWEST, schemas[NEWEST])
        assert not list((path.parent / "backups").glob("*.tmp*"))
        if version:
            with closing(sqlite3.connect(path)) as connection:
                assert connection.execute("SELECT count(*) FROM users").fetchone() == (200,)
    assert version in left
    print(f"{kills} kills from schema {version}: versions {sorted(left)} were left, all whole")
