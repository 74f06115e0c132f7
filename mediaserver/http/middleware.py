"""Around every request: its id, the host check, who may call, errors in one shape, headers, log."""

import errno
import logging
import secrets
import time
from collections.abc import Awaitable, Callable
from urllib.parse import quote

from aiohttp import web
from aiohttp.typedefs import Middleware

from mediaserver.errors import MediaServerError, SignInRequired
from mediaserver.http.access import AllowedHosts, admit
from mediaserver.http.endpoint import Endpoint, Kind
from mediaserver.http.keys import NONCE, REQUEST_ID, services
from mediaserver.http.problems import MalformedBody, problem_of, problem_response
from mediaserver.http.render import render_error
from mediaserver.log import REQUEST_ID as LOG_ID

log = logging.getLogger("mediaserver.http")
access_log = logging.getLogger("mediaserver.access")
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

CSP = (
    "default-src 'none'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "connect-src 'self'; worker-src 'self' blob:; font-src 'self'; manifest-src 'self'; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'"
)
_ONE_YEAR = "public, max-age=31536000, immutable"


def frame(hosts: AllowedHosts, declared: dict[object, Endpoint]) -> Middleware:
    """The one middleware. ``declared`` maps a route's handler to its declaration."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        began = time.perf_counter()
        request[REQUEST_ID] = secrets.token_hex(8)
        request[NONCE] = secrets.token_urlsafe(16)
        route = declared.get(request.match_info.handler)
        try:
            hosts.check(request.host)
            if route is not None:
                await admit(request, route.access)
            response = await handler(request)
        except (web.HTTPRedirection, ConnectionError):
            raise
        except Exception as err:  # noqa: BLE001 - the one place where any fault becomes an answer
            response = await _answer_fault(request, route, _in_our_words(route, err))
        _write_access_log(request, response, began)
        return response

    return middleware


def _in_our_words(route: Endpoint | None, err: Exception) -> Exception:
    """What aiohttp lets through although it is the client's fault."""
    if isinstance(err, web.RequestPayloadError):
        return MalformedBody("The body is not what its headers say.")
    if route is None and isinstance(err, OSError) and err.errno == errno.ENAMETOOLONG:
        return web.HTTPNotFound()
    return err


async def _answer_fault(
    request: web.Request, route: Endpoint | None, err: Exception
) -> web.StreamResponse:
    request_id = request[REQUEST_ID]
    if not isinstance(err, (MediaServerError, web.HTTPException)):
        where = (request.method, request.path)
        log.error("%s %s failed", *where, exc_info=err, extra={LOG_ID: request_id})
    wants_page = (route is None or route.kind is Kind.PAGE) and _reads_html(request)
    if wants_page and isinstance(err, SignInRequired) and request.method in {"GET", "HEAD"}:
        if await services(request).accounts.setup_needed():
            return web.Response(status=303, headers={"Location": "/setup"})
        target = quote(request.path_qs, safe="/?=&")
        return web.Response(status=303, headers={"Location": f"/sign-in?next={quote(target)}"})
    problem, headers = problem_of(err, request_id)
    if wants_page:
        return render_error(request, problem, headers)
    return problem_response(problem, headers)


def _reads_html(request: web.Request) -> bool:
    if request.path.startswith(("/api/", "/v/", "/static/")):
        return False
    return "text/html" in request.headers.get("Accept", "")


async def add_headers(request: web.Request, response: web.StreamResponse) -> None:
    """A signal, so that streamed responses get them too."""
    if REQUEST_ID not in request:
        return
    headers = response.headers
    headers["X-Request-ID"] = request[REQUEST_ID]
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Server"] = "mediaserver"  # aiohttp would tell its version, and Python's
    path = request.path
    if path.startswith("/v/"):
        headers["Referrer-Policy"] = "no-referrer"
        headers["Access-Control-Allow-Origin"] = "*"
        return
    headers["Referrer-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if path.startswith("/static/"):
        headers["Cache-Control"] = _ONE_YEAR if "v" in request.query else "no-cache"
    elif "Cache-Control" not in headers:
        headers["Cache-Control"] = "no-store"
    if response.content_type == "text/html":
        headers["Content-Security-Policy"] = CSP.format(nonce=request[NONCE])
        headers["X-Frame-Options"] = "DENY"


def _write_access_log(request: web.Request, response: web.StreamResponse, began: float) -> None:
    level = logging.DEBUG if request.path.startswith(("/v/", "/static/")) else logging.INFO
    if access_log.isEnabledFor(level):
        took = (time.perf_counter() - began) * 1000
        access_log.log(
            level,
            "%s %s %d %.1f ms",
            request.method,
            request.path,
            response.status,
            took,
            extra={LOG_ID: request[REQUEST_ID]},
        )


def refuse_undeclared(app: web.Application, declared: dict[object, Endpoint]) -> None:
    """A route without a declared access never serves: the start fails instead."""
    for entry in app.router.routes():
        static = isinstance(entry.resource, web.StaticResource)
        if entry.handler not in declared and not static:
            raise RuntimeError(f"{entry.method} {entry.resource} does not declare its access")
