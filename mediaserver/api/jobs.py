"""Jobs: what runs in the background, and how far it is."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from mediaserver.errors import Conflict, NotFound
from mediaserver.http import Access, endpoint, services
from mediaserver.ids import JobId
from mediaserver.jobs import Job, JobState


class JobPath(msgspec.Struct, frozen=True):
    id: str


class JobQuery(msgspec.Struct, frozen=True):
    state: JobState | None = None
    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Annotated[int, Meta(ge=0, le=10_000)] = 0


class JobList(msgspec.Struct, frozen=True):
    items: list[Job]
    next_cursor: str | None
    total: int


@endpoint("GET", "/api/jobs", access=Access.ADMIN)
async def list_jobs(request: web.Request, query: JobQuery) -> JobList:
    """Newest first."""
    jobs = services(request).jobs
    total = await jobs.count(query.state)
    items = await jobs.recent(query.state, query.limit, query.cursor)
    end = query.cursor + len(items)
    return JobList(items, str(end) if end < total else None, total)


@endpoint("GET", "/api/jobs/{id}", access=Access.ADMIN, raises=(NotFound,))
async def get_job(request: web.Request, path: JobPath) -> Job:
    """One job as it stands now."""
    return await services(request).jobs.get(JobId(path.id))


@endpoint("POST", "/api/jobs/{id}/cancel", access=Access.ADMIN, raises=(NotFound, Conflict))
async def cancel_job(request: web.Request, path: JobPath) -> Job:
    """Ask it to stop; what it has done so far stays."""
    return await services(request).jobs.cancel(JobId(path.id))
