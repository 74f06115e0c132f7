"""Segments on disk under a hard cap, forgotten from the least recently used end.

Blocking; called from the cache's own threads. An entry is its bytes and a trailer with their
checksum: a power cut may tear a file that was never synced, and what is torn is made again.
"""

import errno
import logging
import os
import secrets
import shutil
import struct
import zlib
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from threading import Lock

log = logging.getLogger(__name__)

_TRAILER = struct.Struct(">4sIQ")
_MAGIC = b"MSg1"
_SUFFIX = ".segment"
_TEMPORARY = ".tmp"


class DiskShelf:
    """``free_floor`` bytes of the disk are left to everyone else."""

    def __init__(
        self,
        folder: Path,
        cap: int,
        free_floor: int,
        free_bytes: Callable[[Path], int] = lambda folder: shutil.disk_usage(folder).free,
    ) -> None:
        self._folder = folder
        self._cap = cap
        self._free_floor = free_floor
        self._free_bytes = free_bytes
        self._lock = Lock()
        self._sizes: OrderedDict[str, int] = OrderedDict()
        self.used = 0
        """Bytes on disk, those being written included."""

    def take_stock(self) -> None:
        """What earlier runs left: entries by last use; half-written ones are removed."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found: list[tuple[float, str, int]] = []
        for shelf in os.scandir(self._folder):
            if not shelf.is_dir(follow_symlinks=False):
                continue
            for entry in os.scandir(shelf):
                stat = entry.stat(follow_symlinks=False)
                if entry.name.endswith(_SUFFIX):
                    found.append((stat.st_mtime, entry.name.removesuffix(_SUFFIX), stat.st_size))
                elif entry.name.endswith(_TEMPORARY):
                    Path(entry.path).unlink(missing_ok=True)
        with self._lock:
            self._sizes = OrderedDict((key, size) for _, key, size in sorted(found))
            self.used = sum(self._sizes.values())
            self._evict(self.used - self._cap)

    def has(self, key: str) -> bool:
        return key in self._sizes

    def read(self, key: str) -> bytes | None:
        """The bytes as they were written, or None."""
        path = self._path(key)
        try:
            content = path.read_bytes()
            os.utime(path)
        except OSError:
            self._forget(key)
            return None
        data = _checked(content)
        if data is None:
            log.warning("a cached segment was damaged and is made again")
            self._forget(key)
            return None
        with self._lock:
            if key in self._sizes:
                self._sizes.move_to_end(key)
        return data

    def write(self, key: str, data: bytes) -> bool:
        """False when the disk does not take it; nothing is left behind then."""
        content = data + _TRAILER.pack(_MAGIC, zlib.crc32(data), len(data))
        size = len(content)
        with self._lock:
            if key in self._sizes:
                return True
            if not self._make_room(size):
                return False
            # counted before it is written, so that two writers never exceed the cap together
            self._sizes[key] = size
            self.used += size
        try:
            self._publish(key, content)
        except OSError as err:
            if not (err.errno in {errno.ENOSPC, errno.EDQUOT} and self._again(key, content)):
                log.warning("a segment stays in memory: the cache disk says %s", err.strerror)
                self._forget(key)
                return False
        with self._lock:
            if key in self._sizes:
                return True
        # evicted while it was being written: what is not counted must not lie there
        self._unlink(key)
        return False

    def _again(self, key: str, content: bytes) -> bool:
        """After a full disk: evict twice what is needed, and one more try."""
        with self._lock:
            if key not in self._sizes:
                return False
            self._sizes.move_to_end(key)
            self._evict(2 * len(content), sparing=key)
        try:
            self._publish(key, content)
        except OSError:
            return False
        return True

    def _publish(self, key: str, content: bytes) -> None:
        path = self._path(key)
        path.parent.mkdir(exist_ok=True)
        temporary = path.with_name(f"{key}.{secrets.token_hex(4)}{_TEMPORARY}")
        try:
            with temporary.open("xb", buffering=0) as file:
                left = memoryview(content)
                while left:
                    left = left[file.write(left) :]
            temporary.replace(path)
        except OSError:
            temporary.unlink(missing_ok=True)
            raise

    def _make_room(self, size: int) -> bool:
        if size > self._cap:
            return False
        self._evict(self.used + size - self._cap)
        try:
            lacking = self._free_floor + size - self._free_bytes(self._folder)
        except OSError:
            return False
        if lacking > 0:
            self._evict(lacking)
            return self._free_bytes(self._folder) >= self._free_floor + size
        return True

    def _evict(self, amount: int, sparing: str | None = None) -> None:
        """Free at least ``amount`` bytes, or all there are; the lock is held."""
        while amount > 0 and self._sizes:
            key, size = self._sizes.popitem(last=False)
            if key == sparing:
                self._sizes[key] = size
                return
            self.used -= size
            amount -= size
            self._unlink(key)

    def _forget(self, key: str) -> None:
        with self._lock:
            self.used -= self._sizes.pop(key, 0)
        self._unlink(key)

    def _unlink(self, key: str) -> None:
        try:
            self._path(key).unlink(missing_ok=True)
        except OSError as err:
            log.warning("a cached segment cannot be removed: %s", err.strerror)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}{_SUFFIX}"


def _checked(content: bytes) -> bytes | None:
    if len(content) < _TRAILER.size:
        return None
    data = content[: -_TRAILER.size]
    expected = _TRAILER.pack(_MAGIC, zlib.crc32(data), len(data))
    return data if content[-_TRAILER.size :] == expected else None
