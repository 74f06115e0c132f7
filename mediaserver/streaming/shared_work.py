"""Blocking work in threads of its own, done once for all who ask for the same meanwhile."""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

T = TypeVar("T")


class SharedWork:
    def __init__(self, threads: int, name: str) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix=name)
        self._running: dict[Hashable, asyncio.Future[Any]] = {}

    def stop(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """``work``'s result; a client that leaves does not end it for the others."""
        running = self._running.get(key)
        if running is None:
            loop = asyncio.get_running_loop()
            running = loop.run_in_executor(self._threads, work)
            self._running[key] = running
            running.add_done_callback(lambda done: self._ended(key, done))
        return cast("T", await asyncio.shield(running))

    def _ended(self, key: Hashable, done: asyncio.Future[Any]) -> None:
        self._running.pop(key, None)
        if not done.cancelled():
            done.exception()  # whoever still waits is told; a client that left is not missed
