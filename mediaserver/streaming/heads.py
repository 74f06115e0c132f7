"""A head: one thread with a warm demuxer and decoder, making consecutive segments of a rendition.

It runs at most three segments ahead of the furthest request and then waits. What nobody waits for
any more is dropped between two frames when somebody waits for something else; work that others
wait for is never dropped. After thirty idle seconds the head ends.
"""

import logging
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import av

from mediaserver.errors import MediaServerError, Unplayable
from mediaserver.streaming.makers import Maker, Order, maker
from mediaserver.streaming.models import Made
from mediaserver.streaming.reader import Cancelled

RUN_AHEAD = 3
IDLE_SECONDS = 30.0
_KEPT = 2 * RUN_AHEAD
_NICE = 10
_log = logging.getLogger(__name__)

Deliver = Callable[["Head", int, Made | Exception], None]


class Head:
    """``want`` and ``unwant`` come from the loop, ``deliver`` is called in the head's thread."""

    def __init__(
        self,
        order: Order,
        deliver: Deliver,
        ended: Callable[["Head"], None],
        idle_seconds: float = IDLE_SECONDS,
    ) -> None:
        self.order = order
        self.users: set[str] = set()
        """Playback sessions that asked here."""
        self.asked_at = time.monotonic()
        """When somebody last asked here, or got what they had asked for."""
        self._deliver = deliver
        self._ended = ended
        self._idle_seconds = idle_seconds
        self._changed = threading.Condition()
        self._wanted: list[int] = []
        self._ready: dict[int, Made] = {}
        self._asked, self._next = 0, -1
        self._working: int | None = None
        self._failed: int | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="head", daemon=True)

    def start(self) -> None:
        self._thread.start()

    # ---- called on the loop ------------------------------------------------------------------

    def want(self, k: int) -> Made | None:
        """The segment when it is there already; otherwise it will be delivered.

        Raises Cancelled when the head has just ended: another is needed.
        """
        with self._changed:
            if self._stopping:
                raise Cancelled
            self.asked_at = time.monotonic()
            self._asked = k
            near = range(k - 1, k + RUN_AHEAD + 1)
            self._ready = {at: made for at, made in self._ready.items() if at in near}
            if k in self._ready:
                self._changed.notify()
                return self._ready[k]
            if k not in self._wanted:
                self._wanted.append(k)
            self._changed.notify()
            return None

    def unwant(self, k: int) -> None:
        with self._changed:
            if k in self._wanted:
                self._wanted.remove(k)
            self._changed.notify()

    def reaches(self, k: int) -> bool:
        """Whether ``k`` is ready, under way, or among the next to be made."""
        with self._changed:
            near = self._working if self._working is not None else self._next
            places = (near, *self._wanted)
            return not self._stopping and (
                k in self._ready or any(at <= k <= at + 1 for at in places)
            )

    @property
    def is_free(self) -> bool:
        """Whether nobody waits for anything here."""
        with self._changed:
            return not self._wanted

    @property
    def is_done(self) -> bool:
        """Whether it came to the end of the film and nobody waits."""
        with self._changed:
            return not self._wanted and self._next >= self.order.count

    @property
    def is_stopping(self) -> bool:
        with self._changed:
            return self._stopping

    def stop(self) -> None:
        with self._changed:
            self._stopping = True
            self._changed.notify()

    def join(self, timeout: float) -> None:
        self._thread.join(timeout)

    # ---- in the head's thread ----------------------------------------------------------------

    def _run(self) -> None:
        if self.order.encodes_video:
            with suppress(OSError, AttributeError):
                # Before a codec opens, so that its threads inherit it.
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
        try:
            with maker(self.order, self._check) as made:
                while (k := self._await_work()) is not None:
                    self._make(made, k)
        except Exception as err:  # noqa: BLE001 - the top of a background task
            _log_unexpected(err)
            self._fail_all(err)
        finally:
            self.stop()
            self._ended(self)

    def _make(self, made: Maker, k: int) -> None:
        result: Made | Exception
        try:
            result = made.make(k, hasty=self._is_hasty(k))
        except Cancelled:
            with self._changed:
                self._working = None
            return
        except (av.FFmpegError, OSError) as err:
            result = Unplayable("The file is damaged here, or cannot be read.", code="damaged")
            result.__cause__ = err
        except Exception as err:  # noqa: BLE001 - whoever waits is told; the next may be sound
            _log_unexpected(err)
            result = err
        with self._changed:
            self._working = None
            if k in self._wanted:
                self._wanted.remove(k)
                self.asked_at = time.monotonic()
            if isinstance(result, Made):
                self._next = k + 1
                self._ready[k] = result
                while len(self._ready) > _KEPT:
                    del self._ready[next(iter(self._ready))]
            else:
                self._failed = k
        self._deliver(self, k, result)

    def _await_work(self) -> int | None:
        with self._changed:
            until = time.monotonic() + self._idle_seconds
            while not self._stopping:
                k = self._choose()
                if k is not None:
                    self._working = k
                    return k
                left = until - time.monotonic()
                if left <= 0:
                    self._stopping = True
                    break
                self._changed.wait(left)
            return None

    def _choose(self) -> int | None:
        if self._wanted:
            return self._next if self._next in self._wanted else self._wanted[0]
        ahead = self._next
        if not self._asked <= ahead <= self._asked + RUN_AHEAD or ahead >= self.order.count:
            return None
        return None if ahead in self._ready or ahead == self._failed else ahead

    def _is_hasty(self, k: int) -> bool:
        """Whether somebody waits for a picture that does not follow the one before."""
        with self._changed:
            return self.order.encodes_video and k != self._next and k in self._wanted

    def _check(self) -> None:
        """Two attribute reads when nothing changed: it runs for every frame."""
        if self._stopping:
            raise Cancelled
        wanted, working = self._wanted, self._working
        if wanted and working is not None and working not in wanted and working + 1 not in wanted:
            raise Cancelled

    def _fail_all(self, err: Exception) -> None:
        with self._changed:
            waiting, self._wanted = self._wanted, []
            self._stopping = True
        for k in waiting:
            self._deliver(self, k, err)


def _log_unexpected(err: Exception) -> None:
    if not isinstance(err, MediaServerError):
        _log.error("a segment could not be made", exc_info=err)
