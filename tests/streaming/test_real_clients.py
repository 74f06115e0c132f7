"""Clients that others wrote, against a real server: ffmpeg and mpv from start to end, and HTTP."""

from __future__ import annotations

import asyncio
import gzip
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import av
import msgspec
import pytest

from tests import hls
from tests.household import Household, owner_of
from tests.media import Film, Line, Tone, row_number, write_film
from tests.server import Running, running_server

SECONDS, FPS, WIDTH, HEIGHT = 16, 25, 320, 256
LINES = (Line(1.0, 3.0, "Hello"), Line(5.0, 7.0, "Across the edge"), Line(13.0, 15.0, "The end"))
SRT = "1\n00:00:02,000 --> 00:00:04,000\nGuten Tag\n"
_BOTH = (Tone(language="eng"), Tone("ac3", language="ger"))
FILMS = {
    "Direct.mp4": Film(SECONDS, width=WIDTH, height=HEIGHT, bframes=2),
    "Remux.mkv": Film(
        SECONDS, width=WIDTH, height=HEIGHT, bframes=2, tones=_BOTH, lines=LINES, start=0.7
    ),
    "DivX.avi": Film(SECONDS, width=WIDTH, height=HEIGHT, codec="mpeg4", tones=(Tone("mp3"),)),
    "Phone.mov": Film(SECONDS, width=WIDTH, height=HEIGHT, codec="hevc", tones=_BOTH, bframes=2),
}
MODES = {
    "Direct.mp4": "direct",
    "Remux.mkv": "remux",
    "DivX.avi": "transcode",
    "Phone.mov": "transcode",
}
TITLES = 10


class Ran(msgspec.Struct, frozen=True):
    code: int | None
    out: bytes
    said: str


async def run(*words: str, seconds: float = 90.0) -> Ran:
    process = await asyncio.create_subprocess_exec(
        *words,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(seconds):
            out, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
    return Ran(process.returncode, out, said.decode(errors="replace"))


def tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine (Debian: apt install {name})")
    return found


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clients") / "films"
    folder.mkdir()
    for name, film in FILMS.items():
        write_film(folder / name, film)
    (folder / "Remux.de.srt").write_text(SRT)
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running_server(tmp_path_factory.mktemp("server") / "storage") as running:
        yield running


@pytest.fixture
async def household(server: Running) -> AsyncIterator[Household]:
    async with owner_of(server) as opened:
        yield opened


@pytest.fixture
async def items(household: Household, films: Path) -> dict[str, str]:
    """File name to item; scanned by the first test that asks."""
    known = await household.library_of(films)
    library = known or await household.add_library(films, kind="homevideos")
    return {name: item for name, (item, _) in (await household.versions(library)).items()}


async def start(household: Household, item: str) -> tuple[Any, str]:
    """A playback session and the whole address of its multivariant playlist."""
    started = await household.play(item)
    return started, household.absolute(started["hls_url"])


# ---- players ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILMS)
async def test_ffmpeg_plays_every_variant_from_start_to_end(
    household: Household, items: dict[str, str], films: Path, name: str
) -> None:
    ffmpeg = tool("ffmpeg")
    started, url = await start(household, items[name])
    assert started["decision"]["mode"] == MODES[name]
    ran = await run(
        ffmpeg, "-nostdin", "-v", "error", "-xerror", "-i", url, "-map", "0:v", "-map", "0:a",
        "-fps_mode", "passthrough", "-enc_time_base", "1:90000", "-f", "framecrc", "-",
    )  # fmt: skip
    assert (ran.code, ran.said) == (0, "")
    pictures, sounds = shown(ran.out.decode())
    text = (await household.fetch(url)).decode()
    assert len(pictures) == text.count("#EXT-X-STREAM-INF:") == len(started["qualities"])
    assert len(sounds) >= len(FILMS[name].tones)
    expected = in_the_file(films / name)
    assert len(expected) == SECONDS * FPS
    for times in pictures:
        assert times == sorted(set(times)), "pictures come out of order"
        assert [one - times[0] for one in times] == pytest.approx(expected, abs=0.002)
    for times in sounds:
        assert times == sorted(set(times)), "sound comes out of order"
        assert times[-1] - times[0] == pytest.approx(SECONDS, abs=0.2)


def in_the_file(path: Path) -> list[float]:
    """When its pictures are shown, in seconds from the first."""
    with av.open(str(path)) as container:
        times = [frame.time for frame in container.decode(video=0)]
    return [one - times[0] for one in times]


def shown(text: str) -> tuple[list[list[float]], list[list[float]]]:
    """Seconds at which each stream's frames are shown, from ``-f framecrc``."""
    bases: dict[str, float] = {}
    kinds: dict[str, str] = {}
    times: dict[str, list[float]] = {}
    for line in text.splitlines():
        if line.startswith("#tb "):
            stream, _, base = line.removeprefix("#tb ").partition(": ")
            over, _, under = base.partition("/")
            bases[stream] = int(over) / int(under)
        elif line.startswith("#media_type "):
            stream, _, kinds[stream] = line.removeprefix("#media_type ").partition(": ")
        elif line and not line.startswith("#"):
            stream, _, pts = [word.strip() for word in line.split(",")][:3]
            times.setdefault(stream, []).append(int(pts) * bases[stream])
    return (
        [times[one] for one in times if kinds[one] == "video"],
        [times[one] for one in times if kinds[one] == "audio"],
    )


@pytest.mark.parametrize("name", FILMS)
async def test_mpv_plays_to_the_end_without_a_word_of_complaint(
    household: Household, items: dict[str, str], name: str
) -> None:
    mpv = tool("mpv")
    _, url = await start(household, items[name])
    ran = await run(
        mpv, "--no-config", "--vo=null", "--ao=null", "--ytdl=no", "--untimed",
        "--ao-null-untimed=yes", "--msg-level=all=error", url,
    )  # fmt: skip
    said = (ran.out.decode() + ran.said).strip()
    assert (ran.code, said) == (0, "")


async def test_ffmpeg_seeks_in_the_file_itself(household: Household, items: dict[str, str]) -> None:
    """The index of this mp4 lies at its end: nothing but ranges reaches it, and then second 12."""
    ffmpeg = tool("ffmpeg")
    started, _ = await start(household, items["Direct.mp4"])
    ran = await run(
        ffmpeg, "-nostdin", "-v", "error", "-xerror", "-ss", "12",
        "-i", household.absolute(started["direct_url"]),
        "-frames:v", "1", "-f", "rawvideo", "-pix_fmt", "gray", "-",
    )  # fmt: skip
    assert (ran.code, ran.said) == (0, "")
    assert len(ran.out) == WIDTH * HEIGHT
    middle = ran.out[HEIGHT // 2 * WIDTH :][:WIDTH]
    assert row_number(middle) == 12 * FPS


async def test_the_checker_finds_nothing_wrong_over_http(
    household: Household, items: dict[str, str]
) -> None:
    for name in FILMS:
        _, url = await start(household, items[name])
        report = await hls.check(household.fetch, url, hls.Expected(frames=SECONDS * FPS))
        for rendition in report.video:
            assert sum(len(one.durations) for one in rendition.segments) == SECONDS * FPS
        if name == "Remux.mkv":
            assert len(report.subtitles) == 2
            texts = [await all_of(household, url) for url in report.subtitles]
            assert any("Across the edge" in text for text in texts)
            assert any("Guten Tag" in text for text in texts)


async def all_of(household: Household, url: str) -> str:
    """The text of all segments of a subtitle playlist."""
    lines = (await household.fetch(url)).decode().split()
    names = [line for line in lines if line.endswith(".vtt")]
    return "".join(
        [(await household.fetch(url.replace("index.m3u8", name))).decode() for name in names]
    )


# ---- HTTP -------------------------------------------------------------------------------------


async def test_the_file_itself_is_served_by_range(
    household: Household, items: dict[str, str], films: Path
) -> None:
    started, _ = await start(household, items["Direct.mp4"])
    url, whole = started["direct_url"], (films / "Direct.mp4").read_bytes()
    head = await household.ask("HEAD", url)
    assert (head.status, head.data) == (200, b"")
    assert head.headers["Content-Length"] == str(len(whole))
    assert head.headers["Accept-Ranges"] == "bytes"
    etag = head.headers["ETag"]
    for asked, expected in (
        ("bytes=0-99", (0, 100)),
        ("bytes=1000-", (1000, len(whole))),
        ("bytes=-500", (len(whole) - 500, len(whole))),
        (f"bytes=10-{len(whole) * 2}", (10, len(whole))),
    ):
        part = await household.ask("GET", url, Range=asked)
        first, end = expected
        assert part.status == 206
        assert part.data == whole[first:end]
        assert part.headers["Content-Range"] == f"bytes {first}-{end - 1}/{len(whole)}"
    same = await household.ask("GET", url, Range="bytes=5-9", If_Range=etag)
    assert (same.status, same.data) == (206, whole[5:10])
    other = await household.ask("GET", url, Range="bytes=5-9", If_Range='"another version"')
    assert (other.status, other.data) == (200, whole)
    beyond = await household.ask("GET", url, Range=f"bytes={len(whole)}-")
    assert beyond.status == 416
    assert beyond.headers["Content-Range"] == f"bytes */{len(whole)}"
    known = await household.ask("GET", url, If_None_Match=etag)
    assert (known.status, known.data) == (304, b"")


async def test_segments_are_kept_for_ever_and_known_by_their_bytes(
    household: Household, items: dict[str, str]
) -> None:
    _, url = await start(household, items["Remux.mkv"])
    for name in ("original/init.mp4", "original/1.m4s", "audio-1-copy/1.m4s"):
        where = url.replace("index.m3u8", name)
        first = await household.ask("GET", where)
        assert first.status == 200
        assert "immutable" in first.headers["Cache-Control"]
        assert first.headers["Content-Length"] == str(len(first.data))
        again = await household.ask("GET", where)
        assert (again.data, again.headers["ETag"]) == (first.data, first.headers["ETag"])
        known = await household.ask("GET", where, If_None_Match=first.headers["ETag"])
        assert (known.status, known.data) == (304, b"")
        head = await household.ask("HEAD", where)
        assert (head.status, head.data) == (200, b"")
        assert head.headers["Content-Length"] == str(len(first.data))


async def test_playlists_come_compressed_to_who_takes_that(
    household: Household, items: dict[str, str]
) -> None:
    _, url = await start(household, items["Remux.mkv"])
    for where in (url, url.replace("index.m3u8", "original/index.m3u8")):
        plain = await household.ask("GET", where, Accept_Encoding="identity")
        packed = await household.ask("GET", where, Accept_Encoding="gzip")
        assert "Content-Encoding" not in plain.headers
        assert packed.headers["Content-Encoding"] == "gzip"
        assert packed.data == plain.data, "aiohttp has unpacked it"
        assert int(packed.headers["Content-Length"]) == len(gzip.compress(plain.data, 6, mtime=0))
        assert "Accept-Encoding" in packed.headers["Vary"]
        assert plain.headers["Content-Type"] == "application/vnd.apple.mpegurl"


async def test_a_token_that_was_changed_or_whose_session_ended_opens_nothing(
    household: Household, items: dict[str, str]
) -> None:
    started, url = await start(household, items["Direct.mp4"])
    names = ("index.m3u8", "direct", "original/index.m3u8", "original/0.m4s")
    token = url.split("/")[-2]
    for name in names:
        where = url.replace("index.m3u8", name)
        assert (await household.ask("GET", where)).status == 200
        changed = where.replace(token, token[:-1] + ("A" if token[-1] != "A" else "B"))
        assert (await household.ask("GET", changed)).status == 403
    ended = await household.ask("DELETE", f"/api/playback/{started['session_id']}")
    assert ended.status == 204
    for name in names:
        answer = await household.ask("GET", url.replace("index.m3u8", name))
        assert (answer.status, answer.body["code"]) == (403, "dead_link")


# ---- more titles than places ------------------------------------------------------------------


async def test_ten_titles_opened_one_after_the_other_are_never_refused(
    household: Household, films: Path, tmp_path: Path
) -> None:
    """None is ended, each is asked for its start, middle and end, as impatient clients do."""
    folder = tmp_path / "ten"
    folder.mkdir()
    for number in range(TITLES):
        shutil.copyfile(films / "DivX.avi", folder / f"Title {number}.avi")
    library = await household.add_library(folder, kind="homevideos")
    for item, _ in (await household.versions(library)).values():
        started, url = await start(household, item)
        for quality in started["qualities"]:
            where = url.replace("index.m3u8", f"{quality['name']}/index.m3u8")
            playlist, _ = hls.parse_media((await household.fetch(where)).decode(), where, "video")
            last = len(playlist.segments) - 1
            for k in (0, last // 2, last):
                answer = await household.ask("GET", playlist.segments[k].url)
                assert answer.status == 200, (quality, k, answer.body)
