"""A box with fewer places than viewers: who keeps one, who waits for one, who is turned away."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mediaserver.config import Streaming
from mediaserver.errors import Busy
from mediaserver.streaming import places
from mediaserver.streaming.engine import Engine
from tests.media import Film, write_film
from tests.streaming.engine_site import Site, site_of

LONG = Film(seconds=60, tones=())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("places") / "long.mp4", LONG)


@pytest.fixture
async def site(film: Path) -> AsyncIterator[Site]:
    """A single place."""
    async with Engine(Streaming(max_transcodes=1)) as engine:
        yield await site_of(engine, film)


def ask(site: Site, k: int, session: str, name: str = "144p") -> asyncio.Task[float]:
    """When it came."""

    async def data() -> float:
        made = await site.engine.media_segment(
            site.source, site.info, site.plan, site.renditions[name], k, session=session
        )
        assert made.data
        return time.monotonic()

    return asyncio.ensure_future(data())


@asynccontextmanager
async def watching(site: Site, session: str) -> AsyncIterator[None]:
    """Meanwhile ``session`` asks for one segment after the other, faster than it is shown."""

    async def watch() -> None:
        for k in itertools.cycle(range(10)):
            await ask(site, k, session)
            await asyncio.sleep(0.2)

    await ask(site, 0, session)
    task = asyncio.ensure_future(watch())
    try:
        yield
        assert not task.done(), "whoever watches keeps the place"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_who_was_just_served_keeps_the_place_for_a_moment_and_no_longer(site: Site) -> None:
    served = await ask(site, 0, "one")
    came = await ask(site, 15, "two")
    assert places.YIELDS_AFTER <= came - served < places.PATIENCE


async def test_the_last_segment_frees_the_place_at_once(site: Site) -> None:
    served = await ask(site, len(site.plan.cuts) - 2, "one")
    assert await ask(site, 10, "two") - served < places.YIELDS_AFTER


async def test_while_the_others_watch_who_comes_last_is_told_to_come_back(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "PATIENCE", 1.5)
    async with watching(site, "one"):
        began = time.monotonic()
        with pytest.raises(Busy) as busy:
            await ask(site, 16, "two")
        assert 1.5 <= time.monotonic() - began < 3
        assert busy.value.retry_after > 0


async def test_a_session_that_ends_lets_in_who_waits_in_the_order_they_came(site: Site) -> None:
    await ask(site, 0, "one")
    second, third = ask(site, 12, "two"), ask(site, 20, "three")
    await asyncio.sleep(0.2)
    assert not second.done()
    began = time.monotonic()
    site.engine.release("one")
    assert await second - began < places.YIELDS_AFTER
    assert not third.done()
    assert await third > await second


async def test_all_that_a_session_waits_for_comes_with_its_place(site: Site) -> None:
    await ask(site, 0, "one")
    waiting = [ask(site, k, "two") for k in (12, 20)]
    await asyncio.sleep(0)
    site.engine.release("one")
    came = await asyncio.gather(*waiting)
    assert max(came) - min(came) < places.YIELDS_AFTER


async def test_who_leaves_the_queue_takes_no_place(site: Site) -> None:
    await ask(site, 0, "one")
    leaves, stays = ask(site, 12, "two"), ask(site, 20, "three")
    await asyncio.sleep(0.2)
    leaves.cancel()
    began = time.monotonic()
    site.engine.release("one")
    assert await stays - began < places.YIELDS_AFTER
    assert {name for head in site.engine._all_heads() for name in head.users} == {"three"}


async def test_two_who_wait_for_the_same_segment_both_get_it(site: Site) -> None:
    await ask(site, 0, "one")
    first, second = ask(site, 12, "two"), ask(site, 12, "three")
    await asyncio.sleep(0.2)
    first.cancel()
    site.engine.release("one")
    await second
