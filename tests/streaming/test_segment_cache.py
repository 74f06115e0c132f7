"""Segments kept under hard caps, whole or not at all."""

import asyncio
import errno
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from mediaserver.ids import FileId
from mediaserver.streaming.cache import SegmentCache, rendition_key
from mediaserver.streaming.disk_shelf import DiskShelf
from mediaserver.streaming.models import AudioRendition, Source, VideoRendition
from tests.streaming.films import planned

KILO = b"x" * 1000
TRAILER = 16
SOURCE = Source(FileId("f"), "/m", "/m/a.mkv", 10, 20)
VIDEO = VideoRendition("720p", 0, copy=False, width=1280, height=720, peak_bit_rate=2,
                       average_bit_rate=1, codec_string="avc1.64001F")  # fmt: skip
AUDIO = AudioRendition("audio-1-copy", 1, copy=True, channels=2, bit_rate=1, codec_string="x")


def on_disk(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def plenty(_: Path) -> int:
    return 1 << 40


def test_all_that_changes_the_bytes_changes_the_key_and_names_do_not() -> None:
    plan = planned()
    keys = {
        rendition_key(SOURCE, plan, VIDEO),
        rendition_key(replace(SOURCE, size=11), plan, VIDEO),
        rendition_key(replace(SOURCE, mtime_ns=21), plan, VIDEO),
        rendition_key(replace(SOURCE, file_id=FileId("g")), plan, VIDEO),
        rendition_key(SOURCE, replace(plan, version=2), VIDEO),
        rendition_key(SOURCE, replace(plan, cuts=plan.cuts[1:]), VIDEO),
        rendition_key(SOURCE, plan, replace(VIDEO, height=718)),
        rendition_key(SOURCE, plan, AUDIO),
    }
    assert len(keys) == 8
    named = replace(AUDIO, title="English", language="en", default=True)
    assert rendition_key(SOURCE, plan, named) == rendition_key(SOURCE, plan, AUDIO)
    moved = replace(SOURCE, path="/m/b.mkv")
    assert rendition_key(moved, plan, VIDEO) == rendition_key(SOURCE, plan, VIDEO)


async def test_memory_forgets_what_was_used_longest_ago_and_never_exceeds_its_cap() -> None:
    async with SegmentCache(None, memory_bytes=3500) as cache:
        for name in "abc":
            cache.put(name, KILO)
        assert cache.hot("a") is not None
        cache.put("d", KILO)
        assert cache.memory_used == 3000
        assert cache.hot("b") is None
        assert cache.hot("a") is not None
        cache.put("a", KILO * 2)
        assert cache.memory_used <= 3500
        cache.put("huge", KILO * 4)
        assert cache.hot("huge") is None
        assert cache.hot("a") is not None


async def test_what_was_made_before_a_restart_is_found_again(tmp_path: Path) -> None:
    async with SegmentCache(tmp_path, memory_bytes=9000, disk_bytes=9000, free_floor=0) as cache:
        etag = cache.put("ab", KILO).etag
        async with asyncio.timeout(5):
            while on_disk(tmp_path) != 1000 + TRAILER:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.005)
    async with SegmentCache(tmp_path, memory_bytes=9000, disk_bytes=9000, free_floor=0) as cache:
        assert cache.hot("ab") is None
        found = await cache.get("ab")
        assert found is not None
        assert (found.data, found.etag) == (KILO, etag)
        assert cache.hot("ab") is not None


def test_disk_never_exceeds_its_cap_and_forgets_the_least_recently_used(tmp_path: Path) -> None:
    shelf = DiskShelf(tmp_path, cap=5 * (1000 + TRAILER), free_floor=0, free_bytes=plenty)
    shelf.take_stock()
    for n in range(20):
        assert shelf.write(f"{n:02}", KILO)
        shelf.read("00")
        assert on_disk(tmp_path) == shelf.used <= 5 * (1000 + TRAILER)
    assert shelf.read("00") == KILO
    assert shelf.read("15") is None
    assert shelf.read("19") == KILO
    assert not shelf.write("big", KILO * 6)
    assert shelf.read("19") == KILO


def test_a_smaller_cap_is_kept_from_the_start(tmp_path: Path) -> None:
    shelf = DiskShelf(tmp_path, cap=100_000, free_floor=0, free_bytes=plenty)
    shelf.take_stock()
    for n in range(10):
        shelf.write(f"{n:02}", KILO)
        os.utime(tmp_path / f"{n:02}" / f"{n:02}.segment", (n, n))
    smaller = DiskShelf(tmp_path, cap=3 * (1000 + TRAILER), free_floor=0, free_bytes=plenty)
    smaller.take_stock()
    assert on_disk(tmp_path) == smaller.used == 3 * (1000 + TRAILER)
    assert smaller.has("09")


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied", "zeroed"])
def test_a_torn_file_is_made_again_and_never_served(tmp_path: Path, damage: str) -> None:
    shelf = DiskShelf(tmp_path, cap=9000, free_floor=0, free_bytes=plenty)
    shelf.take_stock()
    shelf.write("ab", KILO)
    path = tmp_path / "ab" / "ab.segment"
    whole = path.read_bytes()
    torn = {
        "truncated": whole[:700],
        "flipped": b"y" + whole[1:],
        "emptied": b"",
        "zeroed": bytes(len(whole)),
    }
    path.write_bytes(torn[damage])
    assert shelf.read("ab") is None
    assert not path.exists()
    assert shelf.used == 0
    assert shelf.write("ab", KILO)


def test_half_written_files_of_an_earlier_run_are_removed(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    (tmp_path / "ab" / "abc.1234.tmp").write_bytes(KILO)
    (tmp_path / "ab" / "stranger.txt").write_bytes(b"not ours")
    DiskShelf(tmp_path, cap=9000, free_floor=0, free_bytes=plenty).take_stock()
    assert [path.name for path in (tmp_path / "ab").iterdir()] == ["stranger.txt"]


class FullDisk(DiskShelf):
    """A disk that takes no write until ``frees`` bytes were evicted."""

    lacking = 0

    def _publish(self, key: str, content: bytes) -> None:
        if on_disk(self._folder) + len(content) > self.lacking:
            raise OSError(errno.ENOSPC, "No space left on device")
        super()._publish(key, content)


def test_a_full_disk_is_helped_by_evicting_and_one_more_try(tmp_path: Path) -> None:
    shelf = FullDisk(tmp_path, cap=1 << 20, free_floor=0, free_bytes=plenty)
    shelf.take_stock()
    shelf.lacking = 4 * (1000 + TRAILER)
    for n in range(4):
        assert shelf.write(f"{n:02}", KILO)
    assert shelf.write("04", KILO)
    assert shelf.read("04") == KILO
    assert shelf.read("00") is None
    assert shelf.used == on_disk(tmp_path)


def test_a_disk_that_stays_full_leaves_nothing_behind(tmp_path: Path) -> None:
    shelf = FullDisk(tmp_path, cap=1 << 20, free_floor=0, free_bytes=plenty)
    shelf.take_stock()
    assert not shelf.write("ab", KILO)
    assert shelf.used == 0
    assert on_disk(tmp_path) == 0


async def test_a_full_disk_serves_from_memory(tmp_path: Path) -> None:
    cache = SegmentCache(tmp_path, memory_bytes=9000, disk_bytes=9000, free_floor=1 << 60)
    async with cache:
        cache.put("ab", KILO)
        await asyncio.sleep(0.05)
        found = await cache.get("ab")
        assert found is not None
        assert found.data == KILO
        assert on_disk(tmp_path) == 0


def test_space_for_others_is_left_free(tmp_path: Path) -> None:
    free = 10_000

    def left(folder: Path) -> int:
        return free - on_disk(folder)

    shelf = DiskShelf(tmp_path, cap=1 << 20, free_floor=6000, free_bytes=left)
    shelf.take_stock()
    for n in range(10):
        shelf.write(f"{n:02}", KILO)
        assert left(tmp_path) >= 6000
    assert shelf.has("09")
