"""Probing many files at once, in threads that yield to everything else the box does.

One hanging file costs its own time and one thread, never the scan: after its grace it is given up
and a new pool takes its place.
"""

import asyncio
import logging
import os
import threading
from collections.abc import AsyncGenerator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from mediaserver.errors import Unplayable
from mediaserver.library.changes import Named
from mediaserver.library.models import MediaInfo
from mediaserver.library.probe import probe

log = logging.getLogger(__name__)

NICE = 10
GRACE = 1.5
"""A decoder that hangs between two reads is given up after this many times its timeout."""

Outcome = MediaInfo | Unplayable


class Task(msgspec.Struct, frozen=True):
    named: Named
    root: Path
    path: Path


class ProbePool:
    def __init__(self, workers: int, timeout: float) -> None:
        self._workers = workers or os.cpu_count() or 1
        self._timeout = timeout
        self._stopped = threading.Event()
        self._threads = self._new_threads()

    def close(self) -> None:
        """Readers stop at their next read; nothing is waited for."""
        self._stopped.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def read(self, tasks: Iterable[Task]) -> AsyncGenerator[tuple[Task, Outcome], None]:
        """Each task with its outcome, in the order they end."""
        waiting: Iterator[Task] = iter(tasks)
        running: set[asyncio.Task[tuple[Task, Outcome]]] = set()
        try:
            while True:
                while len(running) < self._workers and (task := next(waiting, None)) is not None:
                    running.add(asyncio.create_task(self._one(task), name="probe"))
                if not running:
                    return
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for ended in done:
                    yield ended.result()
        finally:
            for left in running:
                left.cancel()

    async def _one(self, task: Task) -> tuple[Task, Outcome]:
        loop = asyncio.get_running_loop()
        reading = loop.run_in_executor(self._threads, self._probe, task)
        try:
            return task, await asyncio.wait_for(reading, self._timeout * GRACE + 1)
        except TimeoutError:
            log.warning("%s: gave up reading; a decoder hangs", task.path)
            self._threads.shutdown(wait=False)
            self._threads = self._new_threads()
            return task, Unplayable("Reading the file hangs.", code="too_slow")

    def _probe(self, task: Task) -> Outcome:
        try:
            return probe(task.path, task.root, self._timeout, self._stopped.is_set)
        except Unplayable as err:
            return err
        except Exception:
            if self._stopped.is_set():
                # whatever breaks when the reading is stopped: nobody waits for it any more
                return Unplayable("The scan was stopped.", code="stopped")
            log.exception("%s: could not be read", task.path)
            return Unplayable("Reading the file failed in an unexpected way.", code="unexpected")

    def _new_threads(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._workers, "probe", initializer=be_nice)


def be_nice() -> None:
    """Linux gives each thread its own niceness, and codec threads inherit it."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), NICE)
