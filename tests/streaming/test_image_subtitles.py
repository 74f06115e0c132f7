"""Picture subtitles: the right pixels at the right time and place, by windows, within bounds."""

import io
import json
from pathlib import Path

import pytest
from PIL import Image

from mediaserver.errors import NotFound
from mediaserver.ids import FileId
from mediaserver.library import MediaInfo, VideoTrack, probe
from mediaserver.streaming import Plan, Source, SubtitleRendition
from mediaserver.streaming.cache import SegmentCache
from mediaserver.streaming.image_cues import (
    MAX_CUE_PIXELS,
    MAX_CUES,
    Ink,
    Shown,
    drawn,
    ink_of,
    palettes,
    timed,
)
from mediaserver.streaming.image_streams import read_images
from mediaserver.streaming.image_subtitles import ImageSubtitles
from mediaserver.streaming.subtitle_streams import Window
from tests.drawn import Patch, add_subtitles, write_sup
from tests.media import Film, write_film
from tests.streaming.films import planned

SHARED = Path(__file__).parents[3] / "shared" / "media"
PATCHES = (
    Patch(1.0, 3.0, 800, 900, 320, 60, margin=11),
    Patch(8.0, 14.0, 100, 50, 200, 40),
    Patch(32.0, 33.0, 0, 1000, 1920, 80),
)
CANVAS = (1920, 1080)


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    plain = write_film(folder / "plain.mkv", Film(seconds=40, gop=25))
    return add_subtitles(plain, write_sup(folder / "s.sup", PATCHES, CANVAS), folder / "film.mkv")


@pytest.fixture(scope="module")
def info(film: Path) -> MediaInfo:
    return probe(film, film.parent)


def source(film: Path) -> Source:
    stat = film.stat()
    return Source(FileId("f"), str(film.parent), str(film), stat.st_size, stat.st_mtime_ns)


def rendition(info: MediaInfo) -> SubtitleRendition:
    index = info.subtitles[0].index
    return SubtitleRendition(f"sub-{index}", index, images=True)


async def test_each_window_shows_its_part_at_the_right_time(film: Path, info: MediaInfo) -> None:
    plan: Plan = planned(seconds=40.0)
    expected = {0: [(1.0, 3.0), (8.0, 10.0)], 1: [(10.0, 14.0)], 2: [], 3: [(32.0, 33.0)]}
    for order in (range(4), reversed(range(4))):
        async with ImageSubtitles(SegmentCache(None, memory_bytes=10_000_000)) as subtitles:
            for k in order:
                window = await subtitles.window(source(film), info, plan, rendition(info), k)
                cues = json.loads(window.timeline.data)["cues"]
                times = [(cue["start"], cue["end"]) for cue in cues]
                assert times == [pytest.approx(pair, abs=0.02) for pair in expected[k]]


async def test_the_picture_is_what_the_disc_drew_and_where(film: Path, info: MediaInfo) -> None:
    async with ImageSubtitles(SegmentCache(None, memory_bytes=10_000_000)) as subtitles:
        window = await subtitles.window(
            source(film), info, planned(seconds=40.0), rendition(info), 0
        )
    first = json.loads(window.timeline.data)["cues"][0]
    assert first["src"] == "0-0.png"
    with Image.open(io.BytesIO(window.picture(0).data)) as picture:
        assert picture.size == (320, 60), "the clear margin is cut off"
        red, green, blue, alpha = picture.convert("RGBA").split()
    assert red.point([255] * 246 + [0] * 10).getbbox() is None
    assert green.point([0] * 12 + [255] * 244).getbbox() is None
    assert blue.point([0] * 12 + [255] * 244).getbbox() is None
    assert alpha.getextrema() == (255, 255)
    # the film is 5:3, a disc 16:9: the same height, and wider than the film
    across = 192 / 1080 / 320
    assert first["width"] == pytest.approx(320 * across, abs=1e-4)
    assert first["x"] == pytest.approx(0.5 + (800 - 960) * across, abs=1e-4)
    assert first["y"] == pytest.approx(900 / 1080, abs=1e-4)
    with pytest.raises(NotFound):
        window.picture(2)


async def test_a_window_beyond_the_film_is_not_found(film: Path, info: MediaInfo) -> None:
    async with ImageSubtitles(SegmentCache(None, memory_bytes=10_000_000)) as subtitles:
        for k in (4, 10**6):
            with pytest.raises(NotFound):
                await subtitles.window(
                    source(film), info, planned(seconds=40.0), rendition(info), k
                )


REAL = {
    "sample_MKV_VobSub_PGS.mkv": (4, {(94, 24), (96, 25), (77, 23), (78, 23)}),
    "sample_with_pgs_subtitles.mkv": (1, {(1280, 58)}),
    "sample_with_vobsub.mkv": (1, {(734, 54)}),
    "sample_with_vobsub.mp4": (1, {(734, 54)}),
    "sample_XSUB.avi": (3, {(246, 42), (377, 108), (222, 42)}),
    "Sony_ILCE-7M3_A7M3_.mts": (1, {(480, 36)}),
}


@pytest.mark.parametrize("name", REAL)
def test_real_discs_and_cameras_are_read(name: str) -> None:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{name} is not here")
    info = probe(path, SHARED)
    sizes = set()
    count = 0
    for track in info.subtitles:
        shown, canvas = read_images(source(path), info, track.index, Window(info.start, 0.0, 10.0))
        made = drawn(timed(shown, 0.0, 10.0), canvas, (640, 480), 0)
        for cue, png in zip(json.loads(made.timeline)["cues"], made.pictures, strict=True):
            assert 0 <= cue["start"] < cue["end"] <= 10
            with Image.open(io.BytesIO(png)) as picture:
                sizes.add(picture.size)
                clear = picture.convert("RGBA").getchannel("A").point([0] * 128 + [255] * 128)
            assert clear.getbbox() is not None, "nothing to be seen"
            count += 1
    assert (count, sizes) == REAL[name]


def test_a_broadcast_is_read_from_its_middle() -> None:
    path = SHARED / "dvbsubtest_filter.mp4"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    # its pictures are lost, so no probe takes it for a film; its subtitles are sound
    info = MediaInfo("mpegts", 31.0, video=(VideoTrack(0, "mpeg2video", 720, 576),))
    shown, canvas = read_images(source(path), info, 2, Window(79_679.9, 15.0, 30.0))
    assert canvas == (720, 576)
    made = drawn(timed(shown, 15.0, 30.0), canvas, (1024, 576), 0)
    cues = json.loads(made.timeline)["cues"]
    assert len(cues) > 10
    assert all(0.5 < cue["y"] < 1 for cue in cues), "at the bottom of the screen"


def test_the_next_picture_takes_the_place_of_the_one_before() -> None:
    one, two = square(1), square(2)
    shown = [Shown(1.0, None, (one,)), Shown(4.0, None, (two,)), Shown(6.0, None, ())]
    assert timed(shown, 0.0, 10.0) == [(1.0, 4.0, one), (4.0, 6.0, two)]
    assert timed(shown, 5.0, 10.0) == [(5.0, 6.0, two)]


def test_a_picture_drawn_again_is_one_cue() -> None:
    again = [Shown(float(at), None, (square(1),)) for at in range(1, 5)]
    assert timed([*again, Shown(5.0, None, ())], 0.0, 10.0) == [(1.0, 5.0, square(1))]


def test_nothing_ends_later_than_the_window_and_a_lost_end_is_bounded() -> None:
    assert timed([Shown(1.0, None, (square(1),))], 0.0, 100.0) == [(1.0, 31.0, square(1))]


def test_too_many_and_too_large_are_left_out() -> None:
    many = [Shown(n / 100, (n + 1) / 100, (square(n % 2),)) for n in range(1000)]
    assert len(timed(many, 0.0, 10.0)) == MAX_CUES
    side = MAX_CUE_PIXELS // 100 + 1
    assert ink_of((0, 0, side, 100), b"\1" * side * 100, b"\xff" * 1024) is None
    assert ink_of((0, 0, 100, 100), b"\1" * 10, b"\xff" * 1024) is None, "fewer pixels than said"
    assert ink_of((0, 0, 2, 2), b"\0" * 4, b"\0" * 1024) is None, "nothing to see"


@pytest.mark.parametrize(
    "packet", [b"", b"\x0f", b"\x0f\x12\0\1\xff\xff", b"\x0f\x12\0\1\0\7\0\0ab"]
)
def test_a_cut_palette_ends_nothing(packet: bytes) -> None:
    assert all(len(palette) == 1024 for palette in palettes(packet))


def square(color: int) -> Ink:
    return Ink(10, 10, 2, 2, bytes([color]) * 4, b"\xff" * 1024)
