"""Whether the server is well."""

import msgspec
from aiohttp import web

from mediaserver.http import Access, endpoint


class Health(msgspec.Struct, frozen=True):
    status: str


@endpoint("GET", "/api/health", access=Access.PUBLIC)
async def health(request: web.Request) -> Health:  # noqa: ARG001 - every handler takes one
    """That the server answers, and nothing more."""
    return Health("ok")
