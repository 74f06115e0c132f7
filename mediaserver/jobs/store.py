"""The SQL of jobs."""

import time
from collections.abc import Sequence
from typing import Any

from mediaserver.db import Database, as_json
from mediaserver.ids import JobId, new_id
from mediaserver.jobs.models import Job, JobState

_COLUMNS = (
    "id, kind, subject, arguments_json, state, progress, current, counts_json, eta, error,"
    " created_at, started_at, finished_at"
)
_ALIVE = "state IN ('queued', 'running')"
_KEPT = 500


class JobStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def get(self, job_id: JobId) -> Job | None:
        return await self._db.one(Job, f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", job_id)

    async def recent(self, state: JobState | None, limit: int, offset: int = 0) -> list[Job]:
        """Newest first."""
        return await self._db.all(
            Job,
            f"SELECT {_COLUMNS} FROM jobs WHERE ? IS NULL OR state = ?"
            " ORDER BY created_at DESC, id DESC LIMIT ? OFFSET ?",
            state,
            state,
            limit,
            offset,
        )

    async def count(self, state: JobState | None) -> int:
        return int(
            await self._db.value(
                "SELECT count(*) FROM jobs WHERE ? IS NULL OR state = ?", state, state
            )
        )

    async def queued(self) -> list[Job]:
        """Oldest first."""
        return await self._db.all(
            Job,
            f"SELECT {_COLUMNS} FROM jobs WHERE {_ALIVE} AND state = 'queued'"
            " ORDER BY created_at, id LIMIT 50",
        )

    async def insert(
        self,
        kind: str,
        subject: str | None,
        arguments: dict[str, Any],
        *,
        follow_up: bool = False,
    ) -> Job:
        """A new queued job, or the one alive with the same kind and subject.

        ``follow_up``: one that runs already is not enough; another waits behind it.
        """
        enough = "state = 'queued'" if follow_up else _ALIVE
        async with self._db.transaction() as tx:
            alive = await tx.one(
                Job,
                f"SELECT {_COLUMNS} FROM jobs"
                f" WHERE kind = ? AND coalesce(subject, '') = ? AND {enough}"
                " ORDER BY state DESC",
                kind,
                subject or "",
            )
            if alive:
                return alive
            await tx.execute(
                "DELETE FROM jobs WHERE id IN (SELECT id FROM jobs WHERE finished_at IS NOT NULL"
                " ORDER BY finished_at DESC LIMIT -1 OFFSET ?)",
                _KEPT,
            )
            job = Job(
                id=JobId(new_id()),
                kind=kind,
                state=JobState.QUEUED,
                created_at=time.time(),
                subject=subject,
                arguments=arguments,
            )
            await tx.execute(
                "INSERT INTO jobs (id, kind, subject, arguments_json, state, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?)",
                job.id,
                kind,
                subject,
                as_json(arguments),
                job.state,
                job.created_at,
            )
            return job

    async def save(self, job: Job) -> None:
        async with self._db.transaction() as tx:
            await tx.execute(
                "UPDATE jobs SET state = ?, progress = ?, current = ?, counts_json = ?, eta = ?,"
                " error = ?, started_at = ?, finished_at = ? WHERE id = ?",
                job.state,
                job.progress,
                job.current,
                as_json(job.counts),
                job.eta,
                job.error,
                job.started_at,
                job.finished_at,
                job.id,
            )

    async def requeue_running(self, kinds: Sequence[str]) -> None:
        """What a crash left running starts again, and stands for the one that waited behind it."""
        async with self._db.transaction() as tx:
            for kind in kinds:
                await tx.execute(
                    "DELETE FROM jobs WHERE state = 'queued' AND kind = ?1"
                    " AND coalesce(subject, '') IN (SELECT coalesce(subject, '') FROM jobs"
                    " WHERE state = 'running' AND kind = ?1)",
                    kind,
                )
                await tx.execute(
                    "UPDATE jobs SET state = 'queued' WHERE state = 'running' AND kind = ?", kind
                )

    async def cancel_queued(self, job_id: JobId) -> bool:
        async with self._db.transaction() as tx:
            changed = await tx.execute(
                "UPDATE jobs SET state = 'cancelled', finished_at = ?"
                " WHERE id = ? AND state = 'queued'",
                time.time(),
                job_id,
            )
        return changed == 1
