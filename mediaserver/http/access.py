"""Who is at the door, and whether the declared access lets them in.

A viewer comes by bearer token or by cookie. A request that a cookie vouches for and that changes
something must show that one of our own pages sent it (CSRF), by ``Sec-Fetch-Site``, by ``Origin``
or by the header ``X-CSRF``, which no foreign page can add.
"""

import ipaddress
import socket
from urllib.parse import urlsplit

from aiohttp import web

from mediaserver.accounts import Role, Viewer
from mediaserver.errors import Forbidden, SignInRequired
from mediaserver.http.endpoint import Access
from mediaserver.http.keys import VIEWER, services
from mediaserver.http.problems import WrongHost

COOKIE = "sid"
SECURE_COOKIE = "__Host-sid"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_ROLES: dict[Access, set[Role]] = {
    Access.STAFF: {Role.OWNER, Role.ADMIN, Role.STAFF},
    Access.ADMIN: {Role.OWNER, Role.ADMIN},
    Access.OWNER: {Role.OWNER},
}


def cookie_name(request: web.Request) -> str:
    return SECURE_COOKIE if request.secure else COOKIE


async def identify(request: web.Request) -> Viewer | None:
    """The viewer that a bearer token or else the cookie vouches for."""
    accounts = services(request).accounts
    token = _bearer(request)
    if token is not None:
        return await accounts.by_access_token(token)
    cookie = request.cookies.get(cookie_name(request))
    return await accounts.by_cookie(cookie) if cookie else None


async def admit(request: web.Request, access: Access) -> None:
    """Set the request's viewer, or refuse."""
    if access is Access.SIGNED_PREFIX:
        return
    refuse_foreign_pages(request, access)
    found = await identify(request)
    request[VIEWER] = found
    if access is Access.PUBLIC:
        return
    if found is None:
        raise SignInRequired("Sign in first.")
    if access in _ROLES and found.role not in _ROLES[access]:
        raise Forbidden("Your role does not allow this.")


def refuse_foreign_pages(request: web.Request, access: Access) -> None:
    """CSRF. Where a cookie would vouch, some proof of our own page is needed."""
    if request.method in _SAFE or _bearer(request) is not None:
        return
    site = request.headers.get("Sec-Fetch-Site")
    origin = request.headers.get("Origin")
    if site is not None:
        ours = site in {"same-origin", "none"}
    elif origin is not None:
        ours = _is_ours(origin, request.host)
    else:
        by_cookie = access is not Access.PUBLIC and cookie_name(request) in request.cookies
        ours = "X-CSRF" in request.headers or not by_cookie
    if not ours:
        raise Forbidden("This request came from another site's page.", code="foreign_page")


def same_origin(request: web.Request) -> bool:
    """For WebSockets, which browsers let any page open: no Origin, or our own."""
    origin = request.headers.get("Origin")
    return origin is None or _is_ours(origin, request.host)


def _bearer(request: web.Request) -> str | None:
    """Only this scheme is ours: any other leaves the cookie, and its proof, in force."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _is_ours(origin: str, host: str) -> bool:
    scheme, _, name = origin.partition("://")
    return scheme in {"http", "https"} and name.lower() == host.lower()


class AllowedHosts:
    """DNS rebinding: a browser may reach us by address or by a name that is ours."""

    def __init__(self, names: tuple[str, ...]) -> None:
        own = socket.gethostname().lower()
        self._names = {"localhost", own, own.partition(".")[0], *(name.lower() for name in names)}

    def check(self, host: str) -> None:
        name = _name(host)
        if name in self._names or name.endswith((".local", ".localhost")):
            return
        try:
            ipaddress.ip_address(name)
        except ValueError as err:
            raise WrongHost(
                f"This server does not answer to {name!r}; its owner can add the name to "
                "allowed_hosts in the settings."
            ) from err


def _name(host: str) -> str:
    """Without the port; "" for what no browser would send."""
    try:
        parts = urlsplit(f"//{host}")
    except ValueError:
        return ""
    return "" if "@" in host else parts.hostname or ""
