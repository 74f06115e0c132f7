"""Telling a full disk from every other fault of SQLite."""

import shutil
import sqlite3
from pathlib import Path

from mediaserver.errors import StorageFull

_NOTHING_LEFT = 1 << 20


def full_disk(err: BaseException, folder: Path) -> StorageFull | None:
    """What to raise instead of ``err``; None when it tells of something else."""
    if not isinstance(err, sqlite3.OperationalError):
        return None
    code = getattr(err, "sqlite_errorcode", 0) & 0xFF
    # the shared index of the log cannot grow: SQLite calls that an I/O error, and not "full"
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and is_full(folder)):
        return StorageFull("The server's disk is full, so nothing was saved. Free some space.")
    return None


def is_full(folder: Path) -> bool:
    return shutil.disk_usage(folder).free < _NOTHING_LEFT
