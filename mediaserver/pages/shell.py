"""What every page for a signed-in person has around it: the navigation; and safe ways back."""

import msgspec
from aiohttp import web

from mediaserver.http import services
from mediaserver.library import Library

NEVER_BACK_TO = ("//", "/\\")


class NavLink(msgspec.Struct, frozen=True):
    """``keep``: shown in the phone's tab bar even when libraries fill it; ``phone``: only there."""

    href: str
    title: str
    icon: str
    current: bool = False
    keep: bool = False
    phone: bool = False


async def navigation(request: web.Request) -> tuple[NavLink, ...]:
    libraries = await services(request).library.libraries()
    links = [
        NavLink("/", "Home", "home"),
        *(_library_link(library) for library in libraries),
        NavLink("/find", "Search", "search", keep=True, phone=True),
        NavLink("/settings", "Settings", "settings", keep=True, phone=True),
    ]
    return tuple(msgspec.structs.replace(link, current=link.href == request.path) for link in links)


def _library_link(library: Library) -> NavLink:
    return NavLink(f"/libraries/{library.id}", library.name, library.kind)


def safe_path(asked: object, otherwise: str = "/") -> str:
    """A path of this server, wherever a form or address wants to go next."""
    text = asked if isinstance(asked, str) else ""
    if not text.startswith("/") or text.startswith(NEVER_BACK_TO):
        return otherwise
    return text if text.isprintable() else otherwise


def see_other(path: str) -> web.Response:
    """After a form: the browser fetches ``path`` and a reload sends nothing twice."""
    return web.Response(status=303, headers={"Location": path})
