"""Backups beside the database: whole and verified, or not there at all."""

import os
import sqlite3
import time
from pathlib import Path

from mediaserver.errors import DatabaseError

_HALF = ".tmp"


def verified_backup(connection: sqlite3.Connection, path: Path, version: int) -> Path:
    """Copy the open database at ``path``; the copy gets its name once it was read and is synced."""
    folder = backups_of(path)
    folder.mkdir(exist_ok=True)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    target = folder / f"{path.stem}-schema{version:04d}-{stamp}.db"
    half = target.with_name(target.name + _HALF)
    forget_halves(path)
    copy = sqlite3.connect(half)
    try:
        connection.backup(copy)
        (verdict,) = copy.execute("PRAGMA integrity_check").fetchone()
    finally:
        copy.close()
    if verdict != "ok":
        half.unlink()
        raise DatabaseError(f"{path} is damaged ({verdict}); a backup of it would be too.")
    half.replace(target)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return target


def newest_backup(path: Path) -> Path | None:
    """Of the database at ``path``."""
    found = backups_of(path).glob(f"{path.stem}-schema*.db")
    return max(found, key=lambda backup: backup.name.rpartition("-")[2], default=None)


def forget_halves(path: Path) -> None:
    """Remove copies that a crash cut short, with what SQLite had beside them."""
    for half in backups_of(path).glob(f"{path.stem}-schema*{_HALF}*"):
        half.unlink(missing_ok=True)


def backups_of(path: Path) -> Path:
    return path.parent / "backups"
