"""The aiohttp application: every door's routes, and the one middleware around them."""

import contextlib
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
    playback,
    search,
    sockets,
    trickplay,
    users,
)
from mediaserver.config import Config
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
    health,
    sockets,
    docs,
)
MAX_BODY = 1024 * 1024


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
            shutdown_timeout=2.0,
            keepalive_timeout=75.0,
            handle_signals=False,
        )
        await runner.setup()
        try:
            site = web.TCPSite(
                runner, config.server.host, config.server.port, reuse_address=True, backlog=512
            )
            await site.start()
            port = runner.addresses[0][1]
            host = config.server.host
            shown = "localhost" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104
            yield services, f"http://{shown}:{port}"
        finally:
            await runner.cleanup()
