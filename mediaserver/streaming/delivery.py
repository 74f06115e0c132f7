"""The bytes of a playback session: playlists, init segments, media segments, subtitles.

Everything here is a pure function of the file's version, the rendition and the segment number, so
any request can be answered after any restart. The engine makes, the cache keeps; a segment that
the engine made in haste (``final`` is False) is sent and not kept.
"""

import asyncio
import bisect
import logging
from collections import OrderedDict
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

import msgspec

from mediaserver.errors import MediaServerError, NotFound, Unplayable
from mediaserver.ids import PlaybackId
from mediaserver.library import FileState, LibraryStore, MediaFile, MediaInfo
from mediaserver.streaming.cache import Segment, SegmentCache, rendition_key, segment_of
from mediaserver.streaming.engine import Engine
from mediaserver.streaming.image_subtitles import ImageSubtitles, ImageWindow
from mediaserver.streaming.makers import segment_durations
from mediaserver.streaming.models import (
    AudioRendition,
    Plan,
    PlaybackSession,
    Source,
    SubtitleRendition,
    VideoRendition,
)
from mediaserver.streaming.plan import VERSION as PLAN_VERSION
from mediaserver.streaming.playlist import (
    TICKS,
    media_playlist,
    multivariant_playlist,
    subtitle_playlist,
    target_duration,
)
from mediaserver.streaming.scripts import SCRIPT_CODECS, Scripts
from mediaserver.streaming.store import StreamingStore
from mediaserver.streaming.subtitles import Subtitles, window_seconds

log = logging.getLogger(__name__)

_OPEN_AT_MOST = 256
_START_AT_MOST = 720
"""Where a transcode begins before the player has measured anything."""
Cut = VideoRendition | AudioRendition
Rendition = Cut | SubtitleRendition


class Opened(msgspec.Struct, frozen=True):
    """A file as it is being played."""

    source: Source
    info: MediaInfo
    plan: Plan
    keys: dict[str, str] = {}
    """Rendition name to its key in the cache."""


class Delivery:
    def __init__(
        self, store: StreamingStore, library: LibraryStore, engine: Engine, cache: SegmentCache
    ) -> None:
        self._store = store
        self._library = library
        self._engine = engine
        self._cache = cache
        self._subtitles = Subtitles()
        self._images = ImageSubtitles(cache)
        self._scripts = Scripts(cache)
        self._stack = AsyncExitStack()
        self._open: OrderedDict[PlaybackId, Opened] = OrderedDict()
        self._warming: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self._cache)
        await self._stack.enter_async_context(self._engine)
        await self._stack.enter_async_context(self._subtitles)
        await self._stack.enter_async_context(self._images)
        await self._stack.enter_async_context(self._scripts)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        for task in self._warming:
            task.cancel()
        await asyncio.gather(*self._warming, return_exceptions=True)
        await self._stack.aclose()

    # ---- opening --------------------------------------------------------------------------

    async def open(self, file: MediaFile) -> Opened:
        """Where its segments lie; computed once for each version of a file."""
        info = _playable(file)
        root, path = await self._library.absolute(file)
        beside = (await self._library.root(file.root_id)).path
        source = Source(file.id, str(root), str(path), file.size, file.mtime_ns, beside)
        plan = await self._store.plan(source, PLAN_VERSION)
        if plan is None:
            plan = await self._engine.plan(source, info)
            await self._store.keep_plan(source, plan)
        return Opened(source, info, plan)

    async def of(self, session: PlaybackSession) -> Opened:
        """The session's file, unless it was replaced since."""
        opened = self._open.get(session.id)
        if opened is None:
            file = await self._library.file(session.file_id)
            if (file.size, file.mtime_ns) != (session.size, session.mtime_ns):
                raise NotFound("The file was replaced. Start playback again.", code="file_changed")
            opened = await self.open(file)
            renditions: list[Cut] = [*session.presentation.video, *session.presentation.audio]
            keys = {one.name: rendition_key(opened.source, opened.plan, one) for one in renditions}
            opened = msgspec.structs.replace(opened, keys=keys)
            self._open[session.id] = opened
            while len(self._open) > _OPEN_AT_MOST:
                self._open.popitem(last=False)
        self._open.move_to_end(session.id)
        return opened

    def close(self, session_id: PlaybackId) -> None:
        self._open.pop(session_id, None)
        self._engine.release(session_id)

    # ---- playlists ------------------------------------------------------------------------

    def multivariant(self, session: PlaybackSession) -> str:
        return multivariant_playlist(session.presentation)

    async def playlist(self, session: PlaybackSession, name: str) -> str:
        opened = await self.of(session)
        rendition = rendition_named(session, name)
        if isinstance(rendition, SubtitleRendition):
            if rendition.images:
                raise _no_such_segment()
            duration = opened.plan.cuts[-1] / TICKS
            return subtitle_playlist(duration, window_seconds(rendition))
        durations = segment_durations(opened.plan, rendition)
        return media_playlist(durations, target_duration(opened.plan))

    # ---- segments -------------------------------------------------------------------------

    def hot(self, session: PlaybackSession, name: str, k: int | None) -> Segment | None:
        """Straight from memory, when it is there."""
        opened = self._open.get(session.id)
        key = opened.keys.get(name) if opened else None
        return self._cache.hot(f"{key}-{_number(k)}") if key else None

    async def segment(self, session: PlaybackSession, name: str, k: int | None) -> Segment:
        """Media segment ``k``, or the init segment when ``k`` is None."""
        opened = await self.of(session)
        rendition = rendition_named(session, name)
        if isinstance(rendition, SubtitleRendition):
            raise _no_such_segment()
        if k is not None and not 0 <= k < len(_cuts(opened.plan, rendition)) - 1:
            raise _no_such_segment()
        kept = await self._cache.get(f"{opened.keys[name]}-{_number(k)}")
        return kept if kept is not None else await self._make(opened, rendition, k, session.id)

    async def subtitle_segment(self, session: PlaybackSession, name: str, k: int) -> Segment:
        opened = await self.of(session)
        rendition = rendition_named(session, name)
        if not isinstance(rendition, SubtitleRendition) or rendition.images:
            raise _no_such_segment()
        text = await self._subtitles.segment(opened.source, opened.info, opened.plan, rendition, k)
        return segment_of(text)

    async def image_window(self, session: PlaybackSession, name: str, k: int) -> ImageWindow:
        """Picture subtitles to be seen in window ``k``."""
        opened = await self.of(session)
        rendition = rendition_named(session, name)
        if not isinstance(rendition, SubtitleRendition) or not rendition.images:
            raise _no_such_segment()
        return await self._images.window(opened.source, opened.info, opened.plan, rendition, k)

    async def script(self, session: PlaybackSession, name: str, k: int | None) -> Segment:
        """An ASS track as it was written: its header, or the lines of window ``k``."""
        opened = await self.of(session)
        rendition = rendition_named(session, name)
        if not isinstance(rendition, SubtitleRendition) or rendition.codec not in SCRIPT_CODECS:
            raise _no_such_segment()
        if k is None:
            return await self._scripts.script(opened.source, rendition)
        return await self._scripts.lines(opened.source, opened.plan, rendition, k)

    async def font(self, session: PlaybackSession, number: int) -> Segment:
        return await self._scripts.font((await self.of(session)).source, number)

    async def _make(
        self, opened: Opened, rendition: Cut, k: int | None, session_id: str
    ) -> Segment:
        source, info, plan = opened.source, opened.info, opened.plan
        key = f"{opened.keys[rendition.name]}-{_number(k)}"
        if k is None:
            return self._cache.put(
                key, await self._engine.init_segment(source, info, plan, rendition)
            )
        made = await self._engine.media_segment(
            source, info, plan, rendition, k, session=session_id
        )
        if made.final:
            return self._cache.put(key, made.data)
        return segment_of(made.data, final=False)

    # ---- a head start ---------------------------------------------------------------------

    def warm(self, session: PlaybackSession, position: float) -> None:
        """Begin making what the player will ask for first, while it still reads playlists."""
        task = asyncio.create_task(self._warm(session, position))
        self._warming.add(task)
        task.add_done_callback(self._warming.discard)

    async def _warm(self, session: PlaybackSession, position: float) -> None:
        try:
            opened = await self.of(session)
            sounds = [one for one in session.presentation.audio if one.default]
            picture = start_rendition(session.presentation.video)
            # in a full house a guess does not queue before those who truly ask
            pictures = [picture] if picture.copy or self._engine.has_place(session.id) else []
            first: list[Cut] = [*pictures, *sounds]
            await asyncio.gather(
                *(
                    self.segment(session, one.name, number)
                    for one in first
                    for number in (segment_at(opened.plan, one, position), None)
                )
            )
        except MediaServerError as err:
            log.info("nothing was made ahead: %s", err.detail)
        except Exception:
            log.exception("making the first segments ahead failed")


def _playable(file: MediaFile) -> MediaInfo:
    if file.state is FileState.AWAY:
        raise Unplayable("The disk with this film is not connected.", code="away")
    if file.state is FileState.MISSING:
        raise NotFound("The file is gone.", code="no_such_file")
    if file.state is FileState.FAILED or file.info is None:
        raise Unplayable(file.reason or "The file cannot be read.", code=file.reason_code)
    return file.info


def rendition_named(session: PlaybackSession, name: str) -> Rendition:
    offered = session.presentation
    renditions: list[Rendition] = [
        *offered.video,
        *offered.audio,
        *offered.subtitles,
        *offered.images,
    ]
    for rendition in renditions:
        if rendition.name == name:
            return rendition
    raise NotFound("This film has no such rendition.", code="no_such_rendition")


def start_rendition(offered: tuple[VideoRendition, ...]) -> VideoRendition:
    """The original, else the highest transcode that any box begins quickly."""
    modest = [one for one in offered if one.copy or one.height <= _START_AT_MOST]
    return modest[0] if modest else offered[-1]


def segment_at(plan: Plan, rendition: Cut, position: float) -> int:
    cuts = _cuts(plan, rendition)
    return max(0, min(bisect.bisect_right(cuts, position * TICKS) - 1, len(cuts) - 2))


def _cuts(plan: Plan, rendition: Cut) -> tuple[int, ...]:
    copied = isinstance(rendition, VideoRendition) and rendition.copy
    return plan.copy_cuts if copied else plan.cuts


def _number(k: int | None) -> str:
    return "init" if k is None else str(k)


def _no_such_segment() -> NotFound:
    return NotFound("The film has no such segment.", code="no_such_segment")
