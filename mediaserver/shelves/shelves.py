"""The rows themselves; what they were made from is remembered, so an unchanged home is free."""

import itertools
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

import msgspec

from mediaserver.accounts import Viewer
from mediaserver.catalog import Catalog, EpisodeRef, ItemCard, ItemKind, UserData
from mediaserver.history import History, Moment, Moments, Progress
from mediaserver.ids import ItemId, UserId
from mediaserver.library import Library
from mediaserver.shelves.models import Row, Tally
from mediaserver.shelves.nextup import LastWatched, following, last_watched

CONTINUE = 12
NEXT_UP = 24
RECENT = 16
MY_LIST = 24
CUTOFF = 365 * 86400.0
_GROUPS = {ItemKind.SHOW, ItemKind.SEASON}
_REMEMBERED = 64
_CHUNK = 500
_FRESH = 60.0

Card = TypeVar("Card", bound=ItemCard)
Read = Callable[[Viewer, int, Moment | None, int], Awaitable[Moments]]


class _Home(msgspec.Struct, frozen=True):
    """Rows and what they were made from."""

    made_from: tuple[object, ...]
    made_at: float
    rows: tuple[Row, ...]


class Shelves:
    def __init__(
        self,
        catalog: Catalog,
        history: History,
        libraries: Callable[[], Awaitable[Sequence[Library]]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._catalog = catalog
        self._history = history
        self._libraries = libraries
        self._clock = clock
        self._tallies: dict[UserId, tuple[tuple[int, int], Tally]] = {}
        self._homes: dict[UserId, _Home] = {}

    # ---- cards with what the viewer did -----------------------------------------------------

    async def dress(self, viewer: Viewer, cards: Iterable[Card]) -> tuple[Card, ...]:
        """Fill in ``user`` and, for shows and seasons, ``unwatched_count``."""
        cards = tuple(cards)
        states = await self._history.states(viewer, [card.id for card in cards])
        grouped = any(card.kind in _GROUPS for card in cards)
        tally = await self._tally(viewer) if grouped else Tally()
        return tuple(_dressed(card, states.get(card.id), tally) for card in cards)

    async def dress_one(self, viewer: Viewer, card: Card) -> Card:
        (dressed,) = await self.dress(viewer, [card])
        return dressed

    async def watched_ids(self, viewer: Viewer) -> frozenset[ItemId]:
        """Everything watched, with the shows and seasons that are watched to the end."""
        tally = await self._tally(viewer)
        return tally.watched | {id_ for id_, (seen, of) in tally.episodes.items() if seen == of}

    async def set_watched(self, viewer: Viewer, item_id: ItemId, *, watched: bool) -> None:
        """A show or season is marked episode by episode."""
        card = await self._catalog.card(viewer, item_id)
        ids = [item_id]
        if card.kind in _GROUPS:
            ids = [episode.id for episode in await self._catalog.episodes(viewer, item_id)]
        await self._history.set_watched(viewer, ids, watched=watched)

    # ---- rows -------------------------------------------------------------------------------

    async def home(self, viewer: Viewer) -> tuple[Row, ...]:
        """Continue Watching, Next Up, what is new in each library, My List; no empty row."""
        libraries = await self._libraries()
        names = tuple((library.id, library.name) for library in libraries)
        made_from = (self._catalog.generation, self._history.generation(viewer), names)
        known = self._homes.get(viewer.user_id)
        now = self._clock()
        if known and known.made_from == made_from and 0 <= now - known.made_at < _FRESH:
            return known.rows
        rows = [
            Row("continue-watching", "Continue Watching", await self.continue_watching(viewer)),
            Row("next-up", "Next Up", await self.next_up(viewer)),
        ]
        for library in libraries:
            cards = await self._catalog.recently_added(viewer, library.id, RECENT)
            row_id, title = f"recently-added-{library.id}", f"Recently Added in {library.name}"
            rows.append(Row(row_id, title, await self.dress(viewer, cards)))
        my_list, _ = await self.favorites(viewer, MY_LIST)
        rows.append(Row("my-list", "My List", my_list))
        full = tuple(row for row in rows if row.items)
        _remember(self._homes, viewer.user_id, _Home(made_from, now, full))
        return full

    async def continue_watching(
        self, viewer: Viewer, limit: int = CONTINUE
    ) -> tuple[ItemCard, ...]:
        """What can be resumed, last played first."""
        # Twice as many, since some may be hidden now.
        ids = await self._history.resumable(viewer, 2 * limit)
        cards = await self._catalog.cards(viewer, ids)
        return await self.dress(viewer, cards[:limit])

    async def next_up(self, viewer: Viewer, limit: int = NEXT_UP) -> tuple[ItemCard, ...]:
        """Per show the first unwatched episode after the last watched one, if not resumable."""
        found: list[ItemId] = []
        async for show in self._last_watched(viewer):
            episode = await self._following(viewer, show)
            found += [episode] if episode else []
            if len(found) == limit:
                break
        return await self.dress(viewer, await self._catalog.cards(viewer, found))

    async def to_play(self, viewer: Viewer, item_id: ItemId) -> ItemCard | None:
        """What the play button of an item starts.

        Of a show or season: the episode in progress that was played last, else the one after the
        last watched, else the first. None when there is nothing to play.
        """
        card = await self._catalog.card(viewer, item_id)
        if card.kind not in _GROUPS:
            return await self.dress_one(viewer, card)
        episodes = await self._catalog.episodes(viewer, item_id)
        if not episodes:
            return None
        states = await self._history.states(viewer, [episode.id for episode in episodes])
        chosen = _in_progress(states.values()) or _next(episodes, states) or episodes[0].id
        return await self.dress_one(viewer, await self._catalog.card(viewer, chosen))

    async def next_episode(self, viewer: Viewer, item_id: ItemId) -> ItemCard | None:
        card = await self._catalog.next_episode(viewer, item_id)
        return await self.dress_one(viewer, card) if card else None

    # ---- lists ------------------------------------------------------------------------------

    async def history(
        self, viewer: Viewer, limit: int, after: Moment | None = None, skip: int = 0
    ) -> tuple[tuple[ItemCard, ...], Moments]:
        """What was played, last first, and the page it came from."""
        return await self._latest(viewer, self._history.played, limit, after, skip)

    async def favorites(
        self, viewer: Viewer, limit: int, after: Moment | None = None, skip: int = 0
    ) -> tuple[tuple[ItemCard, ...], Moments]:
        return await self._latest(viewer, self._history.favorites, limit, after, skip)

    # -----------------------------------------------------------------------------------------

    async def _last_watched(self, viewer: Viewer) -> AsyncIterator[LastWatched]:
        """Shows by when they were last watched, read no further than someone asks."""
        since = self._clock() - CUTOFF
        seen: set[ItemId] = set()
        for skip in itertools.count(0, _CHUNK):
            moments = await self._history.watched(viewer, _CHUNK, since=since, skip=skip)
            ids = [moment.item_id for moment in moments]
            refs = await self._catalog.episode_refs(viewer, ids)
            for show in last_watched(moments, refs):
                if show.show_id not in seen:
                    seen.add(show.show_id)
                    yield show
            if len(moments) < _CHUNK:
                return

    async def _following(self, viewer: Viewer, show: LastWatched) -> ItemId | None:
        episodes = await self._catalog.episodes(viewer, show.show_id)
        tally = await self._tally(viewer)
        episode = following(episodes, show.last, tally.watched)
        if episode is None or (await self._history.state(viewer, episode.id)).resumable:
            return None
        return episode.id

    async def _latest(
        self, viewer: Viewer, read: Read, limit: int, after: Moment | None, skip: int
    ) -> tuple[tuple[ItemCard, ...], Moments]:
        moments = await read(viewer, limit, after, skip)
        ids = [moment.item_id for moment in moments.items]
        return await self.dress(viewer, await self._catalog.cards(viewer, ids)), moments

    async def _tally(self, viewer: Viewer) -> Tally:
        """Made anew only when something became watched or the catalog changed."""
        made_from = (self._catalog.generation, self._history.watched_generation(viewer))
        known = self._tallies.get(viewer.user_id)
        if known and known[0] == made_from:
            return known[1]
        watched = await self._history.watched_ids(viewer)
        tally = Tally(watched, await self._catalog.counted(viewer, watched))
        _remember(self._tallies, viewer.user_id, (made_from, tally))
        return tally


_Value = TypeVar("_Value")


def _remember(kept: dict[UserId, _Value], user_id: UserId, value: _Value) -> None:
    """Bounded: the one set longest ago goes."""
    kept.pop(user_id, None)
    if len(kept) >= _REMEMBERED:
        del kept[next(iter(kept))]
    kept[user_id] = value


def _dressed(card: Card, progress: Progress | None, tally: Tally) -> Card:
    changes: dict[str, object] = {}
    user = UserData()
    if progress:
        times = [at for at in (progress.played_at, progress.watched_at) if at is not None]
        user = UserData(
            position=progress.position,
            resume_position=progress.resume_position,
            watched=progress.watched,
            favorite=progress.favorite_at is not None,
            rating=progress.rating,
            last_watched_at=max(times, default=None),
        )
    if card.kind in _GROUPS:
        episodes = card.child_count or 0
        seen, _ = tally.episodes.get(card.id, (0, 0))
        left = max(0, episodes - seen)
        changes["unwatched_count"] = left
        user = msgspec.structs.replace(user, watched=episodes > 0 and left == 0)
    return msgspec.structs.replace(card, user=user, **changes)


def _in_progress(states: Iterable[Progress]) -> ItemId | None:
    resumable = [state for state in states if state.to_continue]
    latest = max(resumable, key=lambda state: state.played_at or 0.0, default=None)
    return latest.item_id if latest else None


def _next(episodes: Sequence[EpisodeRef], states: Mapping[ItemId, Progress]) -> ItemId | None:
    watched = {state.item_id for state in states.values() if state.watched}
    moments = [
        Moment(state.item_id, state.watched_at)
        for state in states.values()
        if state.watched_at is not None
    ]
    last = last_watched(moments, {episode.id: episode for episode in episodes})
    episode = following(episodes, last[0].last if last else (), watched)
    return episode.id if episode else None
