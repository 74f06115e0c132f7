"""Who watches what: playback grants, kept as rows so that a restart ends nobody's film.

A grant opens the bytes of one item to whoever holds its signed address. It ends at once when it
is ended, when its time is over, and within seconds when the sign-in behind it ends.
"""

import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from mediaserver.errors import Forbidden, NotFound
from mediaserver.ids import PlaybackId, UserId
from mediaserver.streaming.models import PlaybackSession, Playing, PlayState, Report
from mediaserver.streaming.store import StreamingStore

StillAllowed = Callable[[PlaybackSession], Awaitable[bool]]
OUTLIVES_FILM = 24 * 3600.0
"""A grant lasts the film and a day: pauses, a night, a second evening."""
_ASK_AGAIN = 4.0
_WATCHING = 40.0
"""Players report every 10 s; after four missed ones nobody watches."""
_PAUSING = 1800.0
"""A paused player may be silent, and its person in the kitchen."""


class Sessions:
    """``still_allowed`` is asked at most every 4 s for each session that fetches bytes."""

    def __init__(self, store: StreamingStore, still_allowed: StillAllowed) -> None:
        self._store = store
        self._still_allowed = still_allowed
        self._live: dict[PlaybackId, PlaybackSession] = {}
        self._reports: dict[PlaybackId, Report] = {}
        self._asked: dict[PlaybackId, float] = {}

    async def __aenter__(self) -> Self:
        self._live = {one.id: one for one in await self._store.live_sessions(time.time())}
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._live.clear()

    async def add(self, session: PlaybackSession) -> None:
        await self._store.add_session(session)
        self._forget_expired(session.created_at)
        self._live[session.id] = session
        self._asked[session.id] = time.monotonic()

    async def admit(self, session_id: str) -> PlaybackSession:
        """The live grant; Forbidden when it has ended, or its viewer may no longer watch."""
        session = self._live.get(PlaybackId(session_id))
        if session is None or session.expires_at <= time.time():
            raise _over()
        now = time.monotonic()
        if now - self._asked.get(session.id, -_ASK_AGAIN) >= _ASK_AGAIN:
            self._asked[session.id] = now
            if not await self._still_allowed(session):
                await self.end(session.id)
                raise _over()
        return session

    async def of(self, user_id: UserId, session_id: str) -> PlaybackSession:
        """A session of this user, ended or not; NotFound for anyone else's."""
        known = PlaybackId(session_id)
        session = self._live.get(known) or await self._store.session(known)
        if session is None or session.user_id != user_id:
            raise NotFound("There is no such playback session.")
        return session

    async def any(self, session_id: str) -> PlaybackSession:
        """Anyone's session, for those who may end them all."""
        known = PlaybackId(session_id)
        session = self._live.get(known) or await self._store.session(known)
        if session is None:
            raise NotFound("There is no such playback session.")
        return session

    def report(self, session: PlaybackSession, report: Report) -> None:
        """Late and repeated reports change nothing."""
        last = self._reports.get(session.id)
        late = last is not None and (last.seq or 0) > (report.seq or last.seq or 0)
        if session.id in self._live and not late:
            self._reports[session.id] = report

    async def end(self, session_id: PlaybackId) -> None:
        self._drop(session_id)
        await self._store.end_session(session_id, time.time())

    def playing(self, now: float) -> list[Playing]:
        """Newest first; those whose player was heard of lately."""
        watching = []
        for session in reversed(self._live.values()):
            report = self._reports.get(session.id)
            heard = max(session.created_at, report.at if report else 0.0)
            state = report.state if report else PlayState.PLAYING
            patience = {PlayState.PLAYING: _WATCHING, PlayState.PAUSED: _PAUSING}.get(state, -1.0)
            if now - heard <= patience:
                watching.append(Playing(session, report))
        return watching

    def _drop(self, session_id: PlaybackId) -> None:
        self._live.pop(session_id, None)
        self._reports.pop(session_id, None)
        self._asked.pop(session_id, None)

    def _forget_expired(self, now: float) -> None:
        for session in [one for one in self._live.values() if one.expires_at <= now]:
            self._drop(session.id)


def _over() -> Forbidden:
    return Forbidden("This playback session has ended. Start playback again.", code="dead_link")
