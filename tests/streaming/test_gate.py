"""The gate beside every promise of speed: whatever order segments are made in, they join.

Nothing here looks at how segments are made; frames are counted by the number drawn on them, and
sound by the continuity of its tone.
"""

from __future__ import annotations

import io
import itertools
import random
from array import array
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import av
import pytest

from mediaserver.config import Streaming
from mediaserver.streaming.engine import Engine
from tests import hls
from tests.media import Film, Tone, frame_number, tone_second, vfr_times, write_film
from tests.streaming.engine_site import Site, site_of

NTSC = Fraction(24000, 1001)
FILMS = {
    "bframes.mp4": Film(seconds=9, fps=NTSC, bframes=3),
    "starts_late.mkv": Film(seconds=9, bframes=2, start=1.5),
    "phone.mp4": Film(seconds=9, times=vfr_times(9), bframes=2),
    "phone.mkv": Film(seconds=9, times=vfr_times(9)),
    "broadcast.ts": Film(seconds=9, bframes=2),
    "long_gop.mkv": Film(seconds=9, gop=1000, bframes=2),
    "divx.avi": Film(seconds=9, codec="mpeg4", tones=(Tone("mp3", rate=44_100),)),
    "dvd.ts": Film(seconds=6, codec="mpeg2video", bframes=2, gop=12, tones=(Tone("mp2"),)),
    "slides.mp4": Film(seconds=12, fps=Fraction(1), gop=4),
    "web.webm": Film(seconds=6, codec="vp9", tones=(Tone("libopus"),)),
    "apple.mp4": Film(seconds=6, codec="hevc", bframes=2, tones=(Tone(rate=44_100),)),
    "odd.mp4": Film(seconds=4, width=322, height=182, tones=()),
}
COPIED = {"bframes.mp4", "starts_late.mkv", "phone.mp4", "phone.mkv", "broadcast.ts", "odd.mp4",
          "web.webm", "apple.mp4", "slides.mp4", "long_gop.mkv"}  # fmt: skip


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    for name, film in FILMS.items():
        write_film(folder / name, film)
    return folder


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine(Streaming(max_transcodes=4)) as running:
        yield running


def expected(name: str) -> hls.Expected:
    shown = FILMS[name].shown
    longest = max(b - a for a, b in itertools.pairwise(shown))
    return hls.Expected(frame_number, len(shown), frame_seconds=longest + 0.002)


@pytest.mark.parametrize("name", FILMS)
async def test_every_rendition_joins_from_start_to_end(
    shelf: Path, engine: Engine, name: str
) -> None:
    site = await site_of(engine, shelf / name)
    report = await hls.check(site.fetch, "master.m3u8", expected(name))
    assert ("original/index.m3u8" in {one.url for one in report.video}) == (name in COPIED)
    assert len(report.audio) >= len(FILMS[name].tones)


@pytest.mark.parametrize("name", ["bframes.mp4", "phone.mkv", "long_gop.mkv", "dvd.ts"])
async def test_a_hundred_random_joins_are_the_ones_in_sequence(
    shelf: Path, engine: Engine, name: str
) -> None:
    site = await site_of(engine, shelf / name)
    in_sequence = {url: await site.fetch(url) for url in segment_urls(site)}
    urls = list(in_sequence) * (1 + 100 // len(in_sequence))
    random.Random(name).shuffle(urls)
    async with Engine(Streaming(max_transcodes=4)) as restarted:
        site.engine = restarted
        for url in urls[:100]:
            found = await site.fetch(url)
            if url.startswith(("original", "audio-1-copy")) or url.endswith("init.mp4"):
                assert found == in_sequence[url], f"{url} has other bytes"
            assert timing(found) == timing(in_sequence[url]), f"{url} has other times"


@pytest.mark.parametrize("name", ["bframes.mp4", "starts_late.mkv", "phone.mp4"])
async def test_a_rendition_switch_in_the_middle_loses_no_frame(
    shelf: Path, engine: Engine, name: str
) -> None:
    site = await site_of(engine, shelf / name)
    plan = site.plan
    switch = plan.copy_cuts[len(plan.copy_cuts) // 2]
    before = [f"144p/{k}.m4s" for k in range(plan.cuts.index(switch))]
    first = plan.copy_cuts.index(switch)
    after = [f"original/{k}.m4s" for k in range(first, len(plan.copy_cuts) - 1)]
    last = hls.Segment("", 0, await site.fetch(before[-1]))
    joined = hls.Segment("", 0, await site.fetch(after[0]))
    hls.read_segment(last)
    hls.read_segment(joined)
    assert joined.decode_time == last.end
    numbers = await numbers_of(site, before) + await numbers_of(site, after)
    assert numbers == list(range(len(FILMS[name].shown)))


async def test_a_restart_in_the_middle_goes_on_with_the_next_frame(shelf: Path) -> None:
    async with Engine(Streaming()) as engine:
        site = await site_of(engine, shelf / "bframes.mp4")
        init = await site.fetch("144p/init.mp4")
        numbers = await numbers_of(site, ["144p/0.m4s", "144p/1.m4s"])
    async with Engine(Streaming()) as engine:
        site = await site_of(engine, shelf / "bframes.mp4")
        assert await site.fetch("144p/init.mp4") == init
        numbers += await numbers_of(site, ["144p/2.m4s"])
    assert numbers == list(range(len(numbers)))


@pytest.mark.parametrize("name", ["bframes.mp4", "phone.mkv", "broadcast.ts", "divx.avi"])
async def test_sound_carries_the_right_second(shelf: Path, engine: Engine, name: str) -> None:
    site = await site_of(engine, shelf / name)
    sound = await sound_made_backwards(site, "audio-1-stereo")
    lead = max(0, site.plan.audio[0].first) / site.plan.audio[0].sample_rate
    for second in range(1, 8):
        at = round((second + lead) * 48_000) + 6_000
        assert tone_second(sound[at : at + 36_000], 48_000) == second


@pytest.mark.parametrize(
    ("name", "tone"),
    [
        ("aac.mp4", Tone(steady=True)),
        ("aac.mkv", Tone(steady=True)),
        ("mp3.mkv", Tone("libmp3lame", rate=44_100, steady=True)),
        ("opus.mkv", Tone("libopus", steady=True)),
        ("surround.mkv", Tone("ac3", channels=6, steady=True)),
        ("aac.ts", Tone(rate=44_100, steady=True)),
    ],
)
async def test_a_seam_in_the_sound_is_as_smooth_as_any_place(
    tmp_path: Path, engine: Engine, name: str, tone: Tone
) -> None:
    film = Film(seconds=9, width=64, height=64, tones=(tone,))
    site = await site_of(engine, write_film(tmp_path / name, film))
    sound = await sound_made_backwards(site, "audio-1-stereo")
    places = sorted(roughness(sound, at) for at in range(30_000, len(sound) - 60_000, 2_560))
    # Few places hold a seam. Without pre-roll a seam is eight times as rough as this.
    usual, at = places[len(places) * 8 // 10], 0
    for duration in site.durations("audio-1-stereo")[:-1]:
        at += round(duration * 48_000)
        assert roughness(sound, at) <= 2 * usual, f"a seam at sample {at}"
    assert roughness(sound[:at] + sound[at + 1 :], at) > 2 * usual, "blind to a missing sample"


async def test_a_gap_in_the_sound_is_silence_and_moves_nothing(
    tmp_path: Path, engine: Engine
) -> None:
    film = Film(seconds=9, tones=(Tone(gap=(3, 5)),))
    site = await site_of(engine, write_film(tmp_path / "gap.mkv", film))
    report = await hls.check(site.fetch, "master.m3u8", hls.Expected(frame_number, 225))
    for rendition in report.audio:
        sound = samples_of(rendition.init, [one.data for one in rendition.segments])
        rate = 48_000
        assert tone_second(sound[1 * rate + 6_000 : 2 * rate], rate) == 1
        assert max(map(abs, sound[round(3.2 * rate) : round(4.8 * rate)])) < 0.01
        assert tone_second(sound[6 * rate + 6_000 : 7 * rate], rate) == 6


async def sound_made_backwards(site: Site, name: str) -> array[float]:
    """Decoded in order; but each seam has two segments of different visits to the file."""
    count = len(site.durations(name))
    made = [await site.fetch(f"{name}/{k}.m4s") for k in reversed(range(count))]
    return samples_of(await site.fetch(f"{name}/init.mp4"), made[::-1])


def segment_urls(site: Site) -> list[str]:
    """Init and media segments of all renditions."""
    urls = []
    for name in site.renditions:
        count = len(site.durations(name))
        urls += [f"{name}/init.mp4", *(f"{name}/{k}.m4s" for k in range(count))]
    return urls


def timing(data: bytes) -> tuple[int, list[int], list[int]]:
    """Decode time, durations and shown times; nothing of an init segment."""
    if data[4:8] == b"ftyp":
        return 0, [], []
    segment = hls.Segment("", 0, data)
    hls.read_segment(segment)
    return segment.decode_time, segment.durations, sorted(segment.shown)


async def numbers_of(site: Site, urls: list[str]) -> list[int]:
    init = await site.fetch(urls[0].partition("/")[0] + "/init.mp4")
    data = init + b"".join([await site.fetch(url) for url in urls])
    with av.open(io.BytesIO(data), mode="r") as container:
        return [frame_number(frame) for frame in container.decode(video=0)]


def samples_of(init: bytes, segments: list[bytes]) -> array[float]:
    """The first channel, decoded as one stream."""
    sound = array("f")
    with av.open(io.BytesIO(init + b"".join(segments)), mode="r") as container:
        for frame in container.decode(audio=0):
            sound.frombytes(bytes(frame.planes[0])[: frame.samples * 4])
    return sound


def roughness(sound: array[float], at: int) -> float:
    """How far samples about ``at`` are from the smooth curve through their neighbours."""
    return max(
        abs(sound[n - 2] - 4 * sound[n - 1] + 6 * sound[n] - 4 * sound[n + 1] + sound[n + 2])
        for n in range(at - 1_200, at + 1_200)
    )
