"""Media segments kept: hot ones as bytes in memory, cold ones on disk by what made them.

Both have a hard cap in bytes and forget what was used longest ago; eviction happens before each
write, never by a timer. A full disk is no failure: evict, try once more, then serve from memory.
"""

import asyncio
import hashlib
import logging
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Self

import av
import msgspec

from mediaserver.streaming.disk_shelf import DiskShelf
from mediaserver.streaming.models import AudioRendition, Plan, Source, VideoRendition

log = logging.getLogger(__name__)

FREE_FLOOR = 512 * 1024 * 1024
"""Bytes of the cache's disk left for the database and everyone else."""
_THREADS = 2
_MAKER = f"1 {av.__version__}"
"""Raise the number whenever the same order would be cut or encoded into other bytes."""
_MOST_UNWRITTEN = 64 * 1024 * 1024
"""When the disk is slower than the encoder, segments beyond this are not stored on it."""


class Segment(msgspec.Struct, frozen=True):
    """Bytes ready to send."""

    data: bytes
    etag: str
    final: bool = True
    """False when the same segment may come out nicer later."""


def segment_of(data: bytes, *, final: bool = True) -> Segment:
    return Segment(data, hashlib.blake2b(data, digest_size=12).hexdigest(), final)


def rendition_key(source: Source, plan: Plan, rendition: VideoRendition | AudioRendition) -> str:
    """A hash of all that changes the bytes; a segment's key is this and its number.

    Names for people are left out; the libraries that encode and mux are part of it.
    """
    if isinstance(rendition, AudioRendition):
        rendition = msgspec.structs.replace(rendition, title="", language=None, default=False)
    made_of = [
        source.file_id,
        source.size,
        source.mtime_ns,
        plan,
        rendition,
        _MAKER,
    ]
    return hashlib.sha256(msgspec.json.encode(made_of)).hexdigest()


class SegmentCache:
    """``folder`` None, or ``disk_bytes`` 0, keeps nothing on disk."""

    def __init__(
        self,
        folder: Path | None,
        *,
        memory_bytes: int,
        disk_bytes: int = 0,
        free_floor: int = FREE_FLOOR,
    ) -> None:
        self._memory_bytes = memory_bytes
        self._disk = None
        if folder is not None and disk_bytes > 0:
            self._disk = DiskShelf(folder, disk_bytes, free_floor)
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="segment-cache")
        self._memory: OrderedDict[str, Segment] = OrderedDict()
        self._unwritten = 0
        self.memory_used = 0

    async def __aenter__(self) -> Self:
        if self._disk is not None:
            try:
                await asyncio.wrap_future(self._threads.submit(self._disk.take_stock))
            except OSError as err:
                log.warning("segments are kept in memory only: the cache disk says %s", err)
                self._disk = None
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        # writes under way end; those still waiting are not worth a slow stop
        await asyncio.to_thread(self._threads.shutdown, wait=True, cancel_futures=True)

    @property
    def disk_used(self) -> int:
        return self._disk.used if self._disk is not None else 0

    def hot(self, key: str) -> Segment | None:
        """From memory; no waiting."""
        segment = self._memory.get(key)
        if segment is not None:
            self._memory.move_to_end(key)
        return segment

    async def get(self, key: str) -> Segment | None:
        segment = self.hot(key)
        if segment is None and self._disk is not None and self._disk.has(key):
            segment = await asyncio.wrap_future(self._threads.submit(_read, self._disk, key))
            if segment is not None:
                self._remember(key, segment)
        return segment

    def put(self, key: str, data: bytes) -> Segment:
        """At once in memory; on disk when a thread finds the time."""
        segment = segment_of(data)
        self._remember(key, segment)
        if self._disk is not None and self._unwritten + len(data) <= _MOST_UNWRITTEN:
            self._unwritten += len(data)
            writing = asyncio.wrap_future(self._threads.submit(self._disk.write, key, data))
            writing.add_done_callback(lambda done: self._written(len(data), done))
        return segment

    def has(self, key: str) -> bool:
        return key in self._memory or self.on_disk(key)

    def on_disk(self, key: str) -> bool:
        return self._disk is not None and self._disk.has(key)

    async def store(self, key: str, data: bytes) -> Segment:
        """As ``put``, and waits for the disk; ``on_disk`` tells whether that took it."""
        segment = segment_of(data)
        self._remember(key, segment)
        if self._disk is not None:
            await asyncio.wrap_future(self._threads.submit(self._disk.write, key, data))
        return segment

    def _written(self, size: int, done: asyncio.Future[bool]) -> None:
        self._unwritten -= size
        if not done.cancelled() and done.exception() is not None:
            log.error("writing a segment to the cache failed", exc_info=done.exception())

    def _remember(self, key: str, segment: Segment) -> None:
        old = self._memory.pop(key, None)
        if old is not None:
            self.memory_used -= len(old.data)
        size = len(segment.data)
        if size > self._memory_bytes:
            return
        while self.memory_used + size > self._memory_bytes:
            _, evicted = self._memory.popitem(last=False)
            self.memory_used -= len(evicted.data)
        self._memory[key] = segment
        self.memory_used += size


def _read(disk: DiskShelf, key: str) -> Segment | None:
    """Hashed in the thread that read it: a megabyte is a millisecond that the loop has not."""
    data = disk.read(key)
    return segment_of(data) if data is not None else None
