"""Previews for the seek bar of a playback session, below its signed prefix.

``index.vtt`` says which rectangle of which sheet shows which stretch of the film; a sheet that was
never made is made when it is asked for.
"""

from aiohttp import web

from mediaserver.api.media import CLIENT_LEFT, admitted, sent, while_connected
from mediaserver.errors import NotFound
from mediaserver.http import Access, route, services


@route("GET", "/v/{token}/trickplay/index.vtt", access=Access.SIGNED_PREFIX)
async def index(request: web.Request) -> web.StreamResponse:
    session = await admitted(request)
    streaming = services(request).streaming
    opened = await streaming.delivery.of(session)
    return sent(request, streaming.trickplay.index(opened), "text/vtt")


@route("GET", "/v/{token}/trickplay/{sheet}.jpg", access=Access.SIGNED_PREFIX)
async def sheet(request: web.Request) -> web.StreamResponse:
    session = await admitted(request)
    number = request.match_info["sheet"]
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise NotFound("The film has no such sheet of previews.", code="no_such_sheet")
    streaming = services(request).streaming
    opened = await streaming.delivery.of(session)
    found = await while_connected(request, streaming.trickplay.sheet(opened, int(number)))
    if found is None:
        return web.Response(status=CLIENT_LEFT)
    return sent(request, found, "image/jpeg")
