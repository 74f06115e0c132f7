"""What hangs on the application and on a request, and the two questions every handler asks."""

from aiohttp import web

from mediaserver.accounts import Viewer
from mediaserver.errors import SignInRequired
from mediaserver.services import Services

SERVICES = web.AppKey("services", Services)
REQUEST_ID = web.RequestKey("request_id", str)
VIEWER: web.RequestKey[Viewer | None] = web.RequestKey("viewer", object)  # type: ignore[arg-type]
NONCE = web.RequestKey("csp_nonce", str)


def services(request: web.Request) -> Services:
    """The rooms."""
    return request.app[SERVICES]


def viewer(request: web.Request) -> Viewer:
    """Who asks; a handler that declared SIGNED_IN or more always has one."""
    found = maybe_viewer(request)
    if found is None:
        raise SignInRequired("Sign in first.")
    return found


def maybe_viewer(request: web.Request) -> Viewer | None:
    return request.get(VIEWER)
