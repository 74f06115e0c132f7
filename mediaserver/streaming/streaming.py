"""The room as a whole: a wish to watch becomes a playback session, and a session its bytes."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from mediaserver.config import Streaming as Settings
from mediaserver.db import Database
from mediaserver.ids import ItemId, PlaybackId, new_id
from mediaserver.library import LibraryStore, MediaFile, SubtitleTrack
from mediaserver.streaming.cache import SegmentCache
from mediaserver.streaming.choices import choose
from mediaserver.streaming.decide import decide
from mediaserver.streaming.delivery import Delivery, Opened
from mediaserver.streaming.engine import Engine
from mediaserver.streaming.ladder import ladder
from mediaserver.streaming.models import Choice, Decision, PlaybackSession, Who, Wish
from mediaserver.streaming.playlist import TICKS
from mediaserver.streaming.sessions import OUTLIVES_FILM, Sessions, StillAllowed
from mediaserver.streaming.store import StreamingStore
from mediaserver.streaming.trickplay import Trickplay

_MEGABYTE = 1_000_000
_GIGABYTE = 1_000_000_000
_SHEETS_IN_MEMORY = 8 * _MEGABYTE


class Started(msgspec.Struct, frozen=True):
    session: PlaybackSession
    opened: Opened
    choice: Choice
    external: tuple[SubtitleTrack, ...] = ()


class Streaming:
    """``sessions``: who watches; ``delivery``: the bytes; ``trickplay``: previews at the bar."""

    def __init__(self, sessions: Sessions, delivery: Delivery, trickplay: Trickplay) -> None:
        self.sessions = sessions
        self.delivery = delivery
        self.trickplay = trickplay

    async def start(self, who: Who, item_id: ItemId, file: MediaFile, wish: Wish) -> Started:
        """Decide how ``file`` is played and grant its bytes."""
        opened = await self.delivery.open(file)
        info, beside = opened.info, file.external_subtitles
        choice = choose(info, beside, wish.audio, wish.subtitle, wish.max_height)
        now, duration = time.time(), opened.plan.cuts[-1] / TICKS
        session = PlaybackSession(
            id=PlaybackId(new_id()),
            user_id=who.user_id,
            item_id=item_id,
            file_id=file.id,
            decision=decide(info, opened.plan, wish.capabilities, choice),
            presentation=ladder(info, opened.plan, wish.capabilities, choice, beside),
            created_at=now,
            expires_at=now + duration + OUTLIVES_FILM,
            sign_in_id=who.sign_in_id,
            client=who.client[:200],
            size=file.size,
            mtime_ns=file.mtime_ns,
            duration=duration,
        )
        await self.sessions.add(session)
        return Started(session, opened, choice, beside)

    async def preview(self, file: MediaFile, wish: Wish) -> Decision:
        """How ``file`` would be played, without granting anything."""
        opened = await self.delivery.open(file)
        choice = choose(
            opened.info, file.external_subtitles, wish.audio, wish.subtitle, wish.max_height
        )
        return decide(opened.info, opened.plan, wish.capabilities, choice)

    async def end(self, session: PlaybackSession) -> None:
        await self.sessions.end(session.id)
        self.delivery.close(session.id)


@asynccontextmanager
async def open_streaming(
    db: Database,
    library: LibraryStore,
    settings: Settings,
    cache_folder: Path | None,
    still_allowed: StillAllowed,
) -> AsyncIterator[Streaming]:
    """``still_allowed`` tells whether a session's viewer may still watch its item.

    Without a ``cache_folder`` nothing is kept on disk: only the one server of a storage root does.
    """
    store = StreamingStore(db)
    cache = SegmentCache(
        cache_folder / "segments" if cache_folder else None,
        memory_bytes=settings.memory_cache_mb * _MEGABYTE,
        disk_bytes=int(settings.disk_cache_gb * _GIGABYTE),
    )
    sheets = SegmentCache(
        cache_folder / "trickplay" if cache_folder else None,
        memory_bytes=_SHEETS_IN_MEMORY,
        disk_bytes=int(settings.trickplay_cache_gb * _GIGABYTE),
    )
    engine = Engine(settings)
    async with (
        Sessions(store, still_allowed) as sessions,
        Delivery(store, library, engine, cache) as delivery,
        Trickplay(sheets, lambda: engine.is_encoding) as trickplay,
    ):
        yield Streaming(sessions, delivery, trickplay)
