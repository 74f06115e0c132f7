"""ASS as its author wrote it, for players that draw it with libass in the browser.

The header with its styles, then the lines of one window at a time (they lie scattered through the
film like any other subtitles), and the fonts that the film brings along. All of it is sent as
data only, and read by nothing but libass.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec
from av.container import InputContainer
from av.stream import AttachmentStream

from mediaserver.errors import NotFound, Unplayable
from mediaserver.source import ReadingStopped, open_inside, open_media
from mediaserver.streaming.cache import Segment, SegmentCache
from mediaserver.streaming.models import Plan, Source, SubtitleRendition
from mediaserver.streaming.playlist import TICKS
from mediaserver.streaming.shared_work import SharedWork
from mediaserver.streaming.subtitle_files import MAX_BYTES, decoded
from mediaserver.streaming.subtitle_streams import Window
from mediaserver.streaming.track_packets import subtitle_context, track_packets

SCRIPT_CODECS = frozenset({"ass", "ssa"})
SCRIPT_WINDOW = 10.0
MAX_FONTS = 40
_MAX_FONT_BYTES = 20_000_000
_LOOKBACK = 10.0
_MAX_HEADER = 2_000_000
_MAX_LINES = 5_000
_MAX_LINE = 1 << 16
_MAX_WINDOW_BYTES = 2_000_000
_SECONDS_ALLOWED = 15.0
_THREADS = 2
_MAGIC = (b"\0\1\0\0", b"OTTO", b"ttcf", b"true", b"wOFF", b"wOF2")
"""How TrueType, OpenType, collections and web fonts begin; whatever else is attached is no font."""


class Line(msgspec.Struct, frozen=True):
    """One event as Matroska keeps it (``ReadOrder,Layer,Style,…,Text``); seconds from zero."""

    start: float
    duration: float
    data: str


class Lines(msgspec.Struct, frozen=True):
    events: tuple[Line, ...]


class Scripts:
    def __init__(self, cache: SegmentCache) -> None:
        self._cache = cache
        self._work = SharedWork(_THREADS, "scripts")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._work.stop()

    async def script(self, source: Source, rendition: SubtitleRendition) -> Segment:
        """The whole script of a file beside the film; of a track inside, what stands above it."""
        if rendition.external is None:
            track = rendition.track
            return await self._kept(source, f"header {track}", lambda: _header(source, track))
        root = Path(source.library_root or source.root)
        path = root / rendition.external
        changed = await self._work.once(("stat", path), lambda: _stat(path))
        what = f"file {rendition.external} {changed}"
        return await self._kept(source, what, lambda: _whole(path, root, rendition.language))

    async def lines(
        self, source: Source, plan: Plan, rendition: SubtitleRendition, k: int
    ) -> Segment:
        """JSON: the events to be seen in window ``k``."""
        start, zero = k * SCRIPT_WINDOW, plan.zero_ticks / TICKS
        if rendition.external or k < 0 or (k > 0 and start >= plan.cuts[-1] / TICKS):
            raise NotFound("The script has no such window.", code="no_such_segment")
        window = Window(zero, max(0.0, start - _LOOKBACK), start + SCRIPT_WINDOW)
        track = rendition.track
        what = f"lines {track} {plan.zero_ticks} {k}"
        return await self._kept(source, what, lambda: _lines(source, track, window))

    async def font(self, source: Source, number: int) -> Segment:
        """The bytes of an attached font."""
        return await self._kept(source, f"font {number}", lambda: _font(source, number))

    async def _kept(self, source: Source, what: str, work: Callable[[], bytes]) -> Segment:
        made_of = ["script 1", source.file_id, source.size, source.mtime_ns, what]
        key = hashlib.sha256(msgspec.json.encode(made_of)).hexdigest()
        kept = await self._cache.get(key)
        return kept or self._cache.put(key, await self._work.once(key, work))


@contextmanager
def _opened(source: Source) -> Iterator[InputContainer]:
    try:
        with open_media(
            Path(source.path), Path(source.root), fast=True, seconds=_SECONDS_ALLOWED
        ) as container:
            yield container
    except ReadingStopped as err:
        raise Unplayable("Reading the subtitles took too long.", code="subtitles_too_slow") from err


def _header(source: Source, track: int) -> bytes:
    with _opened(source) as container:
        header = bytes(subtitle_context(container, track).extradata or b"")
    return _clean(header[:_MAX_HEADER].decode("utf-8", "replace"))


def _lines(source: Source, track: int, window: Window) -> bytes:
    events: list[Line] = []
    left = _MAX_WINDOW_BYTES
    with _opened(source) as container:
        for packet in track_packets(container, track, window):
            left -= packet.size
            if left < 0 or len(events) >= _MAX_LINES:
                break
            if packet.pts is None or packet.time_base is None or packet.size > _MAX_LINE:
                continue
            start = float(packet.pts * packet.time_base) - window.zero
            duration = float((packet.duration or 0) * packet.time_base)
            text = bytes(packet).decode("utf-8", "replace").rstrip("\0\r\n")
            if start < window.end and start + duration > window.start:
                events.append(Line(round(start, 3), round(duration, 3), text))
    return msgspec.json.encode(Lines(tuple(events)))


def _font(source: Source, number: int) -> bytes:
    if not 0 <= number < MAX_FONTS:
        raise _no_such_font()
    with _opened(source) as container:
        attached = [one.data for one in container.streams if isinstance(one, AttachmentStream)]
        fonts = [data for data in attached if data and data.startswith(_MAGIC)]
    if number >= len(fonts) or len(fonts[number]) > _MAX_FONT_BYTES:
        raise _no_such_font()
    return fonts[number]


def _no_such_font() -> NotFound:
    return NotFound("The film has no such font.", code="no_such_font")


def _stat(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError as err:
        raise NotFound("The subtitle file is gone.", code="no_such_subtitles") from err
    return found.st_size, found.st_mtime_ns


def _whole(path: Path, root: Path, language: str | None) -> bytes:
    with os.fdopen(open_inside(path, root), "rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise Unplayable("The subtitle file is too large.", code="subtitles_too_large")
    return _clean(decoded(content, language))


def _clean(script: str) -> bytes:
    return script.replace("\0", "").encode("utf-8", "replace")
