"""Live updates over one WebSocket: ``{"type": "job", "job": {…}}`` for whoever may see jobs.

Browsers let any page open a socket to us, so the origin is checked before the upgrade.
"""

import asyncio
import contextlib

import msgspec
from aiohttp import WSMsgType, web

from mediaserver.accounts import Viewer
from mediaserver.errors import Forbidden
from mediaserver.http import Access, route, same_origin, services, viewer
from mediaserver.jobs import Job


class JobMessage(msgspec.Struct, frozen=True, tag_field="type", tag="job"):
    job: Job


@route("GET", "/api/ws", access=Access.SIGNED_IN)
async def updates(request: web.Request) -> web.StreamResponse:
    if not same_origin(request):
        raise Forbidden("This socket was opened by another site's page.", code="foreign_page")
    socket = web.WebSocketResponse(max_msg_size=65536, compress=False, heartbeat=30.0)
    await socket.prepare(request)
    sending = asyncio.create_task(_send(socket, request, viewer(request)))
    try:
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                break
    finally:
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sending
    return socket


async def _send(socket: web.WebSocketResponse, request: web.Request, who: Viewer) -> None:
    if not who.is_admin:
        return
    with services(request).jobs.follow() as changes:
        while True:
            job = await changes.get()
            await socket.send_str(msgspec.json.encode(JobMessage(job)).decode())
