"""Subtitle files that lie beside a video, and what their names say about them (rules T1 to T5).

A subtitle belongs to a video of the same folder when its name is the video's, or the video's and
a dot and more; in a ``Subs/`` folder the same holds, and where the folder above holds one video
only, every subtitle in it is that video's. External audio is not offered yet.
"""

import re
from collections import defaultdict
from collections.abc import Iterator

import msgspec

from mediaserver.library.extensions import SUBTITLES, extension, fold, is_subtitle, is_video, stem
from mediaserver.library.languages import language_code
from mediaserver.library.models import SubtitleTrack
from mediaserver.library.tree import Entry, Folder, Tree, base_name, by_folder, child

_SUBTITLE_FOLDERS = ("subs", "subtitles", "sub")
_PICTURE_CODECS = ("dvd_subtitle", "hdmv_pgs_subtitle")
_FLAGS = {
    "default": "default",
    "forced": "forced",
    "foreign": "forced",
    "sdh": "hearing_impaired",
    "cc": "hearing_impaired",
    "hi": "hearing_impaired",
}
_TAIL_FLAG = re.compile(
    r"(?P<rest>.*[^\s_\-(\[])[\s_-]*[\s_\-(\[](?P<flag>default|forced|foreign|sdh|cc|hi)[)\]]?",
    re.IGNORECASE,
)
_TRACK_NUMBER = re.compile(r"^\d{1,2}[\s._-]+")


class NameTags(msgspec.Struct, frozen=True):
    """What the part of a subtitle's name after the video's tells."""

    language: str | None = None
    title: str | None = None
    default: bool = False
    forced: bool = False
    hearing_impaired: bool = False


def external_subtitles(tree: Tree) -> dict[str, tuple[SubtitleTrack, ...]]:
    """The subtitle files of every video that has some, by the video's path."""
    folders = by_folder(tree)
    found: dict[str, list[SubtitleTrack]] = defaultdict(list)
    for folder in folders.values():
        videos = {
            fold(stem(base_name(entry.path))): entry.path
            for entry in folder.files
            if is_video(base_name(entry.path))
        }
        if not videos:
            continue
        for entry, within in _candidates(folder, folders):
            video, rest = _owner(entry, videos, within=within)
            if video is not None:
                found[video].append(_track(entry.path, rest))
    return {video: tuple(sorted(tracks, key=_order)) for video, tracks in found.items()}


def _order(track: SubtitleTrack) -> tuple[bool, str]:
    return (not track.default, track.path or "")


def _candidates(folder: Folder, folders: dict[str, Folder]) -> Iterator[tuple[Entry, str | None]]:
    """Subtitles that may belong to a folder's videos, and which of its Subs folders they lie in.

    That is None for those beside the videos, "" for those in ``Subs/`` itself and else the name of
    the folder below it, which release packs call like the video.
    """
    yield from ((entry, None) for entry in _subtitles(folder))
    for name in folder.folders:
        if fold(name) not in _SUBTITLE_FOLDERS:
            continue
        inner = folders[child(folder.path, name)]
        yield from ((entry, "") for entry in _subtitles(inner))
        for deeper in inner.folders:
            below = folders[child(inner.path, deeper)]
            yield from ((entry, deeper) for entry in _subtitles(below))


def _subtitles(folder: Folder) -> list[Entry]:
    """The folder's subtitle files, a VobSub pair once, under its index."""
    files = [e for e in folder.files if e.size and is_subtitle(base_name(e.path))]
    indexed = {fold(stem(e.path)) for e in files if extension(e.path) == "idx"}
    paired = {fold(stem(e.path)) for e in files if extension(e.path) == "sub"} & indexed
    return [
        e
        for e in files
        if (extension(e.path) != "idx" or fold(stem(e.path)) in paired)
        and (extension(e.path) != "sub" or fold(stem(e.path)) not in paired)
    ]


def _owner(entry: Entry, videos: dict[str, str], *, within: str | None) -> tuple[str | None, str]:
    """The video a subtitle belongs to and the rest of its name. The longest match wins."""
    name = stem(base_name(entry.path))
    head, tail = fold(name), ""
    while head:
        if head in videos:
            # the tail is folded too where its length tells that folding kept every letter
            rest = name[len(name) - len(tail) :] if len(fold(name)) == len(name) else tail
            return videos[head], rest
        head, _, last = head.rpartition(".")
        tail = f".{last}{tail}"
    if within is None:
        return None, ""
    rest = _TRACK_NUMBER.sub("", name)
    if within and fold(within) in videos:
        return videos[fold(within)], rest
    if not within and len(videos) == 1:
        return next(iter(videos.values())), rest
    return None, ""


def name_tags(rest: str) -> NameTags:
    """Reads flags, language and title out of ".default.en.forced", from right to left (T3)."""
    language: str | None = None
    flags: set[str] = set()
    title: list[str] = []
    hindi = False
    for word in reversed([piece.strip() for piece in rest.split(".")]):
        low = fold(word)
        if low == "hi":
            hindi = True
        elif low in _FLAGS:
            flags.add(_FLAGS[low])
        elif word:
            text = _take_tail_flags(word, flags) if language_code(word) is None else word
            code = language_code(text)
            if code is None or language is not None:
                title.insert(0, text)
            else:
                language = code
    if hindi and language is None:
        language = "hin"
    elif hindi:
        flags.add("hearing_impaired")
    return NameTags(
        language=language, title=" ".join(title) or None, **dict.fromkeys(sorted(flags), True)
    )


def _take_tail_flags(word: str, flags: set[str]) -> str:
    """Takes the flag off "English (SDH)" and "en-forced", if a language remains."""
    match = _TAIL_FLAG.fullmatch(word)
    if match is None or language_code(match["rest"].strip()) is None:
        return word
    flags.add(_FLAGS[match["flag"].lower()])
    return match["rest"].strip()


def _track(path: str, rest: str) -> SubtitleTrack:
    codec = SUBTITLES[extension(path)]
    tags = name_tags(rest)
    # such a file holds several streams, and the name cannot say which of them it means
    plain = codec == "matroska"
    return SubtitleTrack(
        index=-1,
        codec=codec,
        text=codec not in _PICTURE_CODECS,
        language=tags.language,
        title=tags.title,
        default=tags.default and not plain,
        forced=tags.forced and not plain,
        hearing_impaired=tags.hearing_impaired and not plain,
        path=path,
    )
