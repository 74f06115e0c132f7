"""Which episode comes next, purely: the first unwatched one after the last one watched."""

from collections.abc import Container, Iterable, Mapping, Sequence

import msgspec

from mediaserver.catalog import EpisodeRef
from mediaserver.history import Moment
from mediaserver.ids import ItemId


class LastWatched(msgspec.Struct, frozen=True):
    """A show and when an episode of it was last watched; ``last`` holds every one watched then."""

    show_id: ItemId
    at: float
    last: frozenset[ItemId]


def last_watched(
    moments: Iterable[Moment], episodes: Mapping[ItemId, EpisodeRef]
) -> list[LastWatched]:
    """Shows by when they were last watched, latest first; specials do not count."""
    when: dict[ItemId, float] = {}
    last: dict[ItemId, set[ItemId]] = {}
    for moment in moments:
        ref = episodes.get(moment.item_id)
        if ref is None or ref.season_number == 0:
            continue
        latest = when.get(ref.show_id, moment.at)
        if moment.at > latest or ref.show_id not in when:
            when[ref.show_id], last[ref.show_id] = moment.at, {ref.id}
        elif moment.at == latest:
            last[ref.show_id].add(ref.id)
    found = [LastWatched(show, at, frozenset(last[show])) for show, at in when.items()]
    return sorted(found, key=lambda show: (-show.at, show.show_id))


def following(
    episodes: Sequence[EpisodeRef], last: Container[ItemId], watched: Container[ItemId]
) -> EpisodeRef | None:
    """``episodes`` in order. Of several watched at once (a season marked by hand) the last counts.

    Without any watched episode the first unwatched one.
    """
    regular = [episode for episode in episodes if episode.season_number]
    begin = max((i + 1 for i, episode in enumerate(regular) if episode.id in last), default=0)
    return next((episode for episode in regular[begin:] if episode.id not in watched), None)
