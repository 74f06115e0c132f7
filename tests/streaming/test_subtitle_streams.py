"""Subtitles inside a film: the window being watched is read, and no more."""

from pathlib import Path

import pytest

from mediaserver.ids import FileId
from mediaserver.library import MediaInfo, probe
from mediaserver.streaming import Plan, Source, SubtitleRendition
from mediaserver.streaming.cues import Cue
from mediaserver.streaming.subtitle_streams import Window, read_window
from mediaserver.streaming.subtitles import Subtitles
from tests.media import Film, Line, Tone, write_film
from tests.streaming.films import planned

LINES = (
    Line(1.0, 3.0, "one"),
    Line(9.5, 10.5, "edge"),
    Line(31.0, 47.0, "long"),
    Line(55.0, 56.0, "late"),
    Line(58.0, 59.9, "last"),
)
READ = Path("/proc/self/io")


@pytest.fixture(scope="module", params=["mkv", "mp4"])
def film(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("subtitles") / f"film.{request.param}"
    lossless = {"crf": "1", "preset": "ultrafast"}
    return write_film(path, Film(seconds=60, lines=LINES, gop=25, codec_options=lossless))


@pytest.fixture(scope="module")
def info(film: Path) -> MediaInfo:
    return probe(film, film.parent)


def source(film: Path) -> Source:
    stat = film.stat()
    return Source(FileId("f"), str(film.parent), str(film), stat.st_size, stat.st_mtime_ns)


def texts(cues: list[Cue]) -> list[str]:
    return ["".join(run.text for run in cue.runs) for cue in cues]


@pytest.mark.parametrize(
    ("start", "expected"),
    [(0, ["one", "edge"]), (10, []), (30, ["long"]), (50, ["late", "last"])],
)
def test_a_window_holds_what_begins_in_it(
    film: Path, info: MediaInfo, start: float, expected: list[str]
) -> None:
    (found,) = read_window(source(film), info, Window(0.0, start, start + 10)).values()
    within = [cue for cue in found if cue.start >= start]
    assert texts(within) == expected
    for cue in within:
        (line,) = [line for line in LINES if line.text == texts([cue])[0]]
        assert (cue.start, cue.end) == pytest.approx((line.start, line.end), abs=0.03)


async def test_windows_asked_for_in_any_order_agree(film: Path, info: MediaInfo) -> None:
    track = info.subtitles[0].index
    rendition = SubtitleRendition(f"sub-{track}", track)
    plan: Plan = planned(seconds=60.0)
    made = {}
    for order in (range(6), reversed(range(6)), (4, 1, 5, 0, 3, 2)):
        async with Subtitles() as subtitles:
            segments = {
                k: await subtitles.segment(source(film), info, plan, rendition, k) for k in order
            }
        made[str(order)] = [segments[k] for k in range(6)]
    forward, backward, _ = made.values()
    assert [b"edge" in one for one in forward] == [True, True, False, False, False, False]
    assert [b"edge" in one for one in backward] == [True, True, False, False, False, False]
    assert [b"long" in one for one in forward] == [False, False, False, True, True, False]
    assert b"long" in backward[4]


@pytest.mark.skipif(not READ.exists(), reason="counting reads needs Linux's /proc/self/io")
def test_one_window_reads_a_fraction_of_the_file(film: Path, info: MediaInfo) -> None:
    def bytes_read() -> int:
        return int(READ.read_text().split("rchar: ")[1].split("\n")[0])

    before = bytes_read()
    read_window(source(film), info, Window(0.0, 30.0, 40.0))
    assert bytes_read() - before < film.stat().st_size * 0.45


async def test_what_was_read_once_is_not_read_again(tmp_path: Path) -> None:
    path = write_film(tmp_path / "film.mkv", Film(seconds=12, lines=LINES[:2], tones=(Tone(),)))
    found, known = probe(path, tmp_path), source(path)
    rendition = SubtitleRendition("sub", found.subtitles[0].index)
    async with Subtitles() as subtitles:
        first = await subtitles.segment(known, found, planned(seconds=12.0), rendition, 0)
        path.unlink()
        again = await subtitles.segment(known, found, planned(seconds=12.0), rendition, 0)
    assert first == again
    assert b"one" in again
