"""Segments on demand: the asynchronous surface of cutting.

Any segment can be asked for in any order, after any restart; heads only make that fast and
bounded. Asked for twice at the same time, a segment is made once. Encoding video takes one of a
limited number of places (``places.py``); all renditions of one playback session share its place.
"""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Self

from mediaserver.config import Streaming
from mediaserver.errors import Busy, NotFound
from mediaserver.library import MediaInfo
from mediaserver.streaming.heads import Head
from mediaserver.streaming.makers import Order, Rendition, make_init
from mediaserver.streaming.models import Made, Plan, Source
from mediaserver.streaming.places import Places, Waiting
from mediaserver.streaming.plan import make_plan
from mediaserver.streaming.reader import Cancelled

_SEGMENT_SECONDS = 90.0
_JOIN_SECONDS = 3.0
_LEFT_AFTER = 6.0
_RETRY_AFTER = 5.0
_INITS = 512


class Engine:
    """Makes plans, init segments and media segments in threads of its own."""

    def __init__(self, config: Streaming) -> None:
        limit = config.max_transcodes or max(2, os.cpu_count() or 2)
        self._places = Places(limit, self._all_heads)
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="cut")
        self._heads: dict[tuple[object, ...], list[Head]] = {}
        self._waiting: dict[tuple[object, ...], asyncio.Future[Made]] = {}
        self._waiters: dict[tuple[object, ...], int] = {}
        self._once: dict[tuple[object, ...], asyncio.Future[Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._places.close()
        heads = self._all_heads()
        for head in heads:
            head.stop()
        for head in heads:
            await asyncio.to_thread(head.join, _JOIN_SECONDS)
        self._pool.shutdown(wait=False, cancel_futures=True)
        for future in self._waiting.values():
            future.cancel()

    # ---- plan and init -----------------------------------------------------------------------

    async def plan(self, source: Source, info: MediaInfo) -> Plan:
        key = ("plan", source.file_id, source.size, source.mtime_ns)
        plan: Plan = await self._in_pool(key, partial(make_plan, source, info, lambda: None))
        return plan

    async def init_segment(
        self, source: Source, info: MediaInfo, plan: Plan, rendition: Rendition
    ) -> bytes:
        order = Order(source, info, plan, rendition)
        init: bytes = await self._in_pool(("init", *order.key), partial(make_init, order))
        return init

    async def _in_pool(self, key: tuple[object, ...], work: Callable[[], Any]) -> Any:
        """``work`` once for all who ask, its result remembered; a failure is not."""
        future = self._once.get(key)
        if future is None:
            while len(self._once) >= _INITS:
                del self._once[next(iter(self._once))]
            future = asyncio.get_running_loop().run_in_executor(self._pool, work)
            self._once[key] = future
            future.add_done_callback(partial(self._forget_failure, key))
        return await asyncio.shield(future)

    def _forget_failure(self, key: tuple[object, ...], future: asyncio.Future[Any]) -> None:
        if future.cancelled() or future.exception() is not None:
            self._once.pop(key, None)

    # ---- media segments ----------------------------------------------------------------------

    async def media_segment(
        self,
        source: Source,
        info: MediaInfo,
        plan: Plan,
        rendition: Rendition,
        k: int,
        *,
        session: str = "",
    ) -> Made:
        """Segment ``k`` of ``rendition``; raises Busy when no place to encode becomes free.

        ``session`` names who asks: its renditions share one place, and a seek of one session does
        not disturb another.
        """
        order = Order(source, info, plan, rendition)
        if not 0 <= k < order.count:
            raise NotFound("There is no such segment.")
        key = (*order.key, k)
        future = self._waiting.get(key)
        if future is None or future.done():
            future = asyncio.get_running_loop().create_future()
            self._waiting[key] = future
            future.add_done_callback(partial(self._settled, key))
            self._want(order, k, session or str(source.file_id))
        self._waiters[key] = self._waiters.get(key, 0) + 1
        try:
            async with asyncio.timeout(_SEGMENT_SECONDS):
                return await asyncio.shield(future)
        except TimeoutError as err:
            raise Busy("The box is too slow for this video.", retry_after=_RETRY_AFTER) from err
        finally:
            self._leave(key, order, k)

    def _leave(self, key: tuple[object, ...], order: Order, k: int) -> None:
        self._waiters[key] -= 1
        if self._waiters[key]:
            return
        del self._waiters[key]
        future = self._waiting.get(key)
        if future is not None and not future.done():
            for head in self._heads.get(order.key, ()):
                head.unwant(k)
            future.cancel()
            self._waiting.pop(key, None)

    def _settled(self, key: tuple[object, ...], future: asyncio.Future[Made]) -> None:
        if self._waiting.get(key) is future:
            del self._waiting[key]
        if not future.cancelled():
            future.exception()

    def has_place(self, session: str) -> bool:
        """Whether ``session`` may encode at once, without waiting or turning a viewer away."""
        return self._places.take(session)

    def release(self, session: str) -> None:
        """``session`` is over: heads that only it used end, and its place is free."""
        for head in self._all_heads():
            head.users.discard(session)
            if not head.users and head.is_free:
                head.stop()

    @property
    def is_encoding(self) -> bool:
        """Whether somebody watches, or did a moment ago, what is being encoded for them."""
        return any(head.order.encodes_video and not head.is_stopping for head in self._all_heads())

    # ---- heads -------------------------------------------------------------------------------

    def _want(self, order: Order, k: int, user: str) -> None:
        """Put ``k`` to the head that gets there soonest, or to one for which a place is free."""
        if self._want_from_running(order, k, user):
            return
        if not order.encodes_video or self._places.take(user):
            self._begin(order, k, user)
            return
        key = (*order.key, k)
        start = partial(self._begin_at_last, order, k, user)
        turn_away = partial(self._settle, key, _full())
        self._places.wait(Waiting(user, start, turn_away, self._waiting[key].done))

    def _begin_at_last(self, order: Order, k: int, user: str) -> None:
        if not self._want_from_running(order, k, user):
            self._begin(order, k, user)

    def _want_from_running(self, order: Order, k: int, user: str) -> bool:
        head = self._running(order, k, user)
        if head is None:
            return False
        try:
            made = head.want(k)
        except Cancelled:
            return False  # it ended this moment, having waited long enough
        if made is not None:
            self._settle((*order.key, k), made)
        return True

    def _begin(self, order: Order, k: int, user: str) -> None:
        head = Head(order, self._deliver, self._on_ended)
        head.users.add(user)
        self._heads.setdefault(order.key, []).append(head)
        head.want(k)
        head.start()

    def _running(self, order: Order, k: int, user: str) -> Head | None:
        """A head near ``k``, else one that may move there without turning a viewer away."""
        heads = [head for head in self._heads.get(order.key, ()) if not head.is_stopping]
        for head in heads:
            if head.reaches(k):
                head.users.add(user)
                return head
        for head in heads:
            if head.is_free and (head.users <= {user} or _is_left(head)):
                head.users = {user}
                return head
        return None

    def _all_heads(self) -> list[Head]:
        return [head for heads in self._heads.values() for head in heads]

    def _deliver(self, head: Head, k: int, result: Made | Exception) -> None:
        self._on_loop(self._on_made, head, k, result)

    def _on_ended(self, head: Head) -> None:
        self._on_loop(self._remove, head)

    def _on_loop(self, call: Callable[..., None], *args: object) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(call, *args)

    def _on_made(self, head: Head, k: int, result: Made | Exception) -> None:
        self._settle((*head.order.key, k), result)

    def _settle(self, key: tuple[object, ...], result: Made | Exception) -> None:
        future = self._waiting.get(key)
        if future is None or future.done():
            return
        if isinstance(result, Made):
            future.set_result(result)
        else:
            future.set_exception(result)

    def _remove(self, head: Head) -> None:
        heads = self._heads.get(head.order.key, [])
        if head in heads:
            heads.remove(head)
        if not heads:
            self._heads.pop(head.order.key, None)


def _full() -> Busy:
    return Busy("All places to convert video are taken.", retry_after=_RETRY_AFTER)


def _is_left(head: Head) -> bool:
    return head.is_done or time.monotonic() - head.asked_at > _LEFT_AFTER
