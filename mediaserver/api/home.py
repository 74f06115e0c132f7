"""The home page's rows."""

import msgspec
from aiohttp import web

from mediaserver.http import Access, endpoint, services, viewer
from mediaserver.shelves import Row


class Home(msgspec.Struct, frozen=True):
    rows: tuple[Row, ...]


@endpoint("GET", "/api/home", access=Access.SIGNED_IN)
async def home(request: web.Request) -> Home:
    """Continue Watching, Next Up, what is new in each library, My List; empty rows left out."""
    return Home(await services(request).shelves.home(viewer(request)))
