"""After a crash the next start looks closer: at every page, and at what was left half written."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from mediaserver.catalog import Query
from mediaserver.config import Config
from mediaserver.db.migrate import migrate, migrations
from mediaserver.services import open_services
from tests.library.small_films import film
from tests.scanned import viewer
from tests.server import command_line

HALF_WRITTEN = (
    "data/.setup-code.0123456789abcdef.tmp",
    "data/keys/.streams.0123456789abcdef.tmp",
    "data/backups/mediaserver-schema0006-20260101T000000Z.db.tmp",
    "data/backups/mediaserver-schema0006-20260101T000000Z.db.tmp-wal",
    "cache/artwork/sized/ab/.0123456789abcdef.tmp",
    "cache/artwork/stills/ab/.0123456789abcdef.tmp",
    "cache/segments/ab/abcdef.0123.tmp",
)


@pytest.fixture
def root(config: Config) -> Path:
    return Path(config.storage.root)


async def test_the_mark_is_there_while_the_server_runs(config: Config, root: Path) -> None:
    async with open_services(config):
        assert (root / "data" / "running").exists()
    assert not (root / "data" / "running").exists()


async def test_what_a_crash_left_half_written_is_collected(config: Config, root: Path) -> None:
    kept = ("cache/artwork/stills/ab/good.webp", "data/backups/mediaserver-schema0001-x.db")
    for name in (*HALF_WRITTEN, *kept, "data/running"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    async with open_services(config):
        assert [name for name in HALF_WRITTEN if (root / name).exists()] == []
        assert all((root / name).exists() for name in kept)


async def test_a_first_start_cut_short_has_its_libraries_at_the_second(
    config: Config, root: Path
) -> None:
    (root / "data").mkdir(parents=True)
    migrate(root / "data" / "mediaserver.db")
    for _ in range(2):
        async with open_services(config) as services:
            names = [library.name for library in await services.library.libraries()]
            assert names == ["Movies", "Shows", "Uploads"]


async def test_a_library_whose_removal_was_cut_short_leaves_no_items(
    config: Config, root: Path
) -> None:
    film(root / "library" / "movies" / "Film (2001).mkv")
    async with open_services(config) as services:
        (movies,) = [one for one in await services.library.libraries() if one.name == "Movies"]
        await services.scanner.scan(movies.id)
        await services.library.remove(movies.id)
        assert (await services.catalog.page(viewer(), Query())).total == 1
    (root / "data" / "running").touch()
    async with open_services(config) as services:
        assert (await services.catalog.page(viewer(), Query())).total == 0


def test_a_damaged_database_is_refused_in_one_line_that_names_the_newest_backup(
    root: Path,
) -> None:
    database = root / "data" / "mediaserver.db"
    database.parent.mkdir(parents=True)
    migrate(database, migrations()[:-1])
    migrate(database)
    (backup,) = (root / "data" / "backups").iterdir()
    (root / "data" / "running").touch()
    _damage(database)
    for _ in range(2):
        refused = command_line("serve", root=root)
        assert (refused.returncode, refused.stdout) == (1, "")
        (line,) = refused.stderr.splitlines()
        assert line.startswith(f"mediaserver: {database} is damaged (")
        assert f"The newest backup is {backup}: " in line
    database.unlink()
    backup.rename(database)
    assert command_line("library", "list", root=root).returncode == 0


def _damage(database: Path) -> None:
    """Another page where the list of users should be."""
    with closing(sqlite3.connect(database)) as connection:
        (page,) = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'users'"
        ).fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = bytearray(database.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    database.write_bytes(content)
