"""Progress, derived from events and from nothing else, so it can always be rebuilt."""

from collections.abc import Iterable

import msgspec

from mediaserver.history.models import PLAYBACK, WATCHED_ABOVE, EventKind, Progress, WatchEvent
from mediaserver.ids import ItemId


def derive(item_id: ItemId, events: Iterable[WatchEvent]) -> Progress:
    """``events`` of one viewer and item in the order they happened."""
    progress = Progress(item_id=item_id)
    for event in events:
        progress = after(progress, event)
    return progress


def after(progress: Progress, event: WatchEvent) -> Progress:
    if event.kind in PLAYBACK:
        progress = _played(progress, event)
    else:
        progress = msgspec.structs.replace(progress, **_marked(progress, event))
    return msgspec.structs.replace(progress, changed_at=event.at)


def _played(progress: Progress, event: WatchEvent) -> Progress:
    position = progress.position if event.position is None else event.position
    duration = event.duration or progress.duration
    # A dismissed item comes back with the next playback, not with the last report of this one.
    resumed = event.kind in {EventKind.STARTED, EventKind.PROGRESS}
    progress = msgspec.structs.replace(
        progress,
        position=position,
        duration=duration,
        played_at=event.at,
        dismissed=progress.dismissed and not resumed,
    )
    if duration <= 0 or position <= WATCHED_ABOVE * duration:
        return progress
    counted = event.session_id is not None and event.session_id == progress.watched_in
    if counted and progress.watched:
        return progress
    return msgspec.structs.replace(
        progress,
        watched=True,
        watched_at=event.at,
        watched_in=event.session_id,
        plays=progress.plays if counted else progress.plays + 1,
    )


def _marked(progress: Progress, event: WatchEvent) -> dict[str, object]:
    if event.kind is EventKind.WATCHED:
        # Marking by hand means "done with it": nothing is left to resume.
        return {"watched": True, "watched_at": event.at, "position": 0.0}
    if event.kind is EventKind.UNWATCHED:
        return {"watched": False, "watched_at": None, "position": 0.0, "watched_in": None}
    if event.kind is EventKind.FAVORITE:
        return {"favorite_at": progress.favorite_at or event.at}
    if event.kind is EventKind.UNFAVORITE:
        return {"favorite_at": None}
    if event.kind is EventKind.RATED:
        return {"rating": event.value}
    return {"dismissed": True}
