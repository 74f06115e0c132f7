"""Who may encode video: a limited number of playback sessions, first come first served.

A session takes its place by having a head and holds it while somebody waits there or has just been
served. Clients open one film after another and never say that they left, so a session that nobody
has asked for a moment gives its place to the next in the queue; who waits too long is turned away.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from mediaserver.streaming.heads import Head

YIELDS_AFTER = 2.5
"""Players fetch a segment about every two seconds; who has not for longer has paused or left."""
PATIENCE = 6.0
_LOOK_AGAIN = 0.1


class Waiting(msgspec.Struct):
    """``start`` is called with a place, ``turn_away`` without; neither once ``is_over`` holds."""

    user: str
    start: Callable[[], None]
    turn_away: Callable[[], None]
    is_over: Callable[[], bool]
    until: float = 0.0


class Places:
    """``heads`` are all that run; everything happens on the loop."""

    def __init__(self, limit: int, heads: Callable[[], Sequence[Head]]) -> None:
        self._limit = limit
        self._heads = heads
        self._queue: deque[Waiting] = deque()
        self._next_look: asyncio.TimerHandle | None = None

    def close(self) -> None:
        self._queue.clear()
        if self._next_look is not None:
            self._next_look.cancel()

    def take(self, user: str) -> bool:
        """Whether ``user`` may encode now, before nobody who waits already."""
        return self._holds(user) or (not self._queue and self._make_room())

    def wait(self, waiting: Waiting) -> None:
        waiting.until = time.monotonic() + PATIENCE
        self._queue.append(waiting)
        if len(self._queue) == 1:
            self._look_later()

    def _look_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._next_look = loop.call_later(_LOOK_AGAIN, self._look) if self._queue else None

    def _look(self) -> None:
        """Let in, in turn, all for whom there is room, and whoever shares a place with them."""
        queue, self._queue = self._queue, deque()
        for waiting in queue:
            if waiting.is_over():
                continue
            if self._holds(waiting.user) or (not self._queue and self._make_room()):
                waiting.start()
            elif time.monotonic() > waiting.until:
                waiting.turn_away()
            else:
                self._queue.append(waiting)
        self._look_later()

    def _holds(self, user: str) -> bool:
        return any(user in head.users for head in self._encoding())

    def _make_room(self) -> bool:
        """Whether a place is free, if need be by ending the session that was idle longest."""
        encoding = self._encoding()
        active = {name for head in encoding for name in head.users}
        if len(active) < self._limit:
            return True
        idle = {name: self._idle_since(name, encoding) for name in active}
        left = sorted((at, name) for name, at in idle.items() if at is not None)
        too_many = len(active) - self._limit + 1
        if len(left) < too_many:
            return False
        for _, name in left[:too_many]:
            for head in encoding:
                head.users.discard(name)
                if not head.users:
                    head.stop()
        return True

    def _idle_since(self, user: str, encoding: Sequence[Head]) -> float | None:
        """When ``user`` last asked or was served; None while they wait or have only just been."""
        own = [head for head in encoding if user in head.users]
        if not all(head.is_free for head in own):
            return None
        at = max(head.asked_at for head in own)
        finished = all(head.is_done for head in own)
        return at if finished or time.monotonic() - at > YIELDS_AFTER else None

    def _encoding(self) -> list[Head]:
        return [head for head in self._heads() if head.order.encodes_video and not head.is_stopping]
