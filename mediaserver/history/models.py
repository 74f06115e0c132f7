"""What someone did with an item, and what is known of it now."""

import math
from enum import StrEnum

import msgspec

from mediaserver.ids import ItemId, PlaybackId, UserId

RESUME_FROM = 0.05
WATCHED_ABOVE = 0.90
SHORTEST_RESUMABLE = 300.0
NOW = math.inf
"""The time of an event that happens as it is written."""


class EventKind(StrEnum):
    STARTED = "started"
    PROGRESS = "progress"
    PAUSED = "paused"
    STOPPED = "stopped"
    WATCHED = "watched"
    UNWATCHED = "unwatched"
    FAVORITE = "favorite"
    UNFAVORITE = "unfavorite"
    RATED = "rated"
    DISMISSED = "dismissed"
    """Taken off the row of things to continue."""


PLAYBACK = frozenset({EventKind.STARTED, EventKind.PROGRESS, EventKind.PAUSED, EventKind.STOPPED})


class PlayerState(StrEnum):
    """What a player says of itself."""

    STARTED = "started"
    PLAYING = "playing"
    PAUSED = "paused"
    STOPPED = "stopped"


class WatchEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the ledger. ``at`` is when it happened, which may be long before it arrived."""

    user_id: UserId
    item_id: ItemId
    kind: EventKind
    at: float = NOW
    session_id: PlaybackId | None = None
    seq: int | None = None
    """Counts up within a session; the same event sent again has the same number."""
    position: float | None = None
    duration: float | None = None
    value: float | None = None
    """The rating; None takes it back."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """What the ledger says of one viewer and one item."""

    item_id: ItemId
    position: float = 0.0
    """Where they stopped, always; what to offer is ``resume_position``."""
    duration: float = 0.0
    played_at: float | None = None
    watched: bool = False
    watched_at: float | None = None
    watched_in: PlaybackId | None = None
    """The session that counted as a play, so that it counts once."""
    plays: int = 0
    dismissed: bool = False
    favorite_at: float | None = None
    rating: float | None = None
    changed_at: float = 0.0

    @property
    def resumable(self) -> bool:
        """Far enough in and not yet at the end of something long enough."""
        if self.duration < SHORTEST_RESUMABLE:
            return False
        return RESUME_FROM <= self.position / self.duration <= WATCHED_ABOVE

    @property
    def resume_position(self) -> float:
        return self.position if self.resumable else 0.0

    @property
    def to_continue(self) -> bool:
        return self.resumable and not self.dismissed


class Moment(msgspec.Struct, frozen=True):
    """An item, and when the thing asked about happened to it."""

    item_id: ItemId
    at: float


class Moments(msgspec.Struct, frozen=True):
    """Newest first; ``following`` is where the next page begins, None on the last."""

    items: tuple[Moment, ...]
    following: Moment | None
    total: int
