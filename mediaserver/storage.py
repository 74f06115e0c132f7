"""The storage root: its folders, its one server, and what a crash left behind in it."""

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediaserver.errors import ConfigError, Conflict, DatabaseError
from mediaserver.keys import write_private

log = logging.getLogger(__name__)

_HALF_WRITTEN = (("data", ".*.tmp"), ("data/keys", ".*.tmp"), ("cache/artwork", "*/*/.*.tmp"))
"""Names under which something is written before it gets its own; ``cache/segments`` and
``data/backups`` are looked after by those who write there."""


@dataclass(frozen=True)
class Paths:
    """The folders below the storage root."""

    library: Path
    uploads: Path
    cache: Path
    data: Path

    @classmethod
    def below(cls, root: Path) -> "Paths":
        paths = cls(root / "library", root / "uploads", root / "cache", root / "data")
        try:
            # who watched what, and the keys: for nobody else on this machine
            paths.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (paths.library, paths.uploads, paths.cache):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise ConfigError(
                f"storage.root = {str(root)!r}: cannot be used: {err.strerror}"
            ) from err
        return paths


@contextlib.contextmanager
def only_server(data: Path) -> Iterator[None]:
    """Hold ``data/server.lock``; Conflict when another process does."""
    descriptor = os.open(data / "server.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise Conflict(
                f"Another mediaserver is using {data.parent}. Stop it first, or choose another "
                "storage.root.",
                code="already_running",
            ) from err
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def running_mark(data: Path) -> Iterator[bool]:
    """Whether the last server here was never closed. The file ``data/running`` is there meanwhile.

    It also stays when the database is damaged, so that the next start looks at it again.
    """
    mark = data / "running"
    crashed = mark.exists()
    if not crashed:
        try:
            write_private(mark, b"")
        except OSError as err:
            raise ConfigError(f"{data}: cannot be written to: {err.strerror}") from err
    try:
        yield crashed
    except DatabaseError:
        raise
    except BaseException:
        mark.unlink(missing_ok=True)
        raise
    mark.unlink(missing_ok=True)


def collect_half_written(root: Path) -> None:
    """Remove what a crash kept from getting its name; nobody else may be writing here."""
    for folder, pattern in _HALF_WRITTEN:
        for path in (root / folder).glob(pattern):
            try:
                path.unlink()
            except OSError as err:
                log.warning("%s is left over and cannot be removed: %s", path, err.strerror)
