"""The checker must see every fault it is there for."""

from __future__ import annotations

import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from mediaserver.config import Streaming
from mediaserver.streaming.engine import Engine
from tests import hls
from tests.media import Film, frame_number, write_film
from tests.streaming.engine_site import site_of

Spoil = Callable[[dict[str, bytes]], None]


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("checker") / "film.mp4", Film(seconds=8))


@pytest.fixture
async def pages(path: Path) -> AsyncIterator[dict[str, bytes]]:
    async with Engine(Streaming()) as engine:
        site = await site_of(engine, path)
        site.renditions.pop("original")
        urls = ["master.m3u8"]
        for name in site.renditions:
            urls += [f"{name}/index.m3u8", f"{name}/init.mp4"]
            urls += [f"{name}/{k}.m4s" for k in range(len(site.durations(name)))]
        yield {url: await site.fetch(url) for url in urls}


def later_by_one_tick(pages: dict[str, bytes]) -> None:
    data = bytearray(pages["144p/1.m4s"])
    at = data.index(b"tfdt") + 8
    (time,) = struct.unpack_from(">Q", data, at)
    struct.pack_into(">Q", data, at, time + 1)
    pages["144p/1.m4s"] = bytes(data)


def twice_the_same(pages: dict[str, bytes]) -> None:
    pages["144p/2.m4s"] = pages["144p/1.m4s"]


def one_left_out(pages: dict[str, bytes]) -> None:
    lines = pages["144p/index.m3u8"].decode().split("\n")
    at = lines.index("1.m4s")
    pages["144p/index.m3u8"] = "\n".join(lines[: at - 1] + lines[at + 1 :]).encode()


def a_longer_promise(pages: dict[str, bytes]) -> None:
    text = pages["144p/index.m3u8"].decode()
    pages["144p/index.m3u8"] = text.replace("#EXTINF:2.000000", "#EXTINF:2.100000", 1).encode()


def a_small_target(pages: dict[str, bytes]) -> None:
    text = pages["144p/index.m3u8"].decode()
    pages["144p/index.m3u8"] = text.replace("TARGETDURATION:2", "TARGETDURATION:1").encode()


def a_small_bandwidth(pages: dict[str, bytes]) -> None:
    text = pages["master.m3u8"].decode()
    pages["master.m3u8"] = text.replace("BANDWIDTH=", "BANDWIDTH=1,X=").encode()


def no_end(pages: dict[str, bytes]) -> None:
    pages["144p/index.m3u8"] = pages["144p/index.m3u8"].replace(b"#EXT-X-ENDLIST", b"")


def sound_off_its_grid(pages: dict[str, bytes]) -> None:
    for url in [url for url in pages if url.startswith("audio-1-stereo/") and "m4s" in url][1:]:
        data = bytearray(pages[url])
        at = data.index(b"tfdt") + 8
        (time,) = struct.unpack_from(">Q", data, at)
        struct.pack_into(">Q", data, at, time + 512)
        pages[url] = bytes(data)


def broken_pictures(pages: dict[str, bytes]) -> None:
    data = bytearray(pages["144p/1.m4s"])
    at = data.index(b"mdat") + 4
    data[at + 200 :] = bytes(len(data) - at - 200)
    pages["144p/1.m4s"] = bytes(data)


async def run(pages: dict[str, bytes]) -> None:
    async def fetch(url: str) -> bytes:
        return pages[url]

    await hls.check(fetch, "master.m3u8", hls.Expected(frame_number, 200, frame_seconds=0.041))


async def test_what_the_engine_makes_is_right(pages: dict[str, bytes]) -> None:
    await run(pages)


@pytest.mark.parametrize(
    "spoil",
    [
        later_by_one_tick,
        twice_the_same,
        one_left_out,
        a_longer_promise,
        a_small_target,
        a_small_bandwidth,
        no_end,
        sound_off_its_grid,
        broken_pictures,
    ],
)
async def test_every_fault_is_seen(pages: dict[str, bytes], spoil: Spoil) -> None:
    spoil(pages)
    with pytest.raises((hls.Wrong, OSError, ValueError)):
        await run(pages)


async def test_an_init_that_changes_is_seen(pages: dict[str, bytes]) -> None:
    asked: list[str] = []

    async def fetch(url: str) -> bytes:
        asked.append(url)
        return pages[url] + (b"\0" if asked.count(url) > 1 and url.endswith("init.mp4") else b"")

    with pytest.raises(hls.Wrong, match="init segment changed"):
        await hls.check(fetch, "master.m3u8", hls.Expected(frame_number, 200))
