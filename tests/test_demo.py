"""The demo library, written small: every track, word and name it promises is really there."""

import hashlib
import itertools
import os
import subprocess
import sys
import threading
from pathlib import Path

import av
import pytest
from PIL import Image, ImageStat

from mediaserver.demo import write_demo
from mediaserver.errors import Invalid
from mediaserver.library import (
    Entry,
    Identity,
    Ignored,
    LibraryKind,
    SubtitleTrack,
    external_subtitles,
    identify_all,
)

# container, pictures, sound, number of chapters, frames
FILMS = {
    "The Long Tide (2021)": ("mp4", "h264", ("aac 2 eng", "ac3 6 eng"), 4, 2400),
    "Northern Express (2019)": ("mkv", "hevc", ("eac3 6 eng", "aac 2 deu"), 2, 1008),
    "Paper Moons (2023)": ("webm", "vp9", ("opus 2 eng",), 1, 750),
    "The Clockwork Garden (1998)": ("avi", "mpeg4", ("mp3float 2 None",), 0, 288),
}
SHOW = "Harbour Lights (2022)"


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    write_demo(folder, lambda _share, _current: None, draft=True)
    return folder


def episodes(library: Path) -> list[Path]:
    return sorted((library / "shows" / SHOW).glob("Season */*.mkv"))


def frame_at(path: Path, seconds: float) -> Image.Image:
    with av.open(str(path)) as media:
        media.seek(int(seconds * av.time_base))
        for frame in media.decode(video=0):
            if frame.time is not None and frame.time >= seconds:
                return frame.to_image()
    raise AssertionError(f"{path} has no frame at {seconds} s")


@pytest.mark.parametrize("name", FILMS)
def test_a_film_has_the_tracks_its_description_names(library: Path, name: str) -> None:
    suffix, codec, sounds, chapters, frames = FILMS[name]
    with av.open(str(library / "movies" / name / f"{name}.{suffix}")) as media:
        assert media.streams.video[0].codec_context.name.startswith(codec)
        found = tuple(
            f"{track.codec_context.name} {track.channels} {track.language}"
            for track in media.streams.audio
        )
        assert found == sounds
        assert len(media.chapters()) == chapters
        assert media.duration is not None
        fps = media.streams.video[0].average_rate
        assert fps is not None
        assert media.duration / av.time_base == pytest.approx(float(frames / fps), abs=0.1)


@pytest.mark.parametrize("name", FILMS)
def test_repeated_packets_decode_to_every_frame_at_its_time(library: Path, name: str) -> None:
    suffix, _, _, _, frames = FILMS[name]
    with av.open(str(library / "movies" / name / f"{name}.{suffix}")) as media:
        fps = media.streams.video[0].average_rate
        assert fps is not None
        times = [frame.time for frame in media.decode(video=0)]
    assert len(times) == frames
    steps = [b - a for a, b in itertools.pairwise(times) if a is not None and b is not None]
    # Matroska counts in milliseconds
    assert max(abs(step - float(1 / fps)) for step in steps) <= 0.001


@pytest.mark.parametrize("name", FILMS)
def test_sound_lasts_as_long_as_the_pictures_and_is_heard(library: Path, name: str) -> None:
    suffix, _, sounds, _, frames = FILMS[name]
    for index in range(len(sounds)):
        with av.open(str(library / "movies" / name / f"{name}.{suffix}")) as media:
            samples, peak = 0, 0.0
            resampler = av.AudioResampler("s16", "mono", 48000)
            for frame in media.decode(audio=index):
                for ready in resampler.resample(frame):
                    samples += ready.samples
                    heard = memoryview(bytes(ready.planes[0])[: 2 * ready.samples]).cast("h")
                    peak = max(peak, *heard)
            fps = media.streams.video[0].average_rate
        assert fps is not None
        assert samples / 48000 == pytest.approx(float(frames / fps), abs=0.1)
        assert 0.1 < peak / 32768 < 0.99


def test_a_loop_shows_the_same_picture_in_every_round(library: Path) -> None:
    video = library / "movies/The Long Tide (2021)/The Long Tide (2021).mp4"
    # a draft's card takes one second, its loop two
    first, third = frame_at(video, 1.5), frame_at(video, 5.5)
    assert first.tobytes() == third.tobytes()
    assert first.tobytes() != frame_at(video, 2.5).tobytes()


def test_pictures_move_and_are_not_black(library: Path) -> None:
    for name, (suffix, *_) in FILMS.items():
        video = library / "movies" / name / f"{name}.{suffix}"
        one, other = frame_at(video, 3.0), frame_at(video, 3.5)
        assert ImageStat.Stat(one.convert("L")).mean[0] > 15
        assert one.tobytes() != other.tobytes()


def test_embedded_subtitles_come_in_two_languages(library: Path) -> None:
    videos = [
        library / "movies/The Long Tide (2021)/The Long Tide (2021).mp4",
        library / "movies/Northern Express (2019)/Northern Express (2019).mkv",
        *episodes(library),
    ]
    for video in videos:
        texts: dict[str | None, list[str]] = {}
        with av.open(str(video)) as media:
            for packet in media.demux(media.streams.subtitles):
                if packet.size > 2:
                    text = bytes(packet).decode(errors="replace")
                    texts.setdefault(packet.stream.language, []).append(text)
        assert set(texts) == {"eng", "deu"} or set(texts) == {"eng", "ger"}, video
        assert all(len(lines) >= 6 for lines in texts.values())


def test_mp4_subtitles_decode_and_clear(library: Path) -> None:
    with av.open(str(library / "movies/The Long Tide (2021)/The Long Tide (2021).mp4")) as media:
        packets = [p for p in media.demux(media.streams.subtitles[0]) if p.size]
        ends = [(p.pts or 0) + (p.duration or 0) for p in packets]
        assert ends[:-1] == [p.pts for p in packets[1:]]
        shown = [rect.ass for p in packets for rect in p.decode() if hasattr(rect, "ass")]
    assert any(b"a colour nobody has named" in line for line in shown)


def test_the_show_has_two_seasons_of_three_with_one_opening(library: Path) -> None:
    videos = episodes(library)
    assert [video.name.split(" ")[2] for video in videos] == [
        f"S{season:02}E{number:02}" for season in (1, 2) for number in (1, 2, 3)
    ]
    assert {video.parent.name for video in videos} == {"Season 01", "Season 02"}
    openings, cards = set(), set()
    for video in videos:
        with av.open(str(video)) as media:
            titles = [chapter["metadata"]["title"] for chapter in media.chapters()]
            assert titles == ["Intro", "Evening", "The Lamp", "Later", "Credits"]
            digest = hashlib.sha256()
            for packet in media.demux(video=0, audio=0):
                if packet.pts is not None and packet.pts * packet.time_base < 3.9:
                    digest.update(bytes(packet))
            openings.add(digest.hexdigest())
        cards.add(frame_at(video, 4.6).tobytes())
    assert len(openings) == 1
    assert len(cards) == 6


def test_files_beside_the_films_are_named_by_the_convention(library: Path) -> None:
    tide = {path.name for path in (library / "movies/The Long Tide (2021)").iterdir()}
    assert {
        "The Long Tide (2021).nfo", "The Long Tide (2021).fr.srt",
        "The Long Tide (2021).en.sdh.srt", "poster.jpg", "backdrop.jpg", "logo.png",
    } < tide  # fmt: skip
    moons = {path.name for path in (library / "movies/Paper Moons (2023)").iterdir()}
    assert {"Paper Moons (2023).en.srt", "Paper Moons (2023).de.srt"} < moons
    assert not any(name.endswith((".jpg", ".png")) for name in moons)
    show = {path.name for path in (library / "shows" / SHOW).iterdir()}
    assert {"tvshow.nfo", "poster.jpg", "season01-poster.jpg", "season02-poster.jpg"} < show
    assert not [path for path in library.rglob(".*") if path.is_file()]


def test_posters_are_upright_and_painted(library: Path) -> None:
    posters = list(library.rglob("*poster.jpg"))
    assert len(posters) == 6
    for path in posters:
        with Image.open(path) as picture:
            assert picture.width * 3 == picture.height * 2
            assert min(ImageStat.Stat(picture).stddev) > 10


def test_writing_again_keeps_what_exists_and_makes_what_is_missing(library: Path) -> None:
    gone = library / "movies/Paper Moons (2023)/Paper Moons (2023).webm"
    before = hashlib.sha256(gone.read_bytes()).hexdigest()
    kept = {path: path.stat().st_mtime_ns for path in library.rglob("*") if path.is_file()}
    gone.unlink()
    heard: list[tuple[float, str]] = []
    written = write_demo(library, lambda *said: heard.append(said), draft=True)
    assert set(written) == set(kept)
    assert {path for path in written if path.stat().st_mtime_ns != kept[path]} == {gone}
    assert hashlib.sha256(gone.read_bytes()).hexdigest() == before
    assert heard[-1] == (1.0, "Done")
    assert [share for share, _ in heard] == sorted(share for share, _ in heard)
    assert {current for _, current in heard} == {"Paper Moons", "Done"}


def test_a_folder_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "movies").write_text("a file stands in the way")
    with pytest.raises(Invalid, match=r"Cannot write .*movies") as caught:
        write_demo(tmp_path, lambda _share, _current: None, draft=True)
    assert "\n" not in caught.value.detail


def test_a_full_disk_is_one_clear_line_and_leaves_no_half_file(tmp_path: Path) -> None:
    code = f"""
import resource
from pathlib import Path
from mediaserver.demo import write_demo
from mediaserver.errors import StorageFull
# files may grow to 200 kB: the kernel then refuses a write as it does on a full disk
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    write_demo(Path({str(tmp_path)!r}), lambda share, current: None, draft=True)
except StorageFull as err:
    print(err.detail)
"""
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=root,
        timeout=120,
    )  # fmt: skip
    assert "is full" in done.stdout, done.stderr
    assert not [path for path in tmp_path.rglob("*") if path.suffix == ".part"]
    assert all(path.stat().st_size < 200_000 for path in tmp_path.rglob("*"))


def test_a_failing_listener_ends_the_work_early_and_its_threads(tmp_path: Path) -> None:
    def refuse(share: float, current: str) -> None:
        raise RuntimeError(current)

    with pytest.raises(RuntimeError):
        write_demo(tmp_path, refuse, draft=True)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("demo")]
    assert not list(tmp_path.rglob("*.mkv"))
    assert os.path.lexists(tmp_path)


def test_our_own_rules_read_every_name_as_it_is_meant(library: Path) -> None:
    found: dict[str, Identity | Ignored] = {}
    beside: dict[str, tuple[SubtitleTrack, ...]] = {}
    for kind, root in ((LibraryKind.MOVIES, "movies"), (LibraryKind.SHOWS, "shows")):
        folder = library / root
        tree = [
            Entry(path=path.relative_to(folder).as_posix(), size=path.stat().st_size)
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        ]
        found |= identify_all(kind, tree)
        beside |= external_subtitles(tree)
    assert len(found) == 10
    identities = [one for one in found.values() if isinstance(one, Identity)]
    assert len(identities) == 10
    assert {f"{one.title} ({one.year})" for one in identities if one.kind == "movie"} == set(FILMS)
    episodes = sorted((one for one in identities if one.kind == "episode"), key=lambda one: one.key)
    assert [(one.season, one.episode) for one in episodes] == list(
        itertools.product((1, 2), (1, 2, 3))
    )
    assert [one.title for one in episodes][:3] == ["Lantern", "Low Water", "Fog Signal"]
    assert {one.series_title for one in episodes} == {"Harbour Lights"}
    assert all(one.series_art.poster and one.season_art.poster for one in episodes)
    tide = beside["The Long Tide (2021)/The Long Tide (2021).mp4"]
    assert {(track.language, track.hearing_impaired) for track in tide} == {
        ("fra", False), ("eng", True),
    }  # fmt: skip
