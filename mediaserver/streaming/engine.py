"""Segments on demand: the asynchronous surface of cutting.

Any segment can be asked for in any order, after any restart; heads only make that fast and
bounded. Asked for twice at the same time, a segment is made once. Encoding video takes one of a
limited number of places; all renditions of one playback session share its place, and a session
that has not asked for a while gives its place up.
"""

import asyncio
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import TracebackType
from typing import Any, Self

import msgspec

from mediaserver.config import Streaming
from mediaserver.errors import Busy, NotFound
from mediaserver.library import MediaInfo
from mediaserver.streaming.heads import Head
from mediaserver.streaming.makers import Order, Rendition, make_init
from mediaserver.streaming.models import Plan, Source
from mediaserver.streaming.plan import make_plan
from mediaserver.streaming.reader import Cancelled

_SEGMENT_SECONDS = 90.0
_JOIN_SECONDS = 3.0
_YIELDS_AFTER = 6.0
_RETRY_AFTER = 5.0
_INITS = 512


class Made(msgspec.Struct, frozen=True):
    """One media segment; not ``final`` when a steadier encode would look better."""

    data: bytes
    final: bool = True


class Engine:
    """Makes plans, init segments and media segments in threads of its own."""

    def __init__(self, config: Streaming) -> None:
        self._limit = config.max_transcodes or max(2, os.cpu_count() or 2)
        self._pool = ThreadPoolExecutor(4, thread_name_prefix="cut")
        self._heads: dict[tuple[object, ...], list[Head]] = {}
        self._waiting: dict[tuple[object, ...], asyncio.Future[bytes]] = {}
        self._waiters: dict[tuple[object, ...], int] = {}
        self._once: dict[tuple[object, ...], asyncio.Future[Any]] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.get_running_loop()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
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
        """Segment ``k`` of ``rendition``; raises Busy when no place to encode is free.

        ``session`` names who asks: its renditions share one place, and a seek of one session does
        not disturb another.
        """
        order = Order(source, info, plan, rendition)
        if not 0 <= k < order.count:
            raise NotFound("There is no such segment.")
        key = (*order.key, k)
        future = self._waiting.get(key)
        if future is None:
            data = self._want(order, k, session)
            if data is not None:
                return Made(data)
            future = asyncio.get_running_loop().create_future()
            self._waiting[key] = future
            future.add_done_callback(partial(self._settled, key))
        self._waiters[key] = self._waiters.get(key, 0) + 1
        try:
            async with asyncio.timeout(_SEGMENT_SECONDS):
                return Made(await asyncio.shield(future))
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

    def _settled(self, key: tuple[object, ...], future: asyncio.Future[bytes]) -> None:
        if self._waiting.get(key) is future:
            del self._waiting[key]
        if not future.cancelled():
            future.exception()

    def release(self, session: str) -> None:
        """``session`` is over: heads that only it used end, and its place is free."""
        for head in self._all_heads():
            head.users.discard(session)
            if not head.users and head.is_free:
                head.stop()

    # ---- heads -------------------------------------------------------------------------------

    def _want(self, order: Order, k: int, session: str) -> bytes | None:
        """Put ``k`` to the head that gets there soonest; the segment when it is ready."""
        user = session or str(order.source.file_id)
        head = self._running(order, k, user)
        if head is not None:
            try:
                return head.want(k)
            except Cancelled:
                pass  # it ended this moment, having waited long enough
        if order.encodes_video:
            self._take_place(user)
        head = Head(order, self._deliver, self._on_ended)
        head.users.add(user)
        self._heads.setdefault(order.key, []).append(head)
        head.want(k)
        head.start()
        return None

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

    def _take_place(self, user: str) -> None:
        encoding = [head for head in self._all_heads() if head.order.encodes_video]
        active = {name for head in encoding if not head.is_stopping for name in head.users}
        if user in active or len(active) < self._limit:
            return
        for head in sorted(encoding, key=lambda head: head.asked_at):
            if head.is_free and _is_left(head):
                head.stop()
                active -= head.users
                if len(active) < self._limit:
                    return
        raise Busy("All places to convert video are taken.", retry_after=_RETRY_AFTER)

    def _all_heads(self) -> list[Head]:
        return [head for heads in self._heads.values() for head in heads]

    def _deliver(self, head: Head, k: int, result: bytes | Exception) -> None:
        self._on_loop(self._on_made, head, k, result)

    def _on_ended(self, head: Head) -> None:
        self._on_loop(self._remove, head)

    def _on_loop(self, call: Callable[..., None], *args: object) -> None:
        loop = self._loop
        if loop is not None and not loop.is_closed():
            loop.call_soon_threadsafe(call, *args)

    def _on_made(self, head: Head, k: int, result: bytes | Exception) -> None:
        future = self._waiting.get((*head.order.key, k))
        if future is None or future.done():
            return
        if isinstance(result, bytes):
            future.set_result(result)
        else:
            future.set_exception(result)

    def _remove(self, head: Head) -> None:
        heads = self._heads.get(head.order.key, [])
        if head in heads:
            heads.remove(head)
        if not heads:
            self._heads.pop(head.order.key, None)


def _is_left(head: Head) -> bool:
    return head.is_done or time.monotonic() - head.asked_at > _YIELDS_AFTER
