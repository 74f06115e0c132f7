"""Plans: cuts on keyframes, truth about time, and reasons where a copy would not be exact."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import pytest

from mediaserver.config import Streaming
from mediaserver.library import MediaInfo, VideoTrack
from mediaserver.streaming import mp4_index
from mediaserver.streaming.engine import Engine
from mediaserver.streaming.frame_index import FrameIndex, Looked, SoundStart
from mediaserver.streaming.makers import segment_durations
from mediaserver.streaming.models import Plan
from mediaserver.streaming.mp4_tables import read_tracks
from mediaserver.streaming.plan import lay_out
from mediaserver.streaming.timeline import TICKS, to_ticks
from tests import hls
from tests.media import Film, frame_number, vfr_times, write_film
from tests.streaming.engine_site import site_of

H264 = VideoTrack(0, "h264", 1280, 720, fps=25.0)
FRAME = 3_600


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    async with Engine(Streaming(max_transcodes=4)) as running:
        yield running


def plan_of(keys: list[float], seconds: float, track: VideoTrack = H264, **index: object) -> Plan:
    known = FrameIndex([round(key * TICKS) for key in keys], 0, round(seconds * TICKS), FRAME)
    known = msgspec.structs.replace(known, **index)
    return lay_out(Looked(known), MediaInfo("mov", seconds, video=(track,)), track)


def lengths(cuts: tuple[int, ...]) -> list[float]:
    return [round((b - a) / TICKS, 3) for a, b in itertools.pairwise(cuts)]


def test_keyframes_are_grouped_to_two_seconds_from_the_cut_before() -> None:
    plan = plan_of([0, 0.5, 1.9, 2.1, 3.9, 4.0, 4.2, 9.0], 12)
    assert [cut / TICKS for cut in plan.copy_cuts] == [0, 2.1, 4.2, 9.0, 12]


def test_encoded_cuts_contain_the_copied_ones_and_divide_long_groups_evenly() -> None:
    plan = plan_of([0, 10, 13], 20)
    assert set(plan.copy_cuts) <= set(plan.cuts)
    assert lengths(plan.cuts) == [2.0] * 5 + [1.5] * 2 + [1.75] * 4


def test_divisions_lie_on_pictures_where_their_times_are_known() -> None:
    times = [round(n * TICKS / 23.976) for n in range(240)]
    plan = plan_of([0], 10.01, times=times)
    assert set(plan.cuts[:-1]) <= set(times)
    assert max(lengths(plan.cuts)) < 2.1


def test_a_pause_between_pictures_is_cut_all_the_same() -> None:
    plan = plan_of([0], 30, times=[0, 3_600, 7_200, 29 * TICKS])
    assert max(lengths(plan.cuts)) <= 2.0


def test_without_an_index_there_is_an_even_grid_and_no_copy() -> None:
    plan = plan_of([], 61)
    assert plan.copy_refused == "no_index"
    assert plan.copy_cuts == ()
    assert set(lengths(plan.cuts)) == {2.033, 2.034} or set(lengths(plan.cuts)) == {2.033}


@pytest.mark.parametrize(
    ("track", "reason"),
    [
        (VideoTrack(0, "mpeg2video", 720, 576), "codec_not_in_fmp4"),
        (msgspec.structs.replace(H264, rotation=90), "rotated"),
        (msgspec.structs.replace(H264, mirrored=True), "rotated"),
    ],
)
def test_what_cannot_be_delivered_as_it_is_says_why(track: VideoTrack, reason: str) -> None:
    plan = plan_of([0, 2, 4], 6, track)
    assert plan.copy_refused == reason
    assert lengths(plan.cuts) == [2.0, 2.0, 2.0]


def test_keyframes_a_minute_apart_are_no_segments() -> None:
    assert plan_of([0, 60], 120).copy_refused == "keyframes_too_far_apart"


def test_the_timeline_begins_with_whatever_comes_first() -> None:
    index = FrameIndex([135_000, 315_000], 135_000, 500_000, FRAME)
    sounds = {1: SoundStart(heard=133_110, packets=131_190, rate=48_000, samples=1024)}
    plan = lay_out(Looked(index, sounds), MediaInfo("matroska", 4.0, 1.479), H264)
    assert plan.zero_ticks == 133_110
    assert plan.cuts[0] == 1_890
    assert plan.audio[0].first == -1_024


def test_a_picture_that_starts_much_later_than_the_sound_is_held_and_not_copied() -> None:
    index = FrameIndex([TICKS, 3 * TICKS], TICKS, 6 * TICKS, FRAME)
    sounds = {1: SoundStart(heard=0, packets=0, rate=48_000, samples=1024)}
    plan = lay_out(Looked(index, sounds), MediaInfo("matroska", 6.0), H264)
    assert plan.copy_refused == "video_starts_late"
    assert plan.cuts[0] == 0


def test_rates_are_those_of_the_heaviest_segment_and_of_all() -> None:
    plan = plan_of([0, 2, 4], 6, sizes=[100_000, 400_000, 100_000])
    assert plan.copy_peak_bit_rate == pytest.approx(1_600_000, rel=0.01)
    assert plan.copy_average_bit_rate == pytest.approx(800_000, rel=0.01)


@pytest.mark.parametrize(
    "film",
    [
        Film(seconds=6, bframes=3),
        Film(seconds=6, bframes=2, times=vfr_times(6)),
        Film(seconds=6, fps=Fraction(30_000, 1001), bframes=2, codec="hevc"),
    ],
    ids=["steady", "phone", "hevc"],
)
def test_the_tables_of_an_mp4_say_what_its_packets_do(tmp_path: Path, film: Film) -> None:
    path = write_film(tmp_path / "film.mp4", film)
    tracks = read_tracks(path, tmp_path)
    assert tracks is not None
    index = mp4_index.pictures(tracks[0])
    assert index is not None
    with av.open(str(path), mode="r") as container:
        stream = container.streams.video[0]
        packets = [packet for packet in container.demux(stream) if packet.size]
        shown = [to_ticks(packet.pts or 0, stream.time_base) for packet in packets]
        keys = [at for at, packet in zip(shown, packets, strict=True) if packet.is_keyframe]
    assert list(index.times) == sorted(shown)
    assert index.keyframes == keys
    assert sum(index.sizes) == sum(packet.size for packet in packets)


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts"])
async def test_open_groups_of_pictures_are_encoded_and_lose_nothing(
    tmp_path: Path, engine: Engine, suffix: str
) -> None:
    film = Film(
        seconds=8,
        gop=50,
        bframes=3,
        tones=(),
        codec_options={"flags": "-cgop", "x264-params": "open-gop=1:b-adapt=0:b-pyramid=none"},
    )
    site = await site_of(engine, write_film(tmp_path / f"open.{suffix}", film))
    assert site.plan.copy_refused == "open_gop"
    await hls.check(site.fetch, "master.m3u8", hls.Expected(frame_number, 200))


async def test_no_rate_is_far_from_the_truth(tmp_path: Path, engine: Engine) -> None:
    film = Film(seconds=20, bframes=2, codec_options={"qp": "1"})
    for suffix in ("mp4", "mkv", "ts"):
        site = await site_of(engine, write_film(tmp_path / f"film.{suffix}", film))
        original = await hls.check_rendition(site.fetch, "original/index.m3u8", "video")
        assert hls.peak(original) == pytest.approx(site.plan.copy_peak_bit_rate, rel=0.1)


async def test_promised_durations_are_those_of_the_plan(tmp_path: Path, engine: Engine) -> None:
    site = await site_of(engine, write_film(tmp_path / "film.mkv", Film(seconds=7)))
    for name, rendition in site.renditions.items():
        total = sum(segment_durations(site.plan, rendition))
        assert total == pytest.approx(site.plan.cuts[-1] / TICKS, abs=0.05), name
