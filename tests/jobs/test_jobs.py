"""Jobs: one at a time of a kind, followed live, cancelled, and started again after a crash."""

import asyncio
from pathlib import Path

import pytest

from mediaserver.db import open_database
from mediaserver.errors import Unplayable
from mediaserver.ids import JobId
from mediaserver.jobs import Job, JobCancelled, Jobs, JobState, JobStore, RunningJob


async def ended(jobs: Jobs, job: Job) -> Job:
    async with asyncio.timeout(5):
        while not (found := await jobs.get(job.id)).state.ended:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


@pytest.fixture
async def db(tmp_path: Path):
    async with open_database(tmp_path / "a.db") as opened:
        yield opened


async def test_a_job_runs_reports_and_is_done(db) -> None:
    async def work(job: RunningJob) -> None:
        await job.report(0.5, "half", {"seen": 5})
        await job.report(1.0, "all", {"seen": 10})

    async with Jobs(JobStore(db), {"scan": work}) as jobs:
        with jobs.follow() as changes:
            job = await ended(jobs, await jobs.submit("scan", "lib"))
            seen = [changes.get_nowait() for _ in range(changes.qsize())]
    assert job.state is JobState.DONE
    assert job.counts == {"seen": 10}
    assert job.progress == 1.0
    assert seen[0].state is JobState.QUEUED
    assert 0.5 in [one.progress for one in seen]


async def test_asking_twice_gives_the_same_job(db) -> None:
    release = asyncio.Event()

    async def work(job: RunningJob) -> None:
        await release.wait()

    async with Jobs(JobStore(db), {"scan": work}) as jobs:
        first = await jobs.submit("scan", "lib")
        await asyncio.sleep(0.05)
        assert (await jobs.submit("scan", "lib")).id == first.id
        other = await jobs.submit("scan", "other")
        assert other.id != first.id
        release.set()
        assert (await ended(jobs, other)).state is JobState.DONE
        assert (await jobs.submit("scan", "lib")).id != first.id


async def test_failures_say_why(db) -> None:
    async def expected(job: RunningJob) -> None:
        raise Unplayable("It is no film.")

    async def unexpected(job: RunningJob) -> None:
        raise KeyError("secret")

    async with Jobs(JobStore(db), {"a": expected, "b": unexpected}) as jobs:
        one = await ended(jobs, await jobs.submit("a"))
        two = await ended(jobs, await jobs.submit("b"))
    assert (one.state, one.error) == (JobState.FAILED, "It is no film.")
    assert two.state is JobState.FAILED
    assert two.error is not None
    assert "secret" not in two.error


async def test_a_job_can_be_cancelled_queued_or_running(db) -> None:
    async def work(job: RunningJob) -> None:
        while True:
            await job.report(0.1)
            await asyncio.sleep(0.01)

    async with Jobs(JobStore(db), {"scan": work}) as jobs:
        running, queued = await jobs.submit("scan", "a"), await jobs.submit("scan", "b")
        await asyncio.sleep(0.05)
        assert (await jobs.cancel(queued.id)).state is JobState.CANCELLED
        await jobs.cancel(running.id)
        assert (await ended(jobs, running)).state is JobState.CANCELLED


async def test_what_a_crash_interrupted_runs_again(db) -> None:
    runs: list[str] = []

    async def hangs(job: RunningJob) -> None:
        runs.append("hangs")
        await asyncio.sleep(60)

    async def works(job: RunningJob) -> None:
        runs.append("works")

    async with Jobs(JobStore(db), {"scan": hangs}) as jobs:
        job = await jobs.submit("scan")
        await asyncio.sleep(0.05)
    async with Jobs(JobStore(db), {"scan": works}) as jobs:
        assert (await ended(jobs, job)).state is JobState.DONE
    assert runs == ["hangs", "works"]


async def test_a_cancelled_job_raises_inside(db) -> None:
    job = RunningJob(Job(JobId("x"), "scan", JobState.RUNNING, 0.0), lambda _: None, JobStore(db))
    job.cancelled = True
    with pytest.raises(JobCancelled):
        await job.report(0.5)


async def test_a_follow_up_waits_behind_the_one_that_runs(db) -> None:
    release, runs = asyncio.Event(), []

    async def work(job: RunningJob) -> None:
        runs.append(job.job.id)
        await release.wait()

    store = JobStore(db)
    async with Jobs(store, {"posters": work}) as jobs:
        first = await jobs.submit("posters")
        async with asyncio.timeout(5):
            while not runs:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        second = await store.insert("posters", None, {}, follow_up=True)
        assert second.id != first.id
        assert (await store.insert("posters", None, {}, follow_up=True)).id == second.id
        assert len(runs) == 1
        release.set()
        assert (await ended(jobs, second)).state is JobState.DONE
    assert runs == [first.id, second.id]


async def test_after_a_crash_one_run_stands_for_the_interrupted_and_the_waiting(db) -> None:
    runs = []

    async def hangs(job: RunningJob) -> None:
        runs.append(job.job.id)
        await asyncio.sleep(60)

    async def works(job: RunningJob) -> None:
        runs.append(job.job.id)

    store = JobStore(db)
    async with Jobs(store, {"posters": hangs}) as jobs:
        first = await jobs.submit("posters")
        async with asyncio.timeout(5):
            while not runs:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        await store.insert("posters", None, {}, follow_up=True)
    async with Jobs(store, {"posters": works}) as jobs:
        assert (await ended(jobs, first)).state is JobState.DONE
        await asyncio.sleep(0.05)
        assert await jobs.count(None) == 1
    assert runs == [first.id, first.id]
