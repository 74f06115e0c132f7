"""Playback grants: kept through a restart, ended on time, asked about no more than needed."""

import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from mediaserver.db import open_database
from mediaserver.errors import Forbidden, NotFound
from mediaserver.ids import FileId, ItemId, PlaybackId, UserId, new_id
from mediaserver.streaming import Capabilities, PlaybackSession, PlayState, Report, Sessions, Source
from mediaserver.streaming.decide import decide
from mediaserver.streaming.ladder import ladder
from mediaserver.streaming.models import Choice
from mediaserver.streaming.store import StreamingStore
from tests.streaming.films import AAC, H264, MKV, SRT, film, planned

SOURCE = Source(FileId("f"), "/m", "/m/a.mkv", 10, 20)


class Policy:
    """Who may watch, and how often that was asked."""

    def __init__(self) -> None:
        self.allows = True
        self.asked = 0

    async def __call__(self, _session: PlaybackSession) -> bool:
        self.asked += 1
        return self.allows


def session(user: str = "ada", *, lasts: float = 3600.0) -> PlaybackSession:
    info, now = film(MKV, H264, AAC, SRT), time.time()
    return PlaybackSession(
        id=PlaybackId(new_id()),
        user_id=UserId(user),
        item_id=ItemId("item"),
        file_id=FileId("f"),
        decision=decide(info, planned(), Capabilities(), Choice()),
        presentation=ladder(info, planned(), Capabilities(), Choice()),
        created_at=now,
        expires_at=now + lasts,
        sign_in_id="s",
        client="test",
        size=10,
        mtime_ns=20,
        duration=60.0,
    )


async def test_a_grant_survives_a_restart_whole(tmp_path: Path) -> None:
    granted = session()
    async with open_database(tmp_path / "db") as db:
        async with Sessions(StreamingStore(db), Policy()) as sessions:
            await sessions.add(granted)
        async with Sessions(StreamingStore(db), Policy()) as sessions:
            assert await sessions.admit(granted.id) == granted


async def test_an_ended_or_expired_grant_opens_nothing(tmp_path: Path) -> None:
    ended, expired, other = session(), session(lasts=-1), session()
    async with open_database(tmp_path / "db") as db:
        for _ in range(2):
            async with Sessions(StreamingStore(db), Policy()) as sessions:
                if not await db.value("SELECT count(*) FROM playback_sessions"):
                    for one in (ended, expired, other):
                        await sessions.add(one)
                    await sessions.end(ended.id)
                for gone in (ended.id, expired.id, "unknown"):
                    with pytest.raises(Forbidden):
                        await sessions.admit(gone)
                assert await sessions.admit(other.id) == other


async def test_policy_is_asked_once_in_a_while_and_its_no_is_final(tmp_path: Path) -> None:
    policy, granted = Policy(), session()
    async with (
        open_database(tmp_path / "db") as db,
        Sessions(StreamingStore(db), policy) as sessions,
    ):
        await sessions.add(granted)
        for _ in range(200):
            await sessions.admit(granted.id)
        assert policy.asked == 0
        sessions._asked[granted.id] -= 5.0
        for _ in range(200):
            await sessions.admit(granted.id)
        assert policy.asked == 1
        policy.allows = False
        sessions._asked[granted.id] -= 5.0
        with pytest.raises(Forbidden):
            await sessions.admit(granted.id)
        policy.allows = True
        with pytest.raises(Forbidden):
            await sessions.admit(granted.id)


async def test_a_session_is_its_owners_alone(tmp_path: Path) -> None:
    granted = session()
    async with (
        open_database(tmp_path / "db") as db,
        Sessions(StreamingStore(db), Policy()) as sessions,
    ):
        await sessions.add(granted)
        await sessions.end(granted.id)
        assert (await sessions.of(UserId("ada"), granted.id)).id == granted.id
        with pytest.raises(NotFound):
            await sessions.of(UserId("bob"), granted.id)


async def test_who_is_watching_follows_the_reports(tmp_path: Path) -> None:
    granted = session()
    now = granted.created_at
    async with (
        open_database(tmp_path / "db") as db,
        Sessions(StreamingStore(db), Policy()) as sessions,
    ):
        await sessions.add(granted)
        assert [one.session.id for one in sessions.playing(now + 30)] == [granted.id]
        assert sessions.playing(now + 60) == []
        sessions.report(granted, Report(50.0, PlayState.PLAYING, now + 55, seq=5))
        sessions.report(granted, Report(10.0, PlayState.PLAYING, now + 58, seq=1))
        (watching,) = sessions.playing(now + 60)
        assert watching.report is not None
        assert watching.report.position == 50.0
        sessions.report(granted, Report(51.0, PlayState.PAUSED, now + 60, seq=6))
        assert sessions.playing(now + 600) != []
        sessions.report(granted, Report(51.0, PlayState.STOPPED, now + 601, seq=7))
        assert sessions.playing(now + 602) == []


async def test_a_row_that_this_release_cannot_read_stops_no_start(tmp_path: Path) -> None:
    good, strange = session(), session()
    async with open_database(tmp_path / "db") as db:
        store = StreamingStore(db)
        await store.add_session(good)
        await store.add_session(strange)
        async with db.transaction() as tx:
            await tx.execute(
                "UPDATE playback_sessions SET presentation_json = '{}' WHERE id = ?", strange.id
            )
        async with Sessions(store, Policy()) as sessions:
            assert await sessions.admit(good.id) == good
            with pytest.raises(Forbidden):
                await sessions.admit(strange.id)


async def test_a_plan_belongs_to_one_version_of_one_file_and_one_planner(tmp_path: Path) -> None:
    plan = planned()
    async with open_database(tmp_path / "db") as db:
        store = StreamingStore(db)
        await store.keep_plan(SOURCE, plan)
        assert await store.plan(SOURCE, plan.version) == plan
        assert await store.plan(replace(SOURCE, path="/m/moved.mkv"), plan.version) == plan
        for changed in (replace(SOURCE, size=11), replace(SOURCE, mtime_ns=21)):
            assert await store.plan(changed, plan.version) is None
        assert await store.plan(SOURCE, plan.version + 1) is None
        await store.keep_plan(replace(SOURCE, size=11), plan)
        assert await db.value("SELECT count(*) FROM plans") == 1
