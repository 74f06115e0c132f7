"""Previews of the seek bar: each shows the picture of its time, from films of every kind."""

import asyncio
import io
import re
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import pytest
from av.video.frame import VideoFrame
from PIL import Image

from mediaserver.errors import NotFound, Unplayable
from mediaserver.ids import FileId
from mediaserver.library import probe
from mediaserver.streaming import Opened, Trickplay
from mediaserver.streaming.cache import SegmentCache
from mediaserver.streaming.models import Source
from mediaserver.streaming.plan import make_plan
from mediaserver.streaming.thumbnails import COLUMNS, SHEET, Layout, index_text, layout_of
from tests.media import Film, frame_number, vfr_times, write_film

FPS = Fraction(10)
CUE = re.compile(
    r"(\d\d):(\d\d):(\d\d\.\d{3}) --> (\d\d):(\d\d):(\d\d\.\d{3})\n"
    r"(\d+)\.jpg#xywh=(\d+),(\d+),(\d+),(\d+)"
)


def opened(path: Path) -> Opened:
    stat = path.stat()
    source = Source(FileId(path.stem), str(path.parent), str(path), stat.st_size, stat.st_mtime_ns)
    info = probe(path, path.parent)
    return Opened(source, info, make_plan(source, info, lambda: None))


def trickplay(folder: Path | None = None, *, busy: bool = False) -> Trickplay:
    cache = SegmentCache(folder, memory_bytes=1 << 24, disk_bytes=1 << 26, free_floor=0)
    return Trickplay(cache, lambda: busy)


async def pictures(film: Opened) -> tuple[Layout, list[Image.Image]]:
    """All of them, cut out as a player does, by the index."""
    layout = layout_of(film.info, film.plan)
    async with trickplay() as rooms:
        text = rooms.index(film).data.decode()
        sheets = [
            Image.open(io.BytesIO((await rooms.sheet(film, one)).data))
            for one in range(rooms.sheets(film))
        ]
    found = []
    for cue in CUE.finditer(text):
        x, y, width, height = map(int, cue.groups()[7:])
        sheet = sheets[int(cue[7])]
        assert x + width <= sheet.width
        assert y + height <= sheet.height
        found.append(sheet.crop((x, y, x + width, y + height)))
    assert len(found) == layout.count
    return layout, found


def number_on(image: Image.Image) -> int:
    return frame_number(VideoFrame.from_image(image))


@pytest.mark.parametrize(
    ("name", "film"),
    [
        ("long.mp4", Film(seconds=1100, fps=Fraction(2), gop=8, tones=(), bframes=2)),
        ("plain.mkv", Film(seconds=70, fps=Fraction(5), gop=10)),
        ("silent.mp4", Film(seconds=61, fps=FPS, gop=10, tones=())),
        ("late.ts", Film(seconds=60, fps=Fraction(5), gop=10, start=40.0)),
        ("old.avi", Film(seconds=40, fps=FPS, gop=10, codec="mpeg4")),
        ("web.webm", Film(seconds=34, fps=FPS, gop=10, codec="vp9", tones=())),
        ("ten bit.mkv", Film(seconds=32, fps=FPS, gop=5, codec="hevc", pix_fmt="yuv420p10le")),
        ("odd.mkv", Film(seconds=31, fps=FPS, gop=10, width=322, height=182, tones=())),
    ],
)
async def test_each_preview_shows_the_keyframe_before_its_time(
    tmp_path: Path, name: str, film: Film
) -> None:
    layout, found = await pictures(opened(write_film(tmp_path / name, film)))
    for number, image in enumerate(found):
        wanted = number * layout.step * film.fps
        slack = layout.step / 10 * film.fps
        assert wanted - film.gop - 1 <= number_on(image) <= wanted + 1 + slack, number


async def test_a_short_film_with_one_keyframe_shows_a_picture_for_every_time(
    tmp_path: Path,
) -> None:
    film = Film(seconds=45, fps=FPS, gop=1000, bframes=2)
    layout, found = await pictures(opened(write_film(tmp_path / "one key.mp4", film)))
    assert layout.step == pytest.approx(1.5, abs=0.01)
    for number, image in enumerate(found):
        assert number_on(image) == pytest.approx(number * 15, abs=1)


async def test_a_film_of_varying_rate_is_sampled_by_time(tmp_path: Path) -> None:
    times = vfr_times(40)
    film = Film(seconds=40, times=times, gop=20)
    layout, found = await pictures(opened(write_film(tmp_path / "phone.mkv", film)))
    for number, image in enumerate(found):
        assert -1.5 <= times[number_on(image)] - number * layout.step <= 0.2, number


def test_the_index_covers_the_film_and_names_every_rectangle() -> None:
    layout = Layout(10.0, 232, 320, 180, 2315.5)
    text = index_text(layout)
    assert text.startswith("WEBVTT\n\n00:00:00.000 --> 00:00:10.000\n0.jpg#xywh=0,0,320,180\n")
    cues = [cue.groups() for cue in CUE.finditer(text)]
    assert len(cues) == layout.count
    ends = [_seconds(*cue[3:6]) for cue in cues]
    assert [_seconds(*cue[:3]) for cue in cues] == [0.0, *ends[:-1]]
    assert ends[-1] == 2315.5
    for number, cue in enumerate(cues):
        x, y = number % SHEET % COLUMNS * 320, number % SHEET // COLUMNS * 180
        assert [int(one) for one in cue[6:]] == [number // SHEET, x, y, 320, 180]


def _seconds(hours: str, minutes: str, seconds: str) -> float:
    return round(int(hours) * 3600 + int(minutes) * 60 + float(seconds), 3)


@pytest.mark.parametrize(
    ("seconds", "step", "count"),
    [(0.04, 1.0, 1), (12.0, 1.0, 12), (60.0, 2.0, 30), (300.0, 10.0, 30), (7200.0, 10.0, 720)],
)
def test_short_films_have_closer_previews(
    tmp_path: Path, seconds: float, step: float, count: int
) -> None:
    film = opened(write_film(tmp_path / "a.mkv", Film(seconds=1, tones=())))
    end = round(seconds * 90_000)
    plan = msgspec.structs.replace(film.plan, cuts=(0, end))
    layout = layout_of(film.info, plan)
    assert (layout.step, layout.count) == (step, count)
    assert (layout.width, layout.height) == (320, 192)


async def test_a_film_of_one_picture_has_one_preview(tmp_path: Path) -> None:
    film = opened(write_film(tmp_path / "one.mp4", Film(seconds=0.1, fps=FPS, tones=())))
    layout, found = await pictures(film)
    assert (layout.count, found[0].size, number_on(found[0])) == (1, (320, 192), 0)


async def test_a_turned_film_is_shown_upright(tmp_path: Path) -> None:
    film = opened(write_film(tmp_path / "a.mkv", Film(seconds=3, fps=FPS, gop=10)))
    turned = msgspec.structs.replace(film.info.video[0], rotation=90)
    info = msgspec.structs.replace(film.info, video=(turned,))
    layout, found = await pictures(msgspec.structs.replace(film, info=info))
    assert (layout.width, layout.height) == (192, 320)
    assert number_on(found[2].transpose(Image.Transpose.ROTATE_90)) == 20


async def test_narrow_pixels_are_made_square(tmp_path: Path) -> None:
    film = opened(write_film(tmp_path / "a.mkv", Film(seconds=3, fps=FPS, gop=10)))
    wide = msgspec.structs.replace(film.info.video[0], sample_aspect=(2, 1))
    layout, found = await pictures(
        msgspec.structs.replace(film, info=msgspec.structs.replace(film.info, video=(wide,)))
    )
    assert (layout.width, layout.height) == (320, 96)
    assert number_on(found[1]) == 10


async def test_a_sheet_is_made_once_for_all_who_ask_and_kept(tmp_path: Path) -> None:
    film = opened(
        write_film(tmp_path / "a.mkv", Film(seconds=30, fps=Fraction(4), gop=4, tones=()))
    )
    async with trickplay(tmp_path / "cache") as rooms:
        first, second = await asyncio.gather(rooms.sheet(film, 0), rooms.sheet(film, 0))
        assert first.data == second.data
        assert rooms.is_kept(film, 0)
        with pytest.raises(NotFound):
            await rooms.sheet(film, 1)
        used = rooms.kept_bytes
    await asyncio.to_thread(Path(film.source.path).unlink)
    async with trickplay(tmp_path / "cache") as rooms:
        assert (await rooms.sheet(film, 0)).data == first.data
        assert rooms.kept_bytes == used
        newer = msgspec.structs.replace(
            film, source=msgspec.structs.replace(film.source, mtime_ns=1)
        )
        with pytest.raises(Unplayable) as refused:
            await rooms.sheet(newer, 0)
        assert refused.value.reason == "vanished"


async def test_who_leaves_takes_the_work_along_but_not_from_others(tmp_path: Path) -> None:
    film = opened(
        write_film(tmp_path / "a.mkv", Film(seconds=200, fps=Fraction(2), gop=2, tones=()))
    )
    async with trickplay() as rooms:
        left, stays = (asyncio.ensure_future(rooms.sheet(film, 0)) for _ in range(2))
        await asyncio.sleep(0.02)
        left.cancel()
        assert (await stays).data
        alone = asyncio.ensure_future(rooms.sheet(msgspec.structs.replace(film), 0))
        assert (await alone).data


async def test_work_ahead_rests_while_the_house_is_busy_unless_somebody_asks(
    tmp_path: Path,
) -> None:
    film = opened(
        write_film(tmp_path / "a.mkv", Film(seconds=30, fps=Fraction(4), gop=4, tones=()))
    )
    async with trickplay(tmp_path / "cache", busy=True) as rooms:
        ahead = asyncio.ensure_future(rooms.make_ahead(film, 0, lambda: None))
        await asyncio.sleep(1.0)
        assert not ahead.done()
        async with asyncio.timeout(10):
            assert (await rooms.sheet(film, 0)).data
            assert await ahead


async def test_cancelled_work_ahead_ends_soon(tmp_path: Path) -> None:
    film = opened(
        write_film(tmp_path / "a.mkv", Film(seconds=30, fps=Fraction(4), gop=4, tones=()))
    )
    async with trickplay(busy=True) as rooms:
        ahead = asyncio.ensure_future(rooms.make_ahead(film, 0, lambda: None))
        await asyncio.sleep(0.3)
        ahead.cancel()
        async with asyncio.timeout(2):
            await asyncio.gather(ahead, return_exceptions=True)
            # the thread is free again
            assert (await rooms.sheet(film, 0)).data


async def test_a_film_without_a_picture_left_says_so(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", Film(seconds=30, fps=Fraction(4), gop=4, tones=()))
    film = opened(path)
    path.write_bytes(b"not a film" * 100)
    async with trickplay() as rooms:
        with pytest.raises(Unplayable):
            await rooms.sheet(film, 0)


async def test_a_film_damaged_in_the_middle_keeps_its_other_previews(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a.mkv", Film(seconds=60, fps=FPS, gop=10, tones=()))
    film = opened(path)
    data = bytearray(path.read_bytes())
    third = len(data) // 3
    data[third : third + 2000] = bytes(2000)
    path.write_bytes(data)
    _, found = await pictures(film)
    assert number_on(found[2]) == pytest.approx(40, abs=11)
    assert number_on(found[27]) == pytest.approx(540, abs=11)


def test_libav_still_decodes_keyframes_alone(tmp_path: Path) -> None:
    """What makes previews cheap."""
    path = write_film(tmp_path / "a.mp4", Film(seconds=10, fps=FPS, gop=10, tones=()))
    with av.open(str(path)) as container:
        container.streams.video[0].codec_context.skip_frame = "NONKEY"
        assert [frame_number(frame) for frame in container.decode(video=0)] == [*range(0, 100, 10)]
