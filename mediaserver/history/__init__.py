"""What was watched: an append-only ledger, and the progress derived from it. Never lost.

For: positions, watched marks, favourites, ratings. Not for: which items exist (catalog).
The ledger is the truth and the progress table a convenience that a rebuild must reproduce. The
position is always stored; thresholds only decide what is offered.
"""

from mediaserver.history.models import (
    EventKind,
    Moment,
    Moments,
    PlayerState,
    Progress,
    WatchEvent,
)
from mediaserver.history.progress import derive
from mediaserver.history.store import MAX_RATING, History

__all__ = [
    "MAX_RATING",
    "EventKind",
    "History",
    "Moment",
    "Moments",
    "PlayerState",
    "Progress",
    "WatchEvent",
    "derive",
]
