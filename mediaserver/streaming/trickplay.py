"""Previews in the seek bar: an index, and sheets made when somebody asks or ahead of that.

A sheet is a pure function of the file's version, like a segment. Whoever hovers over the bar is
served first and at once; sheets made ahead wait whenever anybody watches a transcode or asks for a
sheet. Work nobody waits for any more ends between two pictures.
"""

import asyncio
import hashlib
import os
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Self

import av
import msgspec

from mediaserver.errors import NotFound, Unplayable
from mediaserver.streaming.cache import Segment, SegmentCache, segment_of
from mediaserver.streaming.delivery import Opened
from mediaserver.streaming.reader import Cancelled
from mediaserver.streaming.thumbnails import (
    VERSION,
    Layout,
    Order,
    index_text,
    layout_of,
    make_sheet,
)

_NICE = 15
_SECONDS = 120.0
"""Of work on one sheet, waiting not counted."""
_LOOK = 0.2
_NAP = 0.05


class _Flight:
    """A sheet being made. ``urgent``: a person waits, so it does not yield."""

    def __init__(self) -> None:
        self.urgent = False
        self.stopped = False
        self.waiters = 0
        self.future: asyncio.Future[bytes]


class Trickplay:
    """``is_busy`` tells whether work that nobody waits for should rest; called on the loop."""

    def __init__(self, cache: SegmentCache, is_busy: Callable[[], bool]) -> None:
        self._cache = cache
        self._is_busy = is_busy
        self._asked = ThreadPoolExecutor(1, "preview", initializer=_be_nice)
        self._ahead = ThreadPoolExecutor(1, "preview-ahead", initializer=_be_nice)
        self._flights: dict[str, _Flight] = {}
        self._resting = False
        self._closing = False

    async def __aenter__(self) -> Self:
        await self._cache.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._closing = True
        for flight in self._flights.values():
            flight.future.cancel()
        for pool in (self._asked, self._ahead):
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)
        await self._cache.__aexit__(kind, err, at)

    def index(self, opened: Opened) -> Segment:
        return segment_of(index_text(layout_of(opened.info, opened.plan)).encode())

    def sheets(self, opened: Opened) -> int:
        return layout_of(opened.info, opened.plan).sheets

    def is_kept(self, opened: Opened, sheet: int) -> bool:
        """Whether ``sheet`` outlives this run."""
        return self._cache.on_disk(_key(opened, layout_of(opened.info, opened.plan), sheet))

    @property
    def kept_bytes(self) -> int:
        return self._cache.disk_used

    async def sheet(self, opened: Opened, sheet: int, *, urgent: bool = True) -> Segment:
        """Made now unless it was before; once for all who ask, and dropped when all have left."""
        layout = layout_of(opened.info, opened.plan)
        if not 0 <= sheet < layout.sheets:
            raise NotFound("The film has no such sheet of previews.", code="no_such_sheet")
        key = _key(opened, layout, sheet)
        kept = await self._cache.get(key)
        if kept is not None:
            return kept
        flight = self._flights.get(key)
        if flight is None:
            order = Order(opened.source, opened.info, opened.plan, layout, sheet)
            flight = self._begin(key, order, urgent=urgent)
        flight.urgent |= urgent
        flight.waiters += 1
        try:
            data = await asyncio.shield(flight.future)
        finally:
            flight.waiters -= 1
            if not flight.waiters:
                flight.stopped = True
                flight.future.cancel()
                if self._flights.get(key) is flight:
                    del self._flights[key]
        return await self._cache.store(key, data)

    async def make_ahead(self, opened: Opened, sheet: int, check: Callable[[], None]) -> bool:
        """Whether ``sheet`` lies on the disk now. ``check`` is called often and may raise."""
        making = asyncio.ensure_future(self.sheet(opened, sheet, urgent=False))
        try:
            while not making.done():
                check()
                self._resting = self._is_busy() or any(one.urgent for one in self._flights.values())
                await asyncio.wait({making}, timeout=_LOOK)
            making.result()
        finally:
            making.cancel()
        return self.is_kept(opened, sheet)

    def _begin(self, key: str, order: Order, *, urgent: bool) -> _Flight:
        flight = self._flights[key] = _Flight()
        pool = self._asked if urgent else self._ahead
        work = partial(self._work, order, flight)
        flight.future = asyncio.get_running_loop().run_in_executor(pool, work)
        flight.future.add_done_callback(_seen)
        return flight

    def _work(self, order: Order, flight: _Flight) -> bytes:
        """In a thread of its own."""
        spent, since = 0.0, time.monotonic()

        def check() -> None:
            nonlocal spent, since
            now = time.monotonic()
            spent, since = spent + now - since, now
            while self._resting and not (flight.urgent or flight.stopped or self._closing):
                time.sleep(_NAP)
                since = time.monotonic()
            if flight.stopped or self._closing:
                raise Cancelled
            if spent > _SECONDS:
                raise Unplayable("Making previews took too long.", code="too_slow")

        check()
        return make_sheet(order, check)


def _seen(future: asyncio.Future[bytes]) -> None:
    """Those who waited have left, or were told already."""
    if not future.cancelled():
        future.exception()


def _key(opened: Opened, layout: Layout, sheet: int) -> str:
    """A hash of all that changes the bytes."""
    source = opened.source
    made_of = (
        (source.file_id, source.size, source.mtime_ns),
        opened.plan.zero_ticks,
        opened.info.video[0],
        layout,
        sheet,
        VERSION,
        av.__version__,
    )
    return hashlib.sha256(msgspec.json.encode(made_of)).hexdigest()


def _be_nice() -> None:
    """Never SCHED_IDLE: a thread that gets no turn while it holds the interpreter stops all."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
