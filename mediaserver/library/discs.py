"""Folders copied from a DVD or Blu-ray: one item each, and which of its files are the film (N5)."""

import re
from collections import defaultdict

import msgspec

from mediaserver.library.extensions import fold, is_video
from mediaserver.library.tree import Entry, Folder, base_name, child, parent

_TITLE_SET = re.compile(r"vts_(\d\d)_([1-9])\.vob")
_NUMBERED = re.compile(r"(?:cd|dvd|disc|disk|bd|blu-?ray)[\s._-]?\d{0,2}")


class Disc(msgspec.Struct, frozen=True):
    """``path`` is the folder that is the disc; ``film`` its main files in the order they play."""

    path: str
    film: tuple[str, ...]
    rest: tuple[str, ...]


def find_discs(folders: dict[str, Folder]) -> list[Disc]:
    return [
        disc
        for folder in folders.values()
        if (disc := _dvd(folder) or _bluray(folder, folders)) is not None
    ]


def is_disc_number(name: str) -> bool:
    """Whether a folder is called "Disc 1" and its like, so the folder above tells the title."""
    return _NUMBERED.fullmatch(fold(name)) is not None


def _has(folder: Folder, name: str) -> bool:
    return any(fold(base_name(entry.path)) == name for entry in folder.files)


def _dvd(folder: Folder) -> Disc | None:
    """The longest title set is the film; the disc cuts it into files of a gigabyte."""
    if fold(folder.name) != "video_ts" or not _has(folder, "video_ts.ifo"):
        return None
    sets: dict[str, list[Entry]] = defaultdict(list)
    for entry in folder.files:
        if (match := _TITLE_SET.fullmatch(fold(base_name(entry.path)))) is not None:
            sets[match[1]].append(entry)
    longest = max(sets.values(), key=lambda files: sum(e.size for e in files), default=[])
    film = tuple(sorted((entry.path for entry in longest), key=fold))
    return Disc(parent(folder.path), film, _others(folder, film))


def _bluray(folder: Folder, folders: dict[str, Folder]) -> Disc | None:
    if fold(folder.name) != "bdmv" or not _has(folder, "index.bdmv"):
        return None
    name = next((name for name in folder.folders if fold(name) == "stream"), None)
    if name is None:
        return Disc(parent(folder.path), (), ())
    stream = folders[child(folder.path, name)]
    videos = [entry for entry in stream.files if is_video(base_name(entry.path))]
    film = tuple(e.path for e in [max(videos, key=lambda e: e.size, default=None)] if e)
    return Disc(parent(folder.path), film, _others(stream, film))


def _others(folder: Folder, film: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(
        entry.path
        for entry in folder.files
        if is_video(base_name(entry.path)) and entry.path not in film
    )
