"""A full disk costs what does not fit and nothing else, and is forgotten once there is room."""

import asyncio
import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urljoin

import pytest
from aiohttp.test_utils import TestClient, TestServer

from mediaserver.accounts import Role
from mediaserver.app import build_app
from mediaserver.catalog import Query
from mediaserver.config import Config
from mediaserver.db import Database, open_database
from mediaserver.errors import MediaServerError, StorageFull
from mediaserver.history import History
from mediaserver.ids import ItemId
from mediaserver.jobs import Job, Jobs, JobState, JobStore, RunningJob, runner
from mediaserver.services import Services, open_services
from mediaserver.streaming.cache import SegmentCache
from mediaserver.streaming.disk_shelf import DiskShelf
from tests.conftest import PASSWORD
from tests.durability.house import RENDITION, SEGMENT, boxes
from tests.media import Film, write_film
from tests.scanned import viewer
from tests.server import command_line

Disk = Callable[[str, str], Path]
PAGE = 4096


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Disk]:
    """Called with a folder's name and a size, mounts a disk of that size there."""
    mounted: list[Path] = []

    def mount(name: str, size: str) -> Path:
        folder = tmp_path / name
        folder.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"this user may not mount a small disk: {done.stderr.strip()}")
        mounted.append(folder)
        return folder

    yield mount
    for folder in mounted:
        subprocess.run(["umount", str(folder)], check=True)


def fill(folder: Path, leave: int = 0) -> Path:
    """A file that takes all but ``leave`` bytes."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        os.posix_fallocate(file.fileno(), 0, shutil.disk_usage(folder).free - leave)
    return filler


# ---- the cache --------------------------------------------------------------------------------


async def test_a_full_cache_disk_serves_each_segment_whole_or_not_from_disk(
    small_disk: Disk,
) -> None:
    """With more room promised than there is, so that every write may meet the end of the disk."""
    folder = small_disk("cache", "1m")
    refused = tried = 0
    for leave in range(0, 40 * PAGE, PAGE):
        filler = fill(folder, leave)
        shelf = DiskShelf(folder / "segments", 100_000_000, 0, lambda _: 1 << 40)
        try:
            shelf.take_stock()
        except OSError:
            continue
        for n in range(6):
            key, data = f"{n:02d}{leave}", os.urandom(20_000 + 1000 * n)
            tried += 1
            stored = shelf.write(key, data)
            refused += not stored
            assert shelf.read(key) == (data if stored else None)
        assert not list(folder.rglob("*.tmp"))
        filler.unlink()
        assert shelf.write("afterwards", b"room")
        assert shelf.read("afterwards") == b"room"
        shutil.rmtree(folder / "segments")
    assert 0 < refused < tried
    print(f"{tried} segments written to a full disk: {refused} refused, 0 bad")


async def test_memory_serves_what_the_full_disk_did_not_take(small_disk: Disk) -> None:
    folder = small_disk("cache", "1m")
    filler = fill(folder)
    async with SegmentCache(
        folder / "segments", memory_bytes=1 << 20, disk_bytes=1 << 30, free_floor=0
    ) as cache:
        cache.put("aa", b"segment" * 9000)
        await asyncio.sleep(0.05)
        found = await cache.get("aa")
        assert found
        assert found.data == b"segment" * 9000
        assert cache.disk_used == 0
    filler.unlink()


async def test_playback_and_pictures_go_on_while_the_cache_disk_is_full(
    small_disk: Disk, config: Config
) -> None:
    cache = small_disk("storage/cache", "2m")
    film = Path(config.storage.root) / "library" / "movies" / "Film (2001).mp4"
    film.parent.mkdir(parents=True)
    write_film(film, Film(seconds=18))
    filler = fill(cache)
    async with open_services(config) as services:
        for library in await services.library.libraries():
            await services.scanner.scan(library.id)
        job = await _ended(services, "posters")
        assert job.state is JobState.DONE
        assert (job.counts["failed"], job.counts["pictures"]) == (1, 0)
        async with TestClient(TestServer(build_app(services))) as client:
            await services.accounts.add_user("ada", PASSWORD, Role.OWNER)
            await _sign_in(client)
            urls = await _segments(client, await _item(services))
            assert len(urls) > 5
            # twice, for the second time comes out of memory
            for url in urls * 2:
                assert {"moov", "mdat"} & set(boxes(await _fetch(client, url)))
        filler.unlink()
        assert (await _ended(services, "posters")).counts["failed"] == 0
        card = (await services.catalog.page(viewer(), Query())).items[0]
        filler = fill(cache)
        async with TestClient(TestServer(build_app(services))) as client:
            await _sign_in(client)
            for width in (160, 320):
                picture = await _fetch(client, f"{card.images['thumb'].url}&width={width}")
                assert picture.startswith(b"RIFF")


# ---- the database -----------------------------------------------------------------------------


async def test_a_full_data_disk_is_said_clearly_and_forgotten_once_there_is_room(
    small_disk: Disk, config: Config
) -> None:
    """At every amount of room left, in pages; what was acknowledged stays."""
    data = small_disk("storage/data", "6m")
    film = Path(config.storage.root) / "library" / "movies" / "Film (2001).mp4"
    film.parent.mkdir(parents=True)
    write_film(film, Film(seconds=12))
    acked = refused = 0
    async with (
        open_services(config) as services,
        TestClient(TestServer(build_app(services))) as client,
    ):
        await services.accounts.add_user("ada", PASSWORD, Role.OWNER)
        await _sign_in(client)
        for library in await services.library.libraries():
            await services.scanner.scan(library.id)
        item = await _item(services)
        urls = await _segments(client, item)
        for leave in range(24):
            filler = fill(data, leave * PAGE)
            full = False
            for _ in range(400):
                acked += 1
                response = await client.put(f"/api/items/{item}/rating", json={"rating": acked % 9})
                if full := response.status != 200:
                    acked -= 1
                    break
            assert full
            refused += 1
            problem = await response.json()
            assert (response.status, problem["code"]) == (507, "storage_full"), problem
            assert response.content_type == "application/problem+json"
            assert (await client.get("/api/items")).status == 200
            await _fetch(client, urls[leave % len(urls)])
            filler.unlink()
        job = await _ended(services, "scan", (await services.library.libraries())[0].id)
        assert job.state is JobState.DONE
        (count,) = await services.db.all(int, "SELECT count(*) FROM watch_events")
        assert count == acked
    with closing(sqlite3.connect(data / "mediaserver.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    print(f"{refused} times full: {acked} acknowledged, 0 lost, each time well again")


async def test_a_job_that_ends_while_the_disk_is_full_is_done_once_there_is_room(
    small_disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "FULL_DISK_RETRY", 0.1)
    disk, release = small_disk("data", "4m"), asyncio.Event()

    async def work(job: RunningJob) -> None:
        await release.wait()

    async with (
        open_database(disk / "a.db") as db,
        Jobs(JobStore(db), {"scan": work}) as jobs,
    ):
        job = await jobs.submit("scan")
        await _state(jobs, job, JobState.RUNNING)
        filler = fill(disk)
        with pytest.raises(StorageFull):
            await _rate_for_ever(db)
        release.set()
        await asyncio.sleep(0.3)
        assert (await jobs.get(job.id)).state is JobState.RUNNING
        stored = await db.value("SELECT state FROM jobs WHERE id = ?", job.id)
        assert stored == JobState.RUNNING
        filler.unlink()
        await _state(jobs, job, JobState.DONE)
        again = await jobs.submit("scan")
        assert again.id != job.id
        await _state(jobs, again, JobState.DONE)


async def test_a_start_on_a_full_disk_works_or_says_so(small_disk: Disk, config: Config) -> None:
    data = small_disk("storage/data", "4m")
    root = Path(config.storage.root)
    async with open_services(config):
        pass
    worked = 0
    for leave in range(12):
        filler = fill(data, leave * PAGE)
        try:
            async with open_services(config):
                worked += 1
        except MediaServerError as err:
            assert re.search("full|No space left", err.detail), err.detail  # noqa: PT017
        filler.unlink()
    assert 0 < worked < 12
    filler = fill(data)
    refused = command_line("library", "list", root=root)
    filler.unlink()
    assert refused.returncode == 1
    assert refused.stderr == (
        f"mediaserver: {data / 'mediaserver.db'} cannot be opened: its disk is full.\n"
    )
    async with open_services(config) as services:
        assert len(await services.library.libraries()) == 3


# ---- what the tests above do -------------------------------------------------------------------


async def _ended(services: Services, kind: str, subject: str | None = None) -> Job:
    job = await services.jobs.submit(kind, subject)
    async with asyncio.timeout(30):
        while not (job := await services.jobs.get(job.id)).state.ended:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    return job


async def _rate_for_ever(db: Database) -> None:
    history = History(db)
    while True:
        await history.set_rating(viewer(), ItemId("film"), 1.0)


async def _state(jobs: Jobs, job: Job, wanted: JobState) -> None:
    async with asyncio.timeout(10):
        while (await jobs.get(job.id)).state is not wanted:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def _sign_in(client: TestClient) -> None:
    body = {"username": "ada", "password": PASSWORD}
    response = await client.post("/api/auth/login", json=body)
    assert response.status == 200
    token = (await response.json())["access_token"]
    client.session.cookie_jar.clear()
    client.session.headers["Authorization"] = f"Bearer {token}"


async def _item(services: Services) -> str:
    return (await services.catalog.page(viewer(), Query())).items[0].id


async def _segments(client: TestClient, item: str) -> list[str]:
    """The addresses of a new session's segments, those of the picture encoded anew."""
    response = await client.post(f"/api/items/{item}/playback", json={"max_height": 120})
    assert response.status == 200
    index = (await response.json())["hls_url"]
    found = []
    for name in RENDITION.finditer((await _fetch(client, index)).decode()):
        playlist = urljoin(index, name[1] or name[0])
        text = (await _fetch(client, playlist)).decode()
        found += [urljoin(playlist, one) for one in ["init.mp4", *SEGMENT.findall(text)]]
    return found


async def _fetch(client: TestClient, url: str) -> bytes:
    response = await client.get(url)
    assert response.status == 200, (url, await response.text())
    return await response.read()
