"""Heads and places: made once, never further ahead than three, dropped when nobody waits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mediaserver.config import Streaming
from mediaserver.errors import MediaServerError, NotFound, Unplayable
from mediaserver.streaming.engine import Engine
from mediaserver.streaming.heads import RUN_AHEAD, Head
from mediaserver.streaming.makers import Order
from mediaserver.streaming.models import Made
from tests.media import Film, write_film
from tests.streaming.engine_site import Site, site_of, source_of
from tests.streaming.test_gate import timing

LONG = Film(seconds=40, bframes=2, tones=())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("engine") / "long.mp4", LONG)


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine(Streaming(max_transcodes=2)) as running:
        yield running


def ask(site: Site, k: int, session: str = "", name: str = "144p") -> asyncio.Task[bytes]:
    async def data() -> bytes:
        made = await site.engine.media_segment(
            site.source, site.info, site.plan, site.renditions[name], k, session=session
        )
        return made.data

    return asyncio.ensure_future(data())


async def until(holds: Callable[[], bool], seconds: float = 10.0) -> None:
    async with asyncio.timeout(seconds):
        while not holds():  # noqa: ASYNC110 - the head is a thread, it has no event for this
            await asyncio.sleep(0.01)


def heads(engine: Engine) -> list[Head]:
    return engine._all_heads()


async def test_a_segment_asked_for_ten_times_is_made_once(engine: Engine, film: Path) -> None:
    site = await site_of(engine, film)
    answers = await asyncio.gather(*(ask(site, 5, f"viewer {n}") for n in range(10)))
    assert all(answer is answers[0] for answer in answers)
    assert len(heads(engine)) == 1


async def test_one_who_leaves_does_not_take_the_segment_from_others(
    engine: Engine, film: Path
) -> None:
    site = await site_of(engine, film)
    leaves, stays = ask(site, 4), ask(site, 4)
    await asyncio.sleep(0)
    leaves.cancel()
    assert len(await stays) > 1000


async def test_a_head_runs_three_segments_ahead_and_then_waits(engine: Engine, film: Path) -> None:
    site = await site_of(engine, film)
    await ask(site, 2)
    (head,) = heads(engine)
    await until(lambda: 2 + RUN_AHEAD in head._ready)
    await asyncio.sleep(0.3)
    assert sorted(head._ready) == [2, 3, 4, 5]
    assert head._working is None


async def test_a_seek_drops_what_nobody_waits_for(engine: Engine, film: Path) -> None:
    site = await site_of(engine, film)
    await ask(site, 0, "me")
    (head,) = heads(engine)
    await until(lambda: head._working is not None)
    began = time.monotonic()
    await ask(site, 15, "me")
    assert heads(engine) == [head], "the same head moves"
    assert time.monotonic() - began < 5
    assert 15 in head._ready
    assert not {4, 5, 6} & set(head._ready)


async def test_two_viewers_at_two_places_have_two_heads(engine: Engine, film: Path) -> None:
    site = await site_of(engine, film)
    await asyncio.gather(ask(site, 0, "one"), ask(site, 12, "two"))
    assert len(heads(engine)) == 2
    await asyncio.gather(ask(site, 1, "one"), ask(site, 13, "two"))
    assert len(heads(engine)) == 2


async def test_copies_need_no_place(engine: Engine, film: Path) -> None:
    site = await site_of(engine, film)
    places = (0, 4, 8, 12, 16)
    made = await asyncio.gather(*(ask(site, k, f"viewer {k}", "original") for k in places))
    assert all(made)


async def test_an_idle_head_ends(film: Path) -> None:
    async with Engine(Streaming()) as engine:
        site = await site_of(engine, film)
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    head = Head(
        Order(site.source, site.info, site.plan, site.renditions["original"]),
        lambda *_: None,
        lambda _: (loop.call_soon_threadsafe(ended.set), None)[1],
        idle_seconds=0.1,
    )
    head.start()
    head.want(0)
    async with asyncio.timeout(5):
        await ended.wait()
    assert 0 in head._ready


async def test_a_segment_that_does_not_exist_is_not_found(engine: Engine, film: Path) -> None:
    site = await site_of(engine, film)
    for k in (-1, len(site.plan.cuts) - 1):
        with pytest.raises(NotFound):
            await ask(site, k)


async def test_a_file_that_went_away_is_said_so_and_nothing_hangs(
    engine: Engine, tmp_path: Path
) -> None:
    path = write_film(tmp_path / "gone.mkv", Film(seconds=4))
    site = await site_of(engine, path)
    path.unlink()
    for name in site.renditions:
        with pytest.raises(Unplayable) as why:
            async with asyncio.timeout(10):
                await ask(site, 0, name=name)
        assert why.value.reason == "vanished"


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi"])
async def test_a_film_that_breaks_off_plays_to_its_break(
    engine: Engine, tmp_path: Path, suffix: str
) -> None:
    codec = "mpeg4" if suffix == "avi" else "h264"
    options = {"movflags": "faststart"} if suffix == "mp4" else {}
    path = tmp_path / f"whole.{suffix}"
    write_film(path, Film(seconds=12, codec=codec, options=options))
    broken = tmp_path / f"broken.{suffix}"
    broken.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    site = await site_of(engine, broken)
    assert 5 < site.plan.cuts[-1] / 90_000 < 9
    for name in site.renditions:
        for k in (0, len(site.durations(name)) // 2, len(site.durations(name)) - 1):
            assert len(await ask(site, k, name=name)) > 100


@pytest.mark.parametrize("seed", range(6))
async def test_damaged_bytes_neither_crash_nor_hang(
    engine: Engine, tmp_path: Path, seed: int
) -> None:
    suffix = ("mp4", "mkv", "ts")[seed % 3]
    path = write_film(tmp_path / f"damaged.{suffix}", Film(seconds=6, bframes=2))
    data = bytearray(path.read_bytes())
    site = await site_of(engine, path)
    for n in range(200):
        data[2_000 + (n * 7_919 * (seed + 1)) % (len(data) - 2_000)] ^= 0x55
    path.write_bytes(data)
    site.source = source_of(path)
    for name in site.renditions:
        for k in range(len(site.durations(name))):
            try:
                async with asyncio.timeout(30):
                    await ask(site, k, name=name)
            except MediaServerError:
                pass


async def test_haste_after_a_seek_changes_the_picture_and_not_the_times(
    engine: Engine, film: Path
) -> None:
    site = await site_of(engine, film)

    async def made(k: int) -> Made:
        rendition = site.renditions["144p"]
        return await engine.media_segment(site.source, site.info, site.plan, rendition, k)

    hasty = await made(7)
    for k in range(2, 7):
        last = await made(k)
    assert last.final
    steady = await made(7)
    assert not hasty.final
    assert steady.final
    assert timing(hasty.data) == timing(steady.data)
    assert hasty.data != steady.data
