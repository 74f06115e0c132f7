"""Writes the demo library to disk: what is missing, each file whole or not at all."""

import contextlib
import errno
import io
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import av
from PIL import Image

from mediaserver.demo import artwork, show, words
from mediaserver.demo.cut import Cut, Music, assemble
from mediaserver.demo.films import FILMS, Film, Shooting, times
from mediaserver.demo.reel import Reel, record, shoot
from mediaserver.errors import Invalid, MediaServerError, StorageFull

Report = Callable[[float, str], None]
"""Hears the share of the work done (0 to 1) and what is being made; never twice at a time."""
SPACE = 150_000_000
"""Bytes that must be free before anything is written: the library and room to breathe."""
WORKERS = 2
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
ARTWORK: dict[str, Callable[[], dict[str, Image.Image]]] = {
    "The Long Tide (2021)": artwork.of_tide,
    "Northern Express (2019)": artwork.of_express,
    "The Clockwork Garden (1998)": artwork.of_garden,
}  # Paper Moons has none, so that a poster made from its frames can be seen


class _Stopped(Exception):
    """Another part of the work has ended, so this one need not go on."""


@dataclass
class _Progress:
    """Counts frames over all threads and tells them when to stop."""

    report: Report
    total: int
    done: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def step(self, frames: int, current: str) -> None:
        if self.stop.is_set():
            raise _Stopped
        with self.lock:
            self.done += frames
            if self.done % 8 == 0 or self.done >= self.total:
                self.report(min(1.0, self.done / max(1, self.total)), current)


def write_demo(folder: Path, report: Report, *, draft: bool = False) -> list[Path]:
    """Write what is missing of the demo library below ``folder``; answers every file of it.

    ``movies/`` gets four films, ``shows/`` a show of two seasons with three episodes each. Existing
    files are kept. ``draft`` makes all a quarter as long and a sixteenth as large, for tests.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(folder).free < SPACE:
            raise StorageFull(f"{folder} has less than {SPACE // 1_000_000} MB free.")
        return _write(folder, report, draft=draft)
    except OSError as err:
        raise _explained(err, folder) from err
    except (av.FFmpegError, ValueError) as err:
        raise MediaServerError(f"A demo film cannot be made here: {err}", code="demo") from err


def _explained(err: OSError, folder: Path) -> MediaServerError:
    if err.errno in FULL:
        return StorageFull(f"{folder} is full: {err.strerror}.")
    where = err.filename or folder
    return Invalid(f"Cannot write {where}: {err.strerror or err}.", code="not_writable")


def _write(folder: Path, report: Report, *, draft: bool) -> list[Path]:
    films = [_FilmFiles(folder / "movies", make(draft=draft)) for make in FILMS]
    series = _ShowFiles(folder / "shows" / show.FOLDER, show.harbour(draft=draft))
    # the longest first, so that both workers end at about the same time
    everything: list[_FilmFiles | _ShowFiles] = [films[0], series, *films[1:]]
    works = [work for work in everything if work.missing()]
    total = sum(piece.frames for work in works for piece in work.shooting.pieces)
    progress = _Progress(report, total)
    with ThreadPoolExecutor(WORKERS, thread_name_prefix="demo") as pool:
        futures = [pool.submit(work.make, progress) for work in works]
        try:
            _join(futures)
        finally:
            progress.stop.set()
            pool.shutdown(wait=True, cancel_futures=True)
    report(1.0, "Done")
    return [path for work in everything for path in work.files()]


def _join(futures: Sequence[Future[None]]) -> None:
    done, _ = wait(futures, return_when=FIRST_EXCEPTION)
    for future in done:
        future.result()


@dataclass(frozen=True)
class _FilmFiles:
    root: Path
    film: Film

    @property
    def shooting(self) -> Shooting:
        return self.film.shooting

    @property
    def video(self) -> Path:
        return self.root / self.film.name / f"{self.film.name}.{self.film.suffix}"

    def files(self) -> list[Path]:
        return sorted(path for path in self.video.parent.iterdir() if path.is_file())

    def missing(self) -> bool:
        return not self.video.exists()

    def make(self, progress: _Progress) -> None:
        """What lies beside the film first, so that whoever sees the film finds it complete."""
        title = self.film.cut.title
        folder = self.video.parent
        chapters = times(self.film.cut.parts, self.shooting)
        for suffix, script in self.film.scripts.items():
            text = words.srt(words.timed(chapters, script))
            _keep(folder / f"{self.film.name}.{suffix}.srt", text.encode())
        year = int(self.film.name[-5:-1])
        about = words.nfo(
            "movie", title=title, year=year, plot=self.film.plot, genre=self.film.genre
        )
        _keep(folder / f"{self.film.name}.nfo", about.encode())
        for name, picture in ARTWORK.get(self.film.name, dict)().items():
            _keep(folder / name, _coded(picture, name))
        reel = shoot(self.shooting.picture, self.shooting.pieces, lambda n: progress.step(n, title))
        _develop(self.video, self.film.cut, reel, _music(self.film.cut))


@dataclass(frozen=True)
class _ShowFiles:
    folder: Path
    series: show.Show

    @property
    def shooting(self) -> Shooting:
        return self.series.shooting

    def video(self, episode: show.Episode) -> Path:
        return self.folder / f"Season {episode.season:02}" / f"{episode.stem}.mkv"

    def files(self) -> list[Path]:
        return sorted(path for path in self.folder.rglob("*") if path.is_file())

    def missing(self) -> bool:
        return not all(self.video(episode).exists() for episode in self.series.episodes)

    def make(self, progress: _Progress) -> None:
        about = words.nfo("tvshow", title=show.NAME, year=2022, plot=show.PLOT, genre="Drama")
        _keep(self.folder / "tvshow.nfo", about.encode())
        for name, picture in artwork.of_show().items():
            _keep(self.folder / name, _coded(picture, name))
        reel = shoot(
            self.shooting.picture, self.shooting.pieces, lambda n: progress.step(n, show.NAME)
        )
        music = _music(self.series.episodes[0].cut)
        for index, episode in enumerate(self.series.episodes):
            video = self.video(episode)
            about = words.nfo(
                "episodedetails", title=episode.title, season=episode.season,
                episode=episode.number, plot=episode.plot,
            )  # fmt: skip
            _keep(video.with_suffix(".nfo"), about.encode())
            # the second season goes without, so that stills made from its frames can be seen
            if episode.season == 1:
                still = video.with_name(f"{episode.stem}-thumb.jpg")
                _keep(still, _coded(artwork.of_episode(index), still.name))
            if not video.exists():
                _develop(video, episode.cut, reel, music)


def _music(cut: Cut) -> Music:
    return {sound.title: [record(sound, tune) for tune in sound.tunes] for sound in cut.sounds}


def _develop(video: Path, cut: Cut, reel: Reel, music: Music) -> None:
    with _replacing(video) as file:
        assemble(file, cut, reel, music)


def _coded(picture: Image.Image, name: str) -> bytes:
    data = io.BytesIO()
    if name.endswith(".png"):
        picture.save(data, "PNG", optimize=True)
    else:
        picture.save(data, "JPEG", quality=88, subsampling=0)
    return data.getvalue()


def _keep(path: Path, data: bytes) -> None:
    if path.exists():
        return
    with _replacing(path) as file:
        file.write(data)


@contextlib.contextmanager
def _replacing(path: Path) -> Iterator[BinaryIO]:
    """A file that appears under its name once it is whole; scanners skip names with a dot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.part")
    try:
        with draft.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
