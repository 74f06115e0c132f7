"""Subtitle renditions as WebVTT segments, one window at a time.

For text inside the film and beside it. Never burned in: the picture is not touched for words.
"""

import os
from collections import OrderedDict
from collections.abc import Hashable
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from mediaserver.errors import NotFound
from mediaserver.library import MediaInfo
from mediaserver.source import open_inside
from mediaserver.streaming.cues import Cue, webvtt, window_of
from mediaserver.streaming.models import Plan, Source, SubtitleRendition
from mediaserver.streaming.playlist import TICKS
from mediaserver.streaming.shared_work import SharedWork
from mediaserver.streaming.subtitle_files import MAX_BYTES, read_cues
from mediaserver.streaming.subtitle_streams import Cues, Window, read_window

_EMBEDDED_WINDOW = 10.0
_EXTERNAL_WINDOW = 60.0
_LOOKBACK = 10.0
"""A cue that began this long before the window is still found by a seek into the dark."""
_WINDOWS_KEPT = 512
_FILES_KEPT = 16
_THREADS = 2
_CODECS = {
    ".ass": "ass",
    ".ssa": "ssa",
    ".vtt": "webvtt",
    ".sub": "microdvd",
    ".smi": "sami",
    ".sami": "sami",
}

Kept = TypeVar("Kept")


class Subtitles:
    """Parsed text is kept for a while; identical requests share one reading."""

    def __init__(self) -> None:
        self._work = SharedWork(_THREADS, "subtitles")
        self._windows: OrderedDict[Hashable, Cues] = OrderedDict()
        self._files: OrderedDict[Hashable, list[Cue]] = OrderedDict()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._work.stop()

    async def segment(
        self, source: Source, info: MediaInfo, plan: Plan, rendition: SubtitleRendition, k: int
    ) -> bytes:
        """Media segment ``k``: a WebVTT file of its own."""
        length = window_seconds(rendition)
        start, duration = k * length, plan.cuts[-1] / TICKS
        if k < 0 or (k > 0 and start >= duration):
            raise NotFound("The film ends before this segment.", code="no_such_segment")
        if rendition.external is not None:
            cues = await self._external(source, info, rendition)
        else:
            cues = (await self._embedded(source, info, plan, k)).get(rendition.track, [])
        return webvtt(window_of(cues, start, start + length))

    async def _external(
        self, source: Source, info: MediaInfo, rendition: SubtitleRendition
    ) -> list[Cue]:
        """All cues of the file beside the film."""
        root = Path(source.library_root or source.root)
        path = root / (rendition.external or "")
        fps = info.video[0].fps if info.video else None
        stat = await self._work.once(("stat", path), lambda: _stat(path))
        key = (path, stat)
        if key not in self._files:
            cues = await self._work.once(key, lambda: _parse(path, root, rendition, fps))
            _keep(self._files, key, cues, _FILES_KEPT)
        self._files.move_to_end(key)
        return self._files[key]

    async def _embedded(self, source: Source, info: MediaInfo, plan: Plan, k: int) -> Cues:
        version = (source.file_id, source.size, source.mtime_ns, plan.zero_ticks)
        if (version, k) in self._windows:
            self._windows.move_to_end((version, k))
            return self._windows[version, k]
        before = self._windows.get((version, k - 1))
        start, end = k * _EMBEDDED_WINDOW, (k + 1) * _EMBEDDED_WINDOW
        from_ = start if before is not None else max(0.0, start - _LOOKBACK)
        window = Window(plan.zero_ticks / TICKS, from_, end)
        found = await self._work.once((version, k), lambda: read_window(source, info, window))
        merged = {
            track: _joined(window_of((before or {}).get(track, []), start, end), cues)
            for track, cues in found.items()
        }
        _keep(self._windows, (version, k), merged, _WINDOWS_KEPT)
        return merged


def window_seconds(rendition: SubtitleRendition) -> float:
    return _EMBEDDED_WINDOW if rendition.external is None else _EXTERNAL_WINDOW


def _stat(path: Path) -> tuple[int, int]:
    """What changes when the file is edited."""
    try:
        found = path.stat()
    except OSError as err:
        raise NotFound("The subtitle file is gone.", code="no_such_subtitles") from err
    return found.st_size, found.st_mtime_ns


def _parse(path: Path, root: Path, rendition: SubtitleRendition, fps: float | None) -> list[Cue]:
    descriptor = open_inside(path, root)
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(MAX_BYTES + 1)
    codec = _CODECS.get(path.suffix.lower(), "subrip")
    return read_cues(content, codec, rendition.language, fps)


def _joined(earlier: list[Cue], later: list[Cue]) -> list[Cue]:
    return [*earlier, *(cue for cue in later if cue not in earlier)]


def _keep(shelf: OrderedDict[Hashable, Kept], key: Hashable, value: Kept, most: int) -> None:
    shelf[key] = value
    while len(shelf) > most:
        shelf.popitem(last=False)
