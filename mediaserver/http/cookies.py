"""The sign-in cookie and where a sign-in comes from, for both doors."""

from typing import Any

from aiohttp import web

from mediaserver.accounts import Origin
from mediaserver.http.access import cookie_name


def origin_of(request: web.Request, device: str = "") -> Origin:
    return Origin(device or request.headers.get("User-Agent", ""), request.remote or "")


def cookie_of(request: web.Request, value: str, max_age: int) -> dict[str, Any]:
    """What ``set_cookie`` wants."""
    return {
        "name": cookie_name(request),
        "value": value,
        "max_age": max_age,
        "path": "/",
        "httponly": True,
        "samesite": "Lax",
        "secure": request.secure,
    }
