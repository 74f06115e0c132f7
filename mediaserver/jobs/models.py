"""A job: work that survives a restart, with progress anyone can follow."""

from enum import StrEnum
from typing import Any

import msgspec

from mediaserver.ids import JobId


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        return self in {JobState.DONE, JobState.FAILED, JobState.CANCELLED}


class Job(msgspec.Struct, frozen=True):
    """``progress`` runs 0..1, ``eta`` is seconds left or None, ``counts`` what was done so far."""

    id: JobId
    kind: str
    state: JobState
    created_at: float
    subject: str | None = None
    """What it works on, such as a library id; of one kind and subject at most one runs and one
    waits."""
    arguments: dict[str, Any] = {}
    progress: float = 0.0
    current: str | None = None
    counts: dict[str, int] = {}
    eta: float | None = None
    error: str | None = None
    started_at: float | None = None
    finished_at: float | None = None
