"""Running jobs: one of each kind at a time, in the order they were asked for.

The database row is the truth: a job that was queued by another process is found within a second,
and one that a crash interrupted starts again. Progress is told to followers several times a second
and written to the row once a second.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import Any, Self

import msgspec

from mediaserver.errors import Conflict, MediaServerError, NotFound, StorageFull
from mediaserver.ids import JobId
from mediaserver.jobs.models import Job, JobState
from mediaserver.jobs.store import JobStore

log = logging.getLogger(__name__)

POLL_SECONDS = 0.5
TELL_EVERY, SAVE_EVERY = 0.2, 1.0
FOLLOWER_QUEUE = 64
FULL_DISK_RETRY = 5.0


class JobCancelled(Exception):
    """Raised inside a job that somebody cancelled."""


class RunningJob:
    """What the work sees of its job."""

    def __init__(self, job: Job, tell: Callable[[Job], None], store: JobStore) -> None:
        self.job = job
        self.cancelled = False
        self._tell = tell
        self._store = store
        self._told_at = self._saved_at = 0.0
        self._began = time.monotonic()

    @property
    def subject(self) -> str | None:
        return self.job.subject

    @property
    def arguments(self) -> dict[str, Any]:
        return self.job.arguments

    def check(self) -> None:
        if self.cancelled:
            raise JobCancelled

    async def report(
        self,
        progress: float,
        current: str | None = None,
        counts: dict[str, int] | None = None,
    ) -> None:
        """``progress`` 0..1. Raises JobCancelled once the job was cancelled."""
        self.check()
        now = time.monotonic()
        if now - self._told_at < TELL_EVERY and progress < 1:
            return
        elapsed = now - self._began
        self.job = msgspec.structs.replace(
            self.job,
            progress=min(1.0, max(0.0, progress)),
            current=current,
            counts=counts if counts is not None else self.job.counts,
            eta=elapsed * (1 - progress) / progress if progress > 0 and elapsed > 1 else None,
        )
        self._told_at = now
        self._tell(self.job)
        if now - self._saved_at >= SAVE_EVERY:
            self._saved_at = now
            # progress is no reason to fail; the work notices a full disk itself
            with contextlib.suppress(StorageFull):
                await self._store.save(self.job)


JobHandler = Callable[[RunningJob], Awaitable[None]]


class Jobs:
    """Queue, cancel and follow jobs; inside ``async with`` they also run."""

    def __init__(self, store: JobStore, handlers: dict[str, JobHandler]) -> None:
        self._store = store
        self._handlers = handlers
        self._running: dict[str, RunningJob] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._followers: set[asyncio.Queue[Job]] = set()
        self._wake = asyncio.Event()
        self._looking: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._store.requeue_running(list(self._handlers))
        self._looking = asyncio.create_task(self._look(), name="jobs")
        return self

    async def __aexit__(self, *_: object) -> None:
        """Running jobs stop where they are and begin again at the next start."""
        tasks = [task for task in (self._looking, *self._tasks) if task]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def submit(
        self, kind: str, subject: str | None = None, arguments: dict[str, Any] | None = None
    ) -> Job:
        """The new job, or the live one of this kind and subject."""
        job = await self._store.insert(kind, subject, arguments or {})
        self._tell(job)
        self._wake.set()
        return self.live(job)

    async def get(self, job_id: JobId) -> Job:
        job = await self._store.get(job_id)
        if job is None:
            raise NotFound("There is no such job.")
        return self.live(job)

    async def recent(self, state: JobState | None, limit: int, offset: int = 0) -> list[Job]:
        return [self.live(job) for job in await self._store.recent(state, limit, offset)]

    async def count(self, state: JobState | None) -> int:
        return await self._store.count(state)

    def live(self, job: Job) -> Job:
        """``job`` as it stands this moment, ahead of what was last saved."""
        running = self._running.get(job.kind)
        return running.job if running and running.job.id == job.id else job

    async def cancel(self, job_id: JobId) -> Job:
        job = await self.get(job_id)
        running = self._running.get(job.kind)
        if running and running.job.id == job_id:
            running.cancelled = True
        elif not await self._store.cancel_queued(job_id):
            raise Conflict("This job has ended already.", code="job_ended")
        job = await self.get(job_id)
        self._tell(job)
        return job

    @contextlib.contextmanager
    def follow(self) -> Iterator[asyncio.Queue[Job]]:
        """Every change of every job; a follower that is too slow loses the oldest ones."""
        queue: asyncio.Queue[Job] = asyncio.Queue(FOLLOWER_QUEUE)
        self._followers.add(queue)
        try:
            yield queue
        finally:
            self._followers.discard(queue)

    def _tell(self, job: Job) -> None:
        for queue in self._followers:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(job)

    async def _look(self) -> None:
        while True:
            for job in await self._store.queued():
                if job.kind in self._handlers and job.kind not in self._running:
                    self._start(job)
            self._wake.clear()
            # Not wait_for: in Python 3.11 it loses a cancellation that comes with the result.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._wake.wait()

    def _start(self, job: Job) -> None:
        started = msgspec.structs.replace(job, state=JobState.RUNNING, started_at=time.time())
        running = RunningJob(started, self._tell, self._store)
        self._running[job.kind] = running
        task = asyncio.create_task(self._run(running), name=f"job {job.kind}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, running: RunningJob) -> None:
        try:
            await self._save(running.job)
            self._tell(running.job)
            outcome = await self._outcome(running)
            ended = msgspec.structs.replace(
                running.job,
                state=outcome[0],
                error=outcome[1],
                eta=None,
                current=None,
                progress=1.0 if outcome[0] is JobState.DONE else running.job.progress,
                finished_at=time.time(),
            )
            # Stored before it is seen: who sees it ended and asks again must get a new job.
            await self._save(ended)
            running.job = ended
            self._tell(ended)
        finally:
            self._running.pop(running.job.kind, None)
            self._wake.set()

    async def _save(self, job: Job) -> None:
        """As soon as the disk has room: a row that says otherwise would hold up its kind."""
        while True:
            try:
                await self._store.save(job)
            except StorageFull:
                log.warning("job %s waits for room on the disk", job.kind)
                await asyncio.sleep(FULL_DISK_RETRY)
            else:
                return

    async def _outcome(self, running: RunningJob) -> tuple[JobState, str | None]:
        try:
            await self._handlers[running.job.kind](running)
        except JobCancelled:
            return JobState.CANCELLED, None
        except MediaServerError as err:
            return JobState.FAILED, err.detail
        except Exception:
            log.exception("job %s failed", running.job.kind)
            return JobState.FAILED, "An unexpected fault; the server's log has the details."
        return JobState.DONE, None
