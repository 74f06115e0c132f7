"""The sign-in cookie and where a sign-in comes from, for both doors."""

from typing import Any

from aiohttp import web

from mediaserver.accounts import Origin
from mediaserver.http.access import cookie_name


def origin_of(request: web.Request, device: str = "") -> Origin:
    return Origin(device or user_agent(request), request.remote or "")


def user_agent(request: web.Request) -> str:
    """As text that can be stored and shown: a header may hold any bytes."""
    return request.headers.get("User-Agent", "").encode("utf-8", "replace").decode()


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
