"""History: what is recorded is committed when the call returns, and each viewer sees their own."""

import asyncio
import math
import time
from collections import defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Literal

import msgspec

from mediaserver.accounts import Viewer
from mediaserver.db import Database, as_json
from mediaserver.errors import Invalid
from mediaserver.history import ledger
from mediaserver.history.models import (
    NOW,
    EventKind,
    Moment,
    Moments,
    PlayerState,
    Progress,
    WatchEvent,
)
from mediaserver.ids import ItemId, PlaybackId, UserId

_BATCH = 200
_LONGEST = 1e6
_LATEST = 1e11
_KINDS = {
    PlayerState.STARTED: EventKind.STARTED,
    PlayerState.PLAYING: EventKind.PROGRESS,
    PlayerState.PAUSED: EventKind.PAUSED,
    PlayerState.STOPPED: EventKind.STOPPED,
}
MAX_RATING = 10.0


class _Waiting:
    """Events of one caller, waiting for a commit."""

    def __init__(self, events: Sequence[WatchEvent]) -> None:
        self.events = events
        self.done = False
        self.error: Exception | None = None


class History:
    """``generation(viewer)`` grows with whatever changes for that viewer."""

    def __init__(self, db: Database, clock: Callable[[], float] = time.time) -> None:
        self._db = db
        self._clock = clock
        self._waiting: deque[_Waiting] = deque()
        self._committing = asyncio.Lock()
        self._generations: defaultdict[UserId, int] = defaultdict(int)
        self._watched_generations: defaultdict[UserId, int] = defaultdict(int)

    def generation(self, viewer: Viewer) -> int:
        return self._generations[viewer.user_id]

    def watched_generation(self, viewer: Viewer) -> int:
        """Grows only when something becomes watched or unwatched."""
        return self._watched_generations[viewer.user_id]

    # ---- what viewers do --------------------------------------------------------------------

    async def record(  # noqa: PLR0913, PLR0917 - one report is this many facts
        self,
        viewer: Viewer,
        item_id: ItemId,
        session_id: PlaybackId,
        position: float,
        duration: float,
        state: PlayerState = PlayerState.PLAYING,
        at: float | None = None,
        seq: int | None = None,
    ) -> None:
        """One report of a player. ``at`` defaults to now; late ones find their place by it."""
        if not (0 <= position < _LONGEST and 0 <= duration < _LONGEST):
            raise Invalid("That is no position.", fields={"position": "seconds from the start"})
        if at is not None and not 0 <= at < _LATEST:
            raise Invalid("That is no time.", fields={"at": "seconds since 1970"})
        event = WatchEvent(
            user_id=viewer.user_id,
            item_id=item_id,
            kind=_KINDS[state],
            at=NOW if at is None else at,
            session_id=session_id,
            seq=seq,
            position=position,
            duration=duration,
        )
        await self._append([event])

    async def set_watched(self, viewer: Viewer, ids: Collection[ItemId], *, watched: bool) -> None:
        """Mark items by hand; whole seasons and shows are named episode by episode."""
        kind = EventKind.WATCHED if watched else EventKind.UNWATCHED
        await self._mark(viewer, ids, kind)

    async def set_favorite(self, viewer: Viewer, item_id: ItemId, *, favorite: bool) -> None:
        kind = EventKind.FAVORITE if favorite else EventKind.UNFAVORITE
        await self._mark(viewer, [item_id], kind)

    async def set_rating(self, viewer: Viewer, item_id: ItemId, rating: float | None) -> None:
        """0 to 10; None takes a rating back."""
        if rating is not None and not 0 <= rating <= MAX_RATING:
            raise Invalid("That is no rating.", fields={"rating": "0 to 10, or null"})
        await self._mark(viewer, [item_id], EventKind.RATED, rating)

    async def dismiss(self, viewer: Viewer, item_id: ItemId) -> None:
        """Take an item off "Continue Watching" until it is played again."""
        await self._mark(viewer, [item_id], EventKind.DISMISSED)

    # ---- what is known ----------------------------------------------------------------------

    async def states(self, viewer: Viewer, ids: Collection[ItemId]) -> dict[ItemId, Progress]:
        """Those of ``ids`` this viewer ever touched."""
        reader = self._db if len(ids) <= _BATCH else self._db.slow
        rows = await reader.all(
            Progress,
            f"{ledger.PROGRESS} WHERE user_id = ? AND item_id IN (SELECT value FROM json_each(?))",
            viewer.user_id,
            as_json(list(ids)),
        )
        return {row.item_id: row for row in rows}

    async def state(self, viewer: Viewer, item_id: ItemId) -> Progress:
        found = await self.states(viewer, [item_id])
        return found.get(item_id) or Progress(item_id=item_id)

    async def resumable(self, viewer: Viewer, limit: int) -> list[ItemId]:
        """What to continue, last played first."""
        return await self._db.all(
            ItemId,
            "SELECT item_id FROM progress WHERE user_id = ? AND resumable = 1"
            " ORDER BY played_at DESC, item_id LIMIT ?",
            viewer.user_id,
            limit,
        )

    async def watched_ids(self, viewer: Viewer) -> frozenset[ItemId]:
        # One string out of SQLite: thousands of rows would hold up the loop.
        ids = await self._db.slow.value(
            "SELECT json_group_array(item_id) FROM progress WHERE user_id = ? AND watched = 1",
            viewer.user_id,
        )
        return frozenset(msgspec.json.decode(ids, type=list[ItemId]))

    async def watched(
        self, viewer: Viewer, limit: int, *, since: float = 0.0, skip: int = 0
    ) -> list[Moment]:
        """Watched items and when they were last, newest first."""
        return await self._db.slow.all(
            Moment,
            "SELECT item_id, watched_at AS at FROM progress"
            " WHERE user_id = ? AND watched = 1 AND watched_at >= ?"
            " ORDER BY watched_at DESC, item_id LIMIT ? OFFSET ?",
            viewer.user_id,
            since,
            limit,
            skip,
        )

    async def played(
        self, viewer: Viewer, limit: int, after: Moment | None = None, skip: int = 0
    ) -> Moments:
        """What was played, each item once; ``skip`` counts from ``after``."""
        return await self._latest(viewer, "played_at", limit, after, skip)

    async def favorites(
        self, viewer: Viewer, limit: int, after: Moment | None = None, skip: int = 0
    ) -> Moments:
        return await self._latest(viewer, "favorite_at", limit, after, skip)

    async def rebuild(self) -> int:
        """Derive all progress anew from the ledger; how many rows that made."""
        async with self._db.transaction() as tx:
            count = await ledger.rebuild(tx)
        for generations in (self._generations, self._watched_generations):
            for user_id in generations:
                generations[user_id] += 1
        return count

    # -----------------------------------------------------------------------------------------

    async def _latest(
        self,
        viewer: Viewer,
        column: Literal["played_at", "favorite_at"],
        limit: int,
        after: Moment | None,
        skip: int,
    ) -> Moments:
        at, item_id = (after.at, after.item_id) if after else (math.inf, "")
        rows = await self._db.all(
            Moment,
            f"SELECT item_id, {column} AS at FROM progress WHERE user_id = ?1"
            f" AND {column} IS NOT NULL AND {column} <= ?2 AND ({column} < ?2 OR item_id > ?3)"
            f" ORDER BY {column} DESC, item_id LIMIT ?4 OFFSET ?5",
            viewer.user_id,
            at,
            item_id,
            limit + 1,
            skip,
        )
        total = await self._db.slow.value(
            f"SELECT count(*) FROM progress WHERE user_id = ? AND {column} IS NOT NULL",
            viewer.user_id,
        )
        shown = tuple(rows[:limit])
        return Moments(shown, shown[-1] if len(rows) > limit else None, total)

    async def _mark(
        self,
        viewer: Viewer,
        ids: Iterable[ItemId],
        kind: EventKind,
        value: float | None = None,
    ) -> None:
        user_id = viewer.user_id
        await self._append(
            [WatchEvent(user_id=user_id, item_id=id_, kind=kind, value=value) for id_ in ids]
        )

    async def _append(self, events: Sequence[WatchEvent]) -> None:
        """Whoever gets the lock commits for everyone who waited: one disk flush for all."""
        mine = _Waiting(events)
        self._waiting.append(mine)
        try:
            async with self._committing:
                while not mine.done:
                    await self._commit()
        except asyncio.CancelledError:
            if not mine.done and mine in self._waiting:
                self._waiting.remove(mine)
            raise
        if mine.error:
            raise mine.error

    async def _commit(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), _BATCH))]
        changed: list[tuple[UserId, Progress, Progress]] = []
        now = self._clock()
        try:
            async with self._db.transaction() as tx:
                for event in (event for waiting in batch for event in waiting.events):
                    before, after = await ledger.append(tx, event, now)
                    changed.append((event.user_id, before, after))
        except asyncio.CancelledError:
            # Only this caller gave up; the others' events go with the next commit.
            self._waiting.extendleft(reversed(batch))
            raise
        except Exception as err:  # noqa: BLE001 - each waiting caller raises it as its own
            for waiting in batch:
                waiting.done, waiting.error = True, err
            return
        for waiting in batch:
            waiting.done = True
        for user_id, before, after in changed:
            self._generations[user_id] += before != after
            self._watched_generations[user_id] += before.watched != after.watched
