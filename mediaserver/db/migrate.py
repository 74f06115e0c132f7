"""Migrations: numbered ``NNNN_words.sql``, each with its version bump in one transaction.

Before the first pending one a verified backup is written beside the database. A database newer
than this program is refused. A released file is never edited.
"""

import sqlite3
import time
from importlib import resources
from pathlib import Path

import msgspec

from mediaserver.errors import DatabaseError

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


def migrate(path: Path, known: list[Migration] | None = None) -> int:
    """Bring the database at ``path`` to the newest version; the number of migrations applied."""
    known = migrations() if known is None else known
    newest = known[-1].number if known else 0
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > newest:
            raise DatabaseError(
                f"{path} was written by a newer program (schema {version}, this one knows "
                f"{newest}). Install that version again, or restore a backup."
            )
        pending = [migration for migration in known if migration.number > version]
        if pending and version:
            _verified_backup(connection, path, version)
        for migration in pending:
            _apply(connection, migration)
        return len(pending)
    except sqlite3.DatabaseError as err:
        raise DatabaseError(f"{path} cannot be used: {err}") from err
    finally:
        connection.close()


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


def _verified_backup(connection: sqlite3.Connection, path: Path, version: int) -> None:
    folder = path.parent / "backups"
    folder.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    target = folder / f"{path.stem}-schema{version:04d}-{stamp}.db"
    copy = sqlite3.connect(target)
    try:
        connection.backup(copy)
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    finally:
        copy.close()
    if verdict != "ok":
        raise DatabaseError(f"{path} is damaged ({verdict}); its backup {target} is not usable.")
