"""Whether the server is well: for anyone that it answers, for admins everything."""

import msgspec
from aiohttp import web

from mediaserver.health import Report
from mediaserver.http import Access, endpoint, services


class Alive(msgspec.Struct, frozen=True):
    status: str


@endpoint("GET", "/api/health", access=Access.PUBLIC)
async def health(request: web.Request) -> Alive:  # noqa: ARG001 - every handler takes one
    """That the server answers, and nothing more."""
    return Alive("ok")


@endpoint("GET", "/api/admin/health", access=Access.ADMIN)
async def admin_health(request: web.Request) -> Report:
    """Versions, disks, database and libraries, each problem with its remedy."""
    return await services(request).health.report()
