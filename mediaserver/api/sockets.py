"""Live updates over one WebSocket: ``{"type": "job", "job": {…}}`` for whoever may see jobs.

Browsers let any page open a socket to us, so the origin is checked before the upgrade. A socket
lives as long as the sign-in that opened it, and no longer than its rights.
"""

import asyncio
import contextlib

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from mediaserver.accounts import Viewer
from mediaserver.errors import Forbidden, TooManyRequests
from mediaserver.http import Access, route, same_origin, services, viewer
from mediaserver.ids import UserId
from mediaserver.jobs import Job

_ASK_AGAIN = 2.0
"""Seconds between looks whether the sign-in still stands."""
_A_PERSON = 20
OPEN_SOCKETS: web.AppKey[dict[web.WebSocketResponse, UserId]] = web.AppKey("sockets", dict)


class JobMessage(msgspec.Struct, frozen=True, tag_field="type", tag="job"):
    job: Job


@route("GET", "/api/ws", access=Access.SIGNED_IN)
async def updates(request: web.Request) -> web.StreamResponse:
    who, opened = viewer(request), request.app[OPEN_SOCKETS]
    if not same_origin(request):
        raise Forbidden("This socket was opened by another site's page.", code="foreign_page")
    if list(opened.values()).count(who.user_id) >= _A_PERSON:
        raise TooManyRequests("Too many open sockets; close some.", retry_after=10)
    socket = web.WebSocketResponse(max_msg_size=65536, compress=False, heartbeat=30.0)
    opened[socket] = who.user_id
    try:
        await _converse(socket, request, who)
    finally:
        del opened[socket]
    return socket


async def close_sockets(app: web.Application) -> None:
    """When the server stops: it would wait for them otherwise."""
    opened = app[OPEN_SOCKETS]
    for socket in list(opened):
        await socket.close(code=WSCloseCode.GOING_AWAY, message=b"stopping")


async def _converse(socket: web.WebSocketResponse, request: web.Request, who: Viewer) -> None:
    await socket.prepare(request)
    tasks = [
        asyncio.create_task(_send(socket, request, who)),
        asyncio.create_task(_close_when_over(socket, request, who)),
    ]
    try:
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                break
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _send(socket: web.WebSocketResponse, request: web.Request, who: Viewer) -> None:
    if not who.is_admin:
        return
    with services(request).jobs.follow() as changes, contextlib.suppress(ConnectionError):
        while True:
            job = await changes.get()
            await socket.send_str(msgspec.json.encode(JobMessage(job)).decode())


async def _close_when_over(
    socket: web.WebSocketResponse, request: web.Request, who: Viewer
) -> None:
    accounts = services(request).accounts
    while True:
        await asyncio.sleep(_ASK_AGAIN)
        now = await accounts.by_sign_in(who.sign_in_id)
        if now is None or now.role is not who.role:
            await socket.close(code=WSCloseCode.POLICY_VIOLATION, message=b"signed out")
            return
