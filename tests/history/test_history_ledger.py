"""What was watched: thresholds, repeats, late arrivals, and a table that equals its ledger."""

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mediaserver.accounts import Viewer
from mediaserver.db import Database, open_database
from mediaserver.errors import Invalid
from mediaserver.history import EventKind, History, PlayerState, Progress, WatchEvent, derive
from mediaserver.ids import ItemId, PlaybackId
from tests.scanned import viewer

ADA, BOB = viewer("ada"), viewer("bob")
FILM = ItemId("film")
OTHER = ItemId("other")
TV, PHONE = PlaybackId("tv"), PlaybackId("phone")
HOUR = 3600.0


class Clock:
    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now

    def later(self, seconds: float = 10.0) -> float:
        self.now += seconds
        return self.now


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.db") as database:
        yield database


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def history(db: Database, clock: Clock) -> History:
    return History(db, clock)


async def table(db: Database) -> list[tuple[object, ...]]:
    _, rows = await db.fetch("SELECT * FROM progress ORDER BY user_id, item_id", ())
    return [tuple(row) for row in rows]


async def favorites(history: History, who: Viewer) -> list[ItemId]:
    return [moment.item_id for moment in (await history.favorites(who, 50)).items]


@pytest.mark.parametrize(
    ("position", "duration", "resume", "watched"),
    [
        (0.0, HOUR, 0.0, False),
        (179.0, HOUR, 0.0, False),
        (180.0, HOUR, 180.0, False),
        (1800.0, HOUR, 1800.0, False),
        (3240.0, HOUR, 3240.0, False),
        (3241.0, HOUR, 0.0, True),
        (3600.0, HOUR, 0.0, True),
        (150.0, 299.0, 0.0, False),
        (280.0, 299.0, 0.0, True),
        (150.0, 300.0, 150.0, False),
        (150.0, 0.0, 0.0, False),
    ],
)
async def test_thresholds_choose_what_is_offered_and_the_position_stays(
    history: History, position: float, duration: float, resume: float, watched: bool
) -> None:
    await history.record(ADA, FILM, TV, position, duration, PlayerState.STOPPED)
    state = await history.state(ADA, FILM)
    assert state.position == position
    assert state.resume_position == resume
    assert state.watched is watched
    assert await history.resumable(ADA, 12) == ([FILM] if resume else [])


async def test_a_repeated_report_counts_once(history: History, db: Database, clock: Clock) -> None:
    for _ in range(3):
        await history.record(ADA, FILM, TV, 3500.0, HOUR, seq=7)
        clock.later()
    assert await db.value("SELECT count(*) FROM watch_events") == 1
    assert (await history.state(ADA, FILM)).plays == 1


async def test_the_same_number_from_another_viewer_is_another_event(history: History) -> None:
    await history.record(ADA, FILM, TV, 1000.0, HOUR, seq=1)
    await history.record(BOB, FILM, TV, 2000.0, HOUR, seq=1)
    assert (await history.state(ADA, FILM)).position == 1000.0
    assert (await history.state(BOB, FILM)).position == 2000.0


async def test_a_late_report_does_not_undo_a_newer_one(history: History, clock: Clock) -> None:
    offline = clock.now
    clock.later(500)
    await history.record(ADA, FILM, TV, 3000.0, HOUR, seq=1)
    clock.later(500)
    await history.record(ADA, FILM, PHONE, 3590.0, HOUR, at=offline, seq=1)
    state = await history.state(ADA, FILM)
    assert state.position == 3000.0
    assert (state.watched, state.watched_at) == (True, offline)


async def test_a_late_report_of_a_session_goes_before_its_next_one(
    history: History, clock: Clock
) -> None:
    await history.record(ADA, FILM, TV, 100.0, HOUR, seq=1)
    clock.later()
    await history.record(ADA, FILM, TV, 900.0, HOUR, seq=3)
    clock.later()
    await history.record(ADA, FILM, TV, 500.0, HOUR, seq=2)
    assert (await history.state(ADA, FILM)).position == 900.0


async def test_nothing_happens_in_the_future(history: History, clock: Clock) -> None:
    await history.record(ADA, FILM, PHONE, 100.0, HOUR, at=clock.now + 1e6, seq=1)
    clock.later()
    await history.record(ADA, FILM, TV, 200.0, HOUR, seq=1)
    assert (await history.state(ADA, FILM)).position == 200.0


async def test_marks_take_effect_when_the_clock_was_set_back(
    history: History, clock: Clock
) -> None:
    await history.set_watched(ADA, [FILM], watched=True)
    clock.later(-HOUR)
    await history.set_watched(ADA, [FILM], watched=False)
    assert not (await history.state(ADA, FILM)).watched


async def test_marking_by_hand_ends_resuming(history: History, clock: Clock) -> None:
    await history.record(ADA, FILM, TV, 1800.0, HOUR)
    clock.later()
    await history.set_watched(ADA, [FILM, OTHER], watched=True)
    state = await history.state(ADA, FILM)
    assert (state.watched, state.position) == (True, 0.0)
    assert [entry.item_id for entry in await history.watched(ADA, 9)] == [FILM, OTHER]
    await history.set_watched(ADA, [FILM], watched=False)
    assert [entry.item_id for entry in await history.watched(ADA, 9)] == [OTHER]
    assert await history.watched_ids(ADA) == {OTHER}
    assert await history.watched(BOB, 9) == []
    assert await history.watched_ids(BOB) == frozenset()


async def test_watching_again_can_be_resumed_and_counts_again(
    history: History, clock: Clock
) -> None:
    for position in (3300.0, 3400.0):
        await history.record(ADA, FILM, TV, position, HOUR)
        clock.later()
    assert (await history.state(ADA, FILM)).plays == 1
    await history.record(ADA, FILM, PHONE, 1000.0, HOUR)
    state = await history.state(ADA, FILM)
    assert (state.watched, state.resume_position) == (True, 1000.0)
    await history.record(ADA, FILM, PHONE, 3500.0, HOUR)
    assert (await history.state(ADA, FILM)).plays == 2


async def test_a_dismissed_item_returns_when_it_is_played_again(history: History) -> None:
    await history.record(ADA, FILM, TV, 1800.0, HOUR)
    await history.dismiss(ADA, FILM)
    await history.record(ADA, FILM, TV, 1800.0, HOUR, PlayerState.STOPPED)
    assert await history.resumable(ADA, 12) == []
    assert (await history.state(ADA, FILM)).position == 1800.0
    await history.record(ADA, FILM, PHONE, 1810.0, HOUR, PlayerState.STARTED)
    assert await history.resumable(ADA, 12) == [FILM]


async def test_favourites_and_ratings(history: History, clock: Clock) -> None:
    await history.set_favorite(ADA, FILM, favorite=True)
    clock.later()
    await history.set_favorite(ADA, OTHER, favorite=True)
    await history.set_favorite(ADA, FILM, favorite=True)
    await history.set_rating(ADA, FILM, 8.5)
    assert await favorites(history, ADA) == [OTHER, FILM]
    assert (await history.state(ADA, FILM)).rating == 8.5
    await history.set_favorite(ADA, OTHER, favorite=False)
    await history.set_rating(ADA, FILM, None)
    assert await favorites(history, ADA) == [FILM]
    assert (await history.state(ADA, FILM)).rating is None
    assert await favorites(history, BOB) == []


@pytest.mark.parametrize("rating", [-1.0, 10.5, float("nan")])
async def test_an_impossible_rating_is_refused(history: History, rating: float) -> None:
    with pytest.raises(Invalid):
        await history.set_rating(ADA, FILM, rating)


@pytest.mark.parametrize("position", [-1.0, float("nan"), float("inf")])
async def test_an_impossible_position_is_refused(history: History, position: float) -> None:
    with pytest.raises(Invalid):
        await history.record(ADA, FILM, TV, position, HOUR)
    with pytest.raises(Invalid):
        await history.record(ADA, FILM, TV, 1.0, HOUR, at=position)


async def test_played_pages_meet_every_item_once(history: History, clock: Clock) -> None:
    ids = [ItemId(f"item{n:02}") for n in range(7)]
    for n, id_ in enumerate(ids):
        await history.record(ADA, id_, TV, 10.0, HOUR)
        clock.later(n % 2)
    seen: list[ItemId] = []
    page = await history.played(ADA, 3)
    while True:
        seen += [entry.item_id for entry in page.items]
        assert page.total == 7
        if page.following is None:
            break
        page = await history.played(ADA, 3, page.following)
    assert sorted(seen) == ids
    assert seen[0] in ids[-2:]


async def test_generations_grow_only_for_who_did_something(history: History) -> None:
    before = history.generation(ADA), history.generation(BOB), history.watched_generation(ADA)
    await history.record(ADA, FILM, TV, 100.0, HOUR)
    after = history.generation(ADA), history.generation(BOB), history.watched_generation(ADA)
    assert (after[0] > before[0], after[1:]) == (True, before[1:])
    await history.record(ADA, FILM, TV, 3500.0, HOUR)
    assert history.watched_generation(ADA) > before[2]


async def test_callers_share_a_commit_and_each_is_durable(history: History, db: Database) -> None:
    reports = [history.record(ADA, ItemId(f"i{n}"), TV, 5.0, HOUR, seq=n) for n in range(450)]
    await asyncio.gather(*reports)
    assert await db.value("SELECT count(*) FROM watch_events") == 450
    assert await db.value("SELECT count(*) FROM progress") == 450


async def test_a_caller_who_gives_up_takes_nobody_along(history: History) -> None:
    tasks = [
        asyncio.create_task(history.record(ADA, ItemId(f"i{n}"), TV, 5.0, HOUR, seq=n))
        for n in range(20)
    ]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    results = await asyncio.gather(*tasks, return_exceptions=True)
    kept = {ItemId(f"i{n}") for n, result in enumerate(results) if result is None}
    assert len(kept) >= 13
    assert kept <= set(await history.states(ADA, [ItemId(f"i{n}") for n in range(20)]))


async def test_the_table_equals_a_rebuild_of_the_ledger(
    history: History, db: Database, clock: Clock
) -> None:
    chance = random.Random(7)
    for _ in range(400):
        who, item = chance.choice((ADA, BOB)), chance.choice((FILM, OTHER))
        clock.later(chance.choice((0, 0, 1, 30, -5)))
        await _anything(history, chance, clock, who, item)
    live = await table(db)
    assert await history.rebuild() == len(live) == 4
    assert await table(db) == live


async def _anything(
    history: History, chance: random.Random, clock: Clock, who: Viewer, item: ItemId
) -> None:
    match chance.randrange(8):
        case 0:
            await history.set_watched(who, [item], watched=chance.random() < 0.5)
        case 1:
            await history.set_favorite(who, item, favorite=chance.random() < 0.5)
        case 2:
            await history.set_rating(who, item, chance.choice((None, 1.0, 9.0)))
        case 3:
            await history.dismiss(who, item)
        case _:
            late = chance.choice((None, None, clock.now - chance.random() * 500))
            state = chance.choice(list(PlayerState))
            session, seq = chance.choice((TV, PHONE)), chance.choice((None, chance.randrange(99)))
            position = chance.random() * HOUR
            await history.record(who, item, session, position, HOUR, state, late, seq)


def test_derivation_needs_nothing_but_the_events() -> None:
    def event(kind: EventKind, at: float, position: float | None = None) -> WatchEvent:
        return WatchEvent(
            user_id=ADA.user_id,
            item_id=FILM,
            kind=kind,
            at=at,
            position=position,
            duration=HOUR if position is not None else None,
            session_id=TV,
        )

    events = [
        event(EventKind.STARTED, 1, 0.0),
        event(EventKind.PROGRESS, 2, 3300.0),
        event(EventKind.FAVORITE, 3),
        event(EventKind.STOPPED, 4, 1200.0),
    ]
    assert derive(FILM, events) == Progress(
        item_id=FILM,
        position=1200.0,
        duration=HOUR,
        played_at=4,
        watched=True,
        watched_at=2,
        watched_in=TV,
        plays=1,
        favorite_at=3,
        changed_at=4,
    )
    assert derive(FILM, []) == Progress(item_id=FILM)
