"""Migrations: numbered ``NNNN_words.sql``, each with its version bump in one transaction.

Before the first pending one a verified backup is written beside the database. A database newer
than this program is refused. A released file is never edited.
"""

import sqlite3
from importlib import resources
from pathlib import Path

import msgspec

from mediaserver.db.backup import backups_of, forget_halves, newest_backup, verified_backup
from mediaserver.db.full import is_full
from mediaserver.errors import DatabaseError, MediaServerError, StorageFull

APPLICATION_ID = 0x4D535256  # "MSRV"


class Migration(msgspec.Struct, frozen=True):
    number: int
    name: str
    sql: str


def migrations() -> list[Migration]:
    """All that ship with the program, in order, with no gap."""
    found = []
    for file in resources.files("mediaserver.db").joinpath("migrations").iterdir():
        if file.name.endswith(".sql"):
            number, _, _ = file.name.partition("_")
            found.append(Migration(int(number), file.name, file.read_text("utf-8")))
    return sorted(found, key=lambda migration: migration.number)


def migrate(path: Path, known: list[Migration] | None = None, *, suspicious: bool = False) -> int:
    """Bring the database at ``path`` to the newest version; the number of migrations applied.

    ``suspicious``: the last run was not closed, so every page is checked first.
    """
    known = migrations() if known is None else known
    newest = known[-1].number if known else 0
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        if suspicious:
            forget_halves(path)
            _refuse_damaged(connection, path)
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > newest:
            raise DatabaseError(
                f"{path} was written by a newer program (schema {version}, this one knows "
                f"{newest}). Install that version again, or restore a backup."
            )
        pending = [migration for migration in known if migration.number > version]
        if pending and version:
            verified_backup(connection, path, version)
        for migration in pending:
            _apply(connection, migration)
        return len(pending)
    except sqlite3.DatabaseError as err:
        raise _explained(path, err) from err
    finally:
        connection.close()


def _refuse_damaged(connection: sqlite3.Connection, path: Path) -> None:
    (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if verdict != "ok":
        raise _damaged(path, verdict)


def _explained(path: Path, err: sqlite3.DatabaseError) -> MediaServerError:
    code = getattr(err, "sqlite_errorcode", 0) & 0xFF
    if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return _damaged(path, str(err))
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and is_full(path.parent)):
        return StorageFull(f"{path} cannot be opened: its disk is full.")
    return DatabaseError(f"{path} cannot be used: {err}")


def _damaged(path: Path, why: str) -> DatabaseError:
    backup = newest_backup(path)
    way_out = (
        f"The newest backup is {backup}: move the damaged file, and those beside it that end in "
        "-wal and -shm, out of the way and copy the backup to its place."
        if backup
        else f"There is no backup in {backups_of(path)}."
    )
    return DatabaseError(
        f"{path} is damaged ({' '.join(why.split())}). {way_out}", code="database_damaged"
    )


def _apply(connection: sqlite3.Connection, migration: Migration) -> None:
    # executescript commits whatever is open before it runs, so the script holds its own BEGIN.
    script = (
        f"BEGIN IMMEDIATE;\n{migration.sql}\n"
        f"PRAGMA application_id={APPLICATION_ID};\n"
        f"PRAGMA user_version={migration.number};\nCOMMIT;"
    )
    try:
        connection.executescript(script)
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
