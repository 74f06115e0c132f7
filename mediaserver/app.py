"""The aiohttp application: every door's routes, and the one middleware around them."""

import contextlib
import errno
import os
import socket
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from mediaserver import __version__
from mediaserver.api import (
    auth,
    docs,
    health,
    history,
    home,
    images,
    items,
    jobs,
    libraries,
    media,
    media_subtitles,
    playback,
    search,
    sockets,
    trickplay,
    users,
)
from mediaserver.config import Config, Server
from mediaserver.errors import MediaServerError
from mediaserver.http import (
    FILES,
    SERVICES,
    AllowedHosts,
    Endpoint,
    Files,
    Kind,
    add_headers,
    endpoints_of,
    frame,
    openapi,
    refuse_undeclared,
    set_up_templates,
    web_folder,
)
from mediaserver.pages import PAGES
from mediaserver.services import Services, open_services

API = (
    auth,
    users,
    libraries,
    jobs,
    items,
    home,
    images,
    search,
    history,
    playback,
    trickplay,  # before media, whose routes would take its own
    media,
    media_subtitles,
    health,
    sockets,
    docs,
)
MAX_BODY = 1024 * 1024


class CannotListen(MediaServerError):
    code = "cannot_listen"


def all_endpoints() -> list[Endpoint]:
    return [declared for module in (*API, *PAGES) for declared in endpoints_of(module)]


def openapi_document() -> dict[str, Any]:
    return openapi([one for one in all_endpoints() if one.kind is Kind.API], __version__)


def build_app(services: Services) -> web.Application:
    """An application over rooms that are open already."""
    endpoints = all_endpoints()
    declared: dict[object, Endpoint] = {one.handler: one for one in endpoints}
    hosts = AllowedHosts(services.config.server.allowed_hosts)
    app = web.Application(middlewares=[frame(hosts, declared)], client_max_size=MAX_BODY)
    app[SERVICES] = services
    app[docs.DOCUMENT] = openapi_document()
    app[FILES] = Files()
    app[sockets.OPEN_SOCKETS] = {}
    app.on_shutdown.append(sockets.close_sockets)
    app.on_cleanup.append(_close_files)
    for one in endpoints:
        app.router.add_route(one.method, one.path, one.handler)
        if one.method == "GET" and one.kind is not Kind.API:
            app.router.add_route("HEAD", one.path, one.handler)
    app.router.add_static("/static/", web_folder() / "static")
    app.on_response_prepare.append(add_headers)
    set_up_templates(app)
    refuse_undeclared(app, declared)
    return app


async def _close_files(app: web.Application) -> None:
    await app[FILES].close()


@contextlib.asynccontextmanager
async def serving(config: Config) -> AsyncIterator[tuple[Services, str]]:
    """Rooms open and the port listening; yields the address to print. Closes within seconds."""
    async with open_services(config) as services:
        runner = web.AppRunner(
            build_app(services),
            access_log=None,
            handler_cancellation=False,
            shutdown_timeout=0.5,
            keepalive_timeout=75.0,
            handle_signals=False,
        )
        await runner.setup()
        try:
            site = web.TCPSite(
                runner, config.server.host, config.server.port, reuse_address=True, backlog=512
            )
            try:
                await site.start()
            except OSError as err:
                raise _cannot_listen(config.server, err) from err
            port = runner.addresses[0][1]
            host = config.server.host
            shown = "localhost" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104
            yield services, f"http://{shown}:{port}"
        finally:
            await runner.cleanup()


def _cannot_listen(server: Server, err: OSError) -> CannotListen:
    """The words of asyncio are its own; the system's are what people search for."""
    where, port = f"cannot listen on {server.host}:{server.port}", "[server] port"
    if isinstance(err, socket.gaierror):
        return CannotListen(f"{where}: {err.strerror}. Check [server] host.")
    advice = {
        errno.EADDRINUSE: f"Choose another port with {port} or MEDIASERVER_SERVER__PORT.",
        errno.EADDRNOTAVAIL: "Check [server] host: this machine has no such address.",
        errno.EACCES: f"Choose a port above 1023 with {port}.",
    }.get(err.errno or 0, f"Check [server] host and {port}.")
    return CannotListen(f"{where}: {os.strerror(err.errno or 0)}. {advice}")
