"""Pages: jinja2 with a context struct; strict about names, and every value escaped.

``static(path)`` in a template adds the file's hash, so that a browser keeps it for ever;
``csp_nonce`` belongs on each script tag.
"""

import functools
import hashlib
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
import msgspec
from aiohttp import web

from mediaserver.http.keys import NONCE, maybe_viewer
from mediaserver.http.problems import Problem
from mediaserver.http.words import FILTERS


def web_folder() -> Path:
    """Inside the wheel first, else the repository's own ``web/``."""
    package = Path(__file__).parents[1]
    shipped = package / "web"
    return shipped if shipped.is_dir() else package.parent / "web"


def set_up_templates(app: web.Application) -> None:
    folder = web_folder()
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(folder / "templates"),
        undefined=jinja2.StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals["static"] = functools.cache(
        lambda path: f"/static/{path}?v={_hash(folder / 'static' / path)}"
    )
    environment.filters.update(FILTERS)
    environment.policies["json.dumps_function"] = lambda value, **_: msgspec.json.encode(
        value
    ).decode()


def _hash(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:12]


def render(
    request: web.Request, template: str, context: msgspec.Struct, *, status: int = 200
) -> web.Response:
    """``template`` with the fields of ``context``, the viewer and the nonce."""
    names: dict[str, Any] = {name: getattr(context, name) for name in context.__struct_fields__}
    names |= {
        "viewer": maybe_viewer(request),
        "csp_nonce": request[NONCE],
        "path": request.path,
        "tv": _is_tv(request),
    }
    return aiohttp_jinja2.render_template(template, request, names, status=status)


class ErrorPage(msgspec.Struct, frozen=True):
    problem: Problem


def render_error(request: web.Request, problem: Problem, headers: dict[str, str]) -> web.Response:
    response = render(request, "error.html", ErrorPage(problem), status=problem.status)
    response.headers.update(headers)
    return response


def _is_tv(request: web.Request) -> bool:
    if "tv" in request.query:
        return request.query["tv"] != "0"
    agent = request.headers.get("User-Agent", "")
    return any(
        mark in agent
        for mark in ("Tizen", "Web0S", "Android TV", "VIDAA", "PlayStation", "SMART-TV")
    )
