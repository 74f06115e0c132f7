"""The SQL of playback sessions and plans."""

import time

import msgspec

from mediaserver.db import Database, as_json
from mediaserver.ids import PlaybackId
from mediaserver.streaming.models import Plan, PlaybackSession, Source

_SESSION = (
    "id, user_id, item_id, file_id, size, mtime_ns, duration, sign_in_id, client,"
    " decision_json, presentation_json, created_at, expires_at, ended_at"
)
_FORGET_AFTER = 60 * 86400.0
"""An offline player may report a film it played long ago."""


class StreamingStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def live_sessions(self, now: float) -> list[PlaybackSession]:
        """Oldest first. One that an earlier release wrote and this cannot read has ended."""
        ids = await self._db.slow.all(
            str,
            "SELECT id FROM playback_sessions"
            " WHERE ended_at IS NULL AND expires_at > ? ORDER BY created_at",
            now,
        )
        found = [await self.session(PlaybackId(session_id)) for session_id in ids]
        return [session for session in found if session is not None]

    async def session(self, session_id: PlaybackId) -> PlaybackSession | None:
        """Ended ones too."""
        try:
            return await self._db.one(
                PlaybackSession,
                f"SELECT {_SESSION} FROM playback_sessions WHERE id = ?",
                session_id,
            )
        except msgspec.ValidationError:
            return None

    async def add_session(self, session: PlaybackSession) -> None:
        async with self._db.transaction() as tx:
            await tx.execute(
                "DELETE FROM playback_sessions WHERE expires_at < ?",
                session.created_at - _FORGET_AFTER,
            )
            await tx.execute(
                f"INSERT INTO playback_sessions ({_SESSION})"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                session.id,
                session.user_id,
                session.item_id,
                session.file_id,
                session.size,
                session.mtime_ns,
                session.duration,
                session.sign_in_id,
                session.client,
                as_json(session.decision),
                as_json(session.presentation),
                session.created_at,
                session.expires_at,
                session.ended_at,
            )

    async def end_session(self, session_id: PlaybackId, at: float) -> None:
        async with self._db.transaction() as tx:
            await tx.execute(
                "UPDATE playback_sessions SET ended_at = ? WHERE id = ? AND ended_at IS NULL",
                at,
                session_id,
            )

    async def plan(self, source: Source, version: int) -> Plan | None:
        """The plan of exactly this file, made by this version of the planner."""
        blob = await self._db.value(
            "SELECT plan FROM plans"
            " WHERE file_id = ? AND size = ? AND mtime_ns = ? AND version = ?",
            source.file_id,
            source.size,
            source.mtime_ns,
            version,
        )
        try:
            return None if blob is None else msgspec.msgpack.decode(blob, type=Plan)
        except msgspec.DecodeError:
            return None

    async def keep_plan(self, source: Source, plan: Plan) -> None:
        async with self._db.transaction() as tx:
            await tx.execute(
                "INSERT OR REPLACE INTO plans (file_id, size, mtime_ns, version, plan, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                source.file_id,
                source.size,
                source.mtime_ns,
                plan.version,
                msgspec.msgpack.encode(plan),
                time.time(),
            )
