"""Picture subtitles by windows: a timeline as JSON, and the pictures that it names.

A window is a pure function of the file's version, the track and its number, so it is kept in the
cache of media segments, timeline and pictures together: none can be evicted without the other.
"""

import hashlib
from types import TracebackType
from typing import Self

import msgspec
import PIL

from mediaserver.errors import NotFound
from mediaserver.library import MediaInfo
from mediaserver.streaming.cache import Segment, SegmentCache, segment_of
from mediaserver.streaming.decide import main_video
from mediaserver.streaming.image_cues import Drawn, drawn, timed
from mediaserver.streaming.image_streams import read_images
from mediaserver.streaming.models import Plan, Source, SubtitleRendition
from mediaserver.streaming.playable import display_size
from mediaserver.streaming.playlist import TICKS
from mediaserver.streaming.shared_work import SharedWork
from mediaserver.streaming.subtitle_streams import Window

IMAGE_WINDOW = 10.0
_LOOKBACK = 10.0
"""What appeared this long before the window is still found by a seek into the dark."""
_MAKER = f"1 {PIL.__version__}"
"""Raise the number whenever the same window would be drawn into other bytes."""
_THREADS = 2


class ImageWindow:
    """What one window shows, ready to send."""

    def __init__(self, made: Drawn) -> None:
        self._made = made

    @property
    def timeline(self) -> Segment:
        """JSON: every cue to be seen, and the name of its picture."""
        return segment_of(self._made.timeline)

    def picture(self, number: int) -> Segment:
        """PNG."""
        if not 0 <= number < len(self._made.pictures):
            raise NotFound("The film has no such picture.", code="no_such_segment")
        return segment_of(self._made.pictures[number])


class ImageSubtitles:
    def __init__(self, cache: SegmentCache) -> None:
        self._cache = cache
        self._work = SharedWork(_THREADS, "picture-subtitles")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._work.stop()

    async def window(
        self, source: Source, info: MediaInfo, plan: Plan, rendition: SubtitleRendition, k: int
    ) -> ImageWindow:
        start = k * IMAGE_WINDOW
        if k < 0 or (k > 0 and start >= plan.cuts[-1] / TICKS):
            raise NotFound("The film ends before this segment.", code="no_such_segment")
        key = f"{_key(source, plan, rendition.track)}-{k}"
        kept = await self._cache.get(key)
        if kept is None:
            made = await self._work.once(key, lambda: _made(source, info, plan, rendition.track, k))
            kept = self._cache.put(key, made)
        return ImageWindow(msgspec.msgpack.decode(kept.data, type=Drawn))


def _made(source: Source, info: MediaInfo, plan: Plan, track: int, k: int) -> bytes:
    start, end = k * IMAGE_WINDOW, (k + 1) * IMAGE_WINDOW
    window = Window(plan.zero_ticks / TICKS, max(0.0, start - _LOOKBACK), end)
    shown, canvas = read_images(source, info, track, window)
    cues = timed(shown, start, end)
    return msgspec.msgpack.encode(drawn(cues, canvas, display_size(main_video(info)), k))


def _key(source: Source, plan: Plan, track: int) -> str:
    made_of = ["images", source.file_id, source.size, source.mtime_ns, plan.zero_ticks, track]
    return hashlib.sha256(msgspec.json.encode([*made_of, _MAKER])).hexdigest()
