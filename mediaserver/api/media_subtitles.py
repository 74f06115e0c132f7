"""Subtitles that no playlist lists: pictures to draw over the film, and ASS as it was written.

They lie below the same signed prefix as the film. What comes from a file is sent as plain text, as
JSON, as a PNG of our own making or as bytes without meaning; never as anything a browser would run.
"""

import re

from aiohttp import web

from mediaserver.api.media import CLIENT_LEFT, admitted, sent, while_connected
from mediaserver.errors import NotFound
from mediaserver.http import Access, route, services

_WINDOW = re.compile(r"(0|[1-9]\d{0,6})\.json")
_PICTURE = re.compile(r"(0|[1-9]\d{0,6})-(0|[1-9]\d{0,3})\.png")
_FONT = re.compile(r"0|[1-9]\d?")


@route("GET", "/v/{token}/{rendition}/images/{name}", access=Access.SIGNED_PREFIX)
async def subtitle_image(request: web.Request) -> web.StreamResponse:
    """A window of picture subtitles, or one picture of it."""
    session = await admitted(request)
    rendition, name = request.match_info["rendition"], request.match_info["name"]
    picture = _PICTURE.fullmatch(name)
    match = picture or _WINDOW.fullmatch(name)
    if match is None:
        raise _no_such_segment()
    delivery = services(request).streaming.delivery
    window = await while_connected(
        request, delivery.image_window(session, rendition, int(match.group(1)))
    )
    if window is None:
        return web.Response(status=CLIENT_LEFT)
    if picture is None:
        return sent(request, window.timeline, "application/json")
    return sent(request, window.picture(int(picture.group(2))), "image/png")


@route("GET", "/v/{token}/{rendition}/script/{name}", access=Access.SIGNED_PREFIX)
async def subtitle_script(request: web.Request) -> web.StreamResponse:
    """``all.ass``: the script, or its header when the lines lie in the film; then by windows."""
    session = await admitted(request)
    rendition, name = request.match_info["rendition"], request.match_info["name"]
    match = _WINDOW.fullmatch(name)
    if match is None and name != "all.ass":
        raise _no_such_segment()
    number = int(match.group(1)) if match else None
    delivery = services(request).streaming.delivery
    script = await while_connected(request, delivery.script(session, rendition, number))
    if script is None:
        return web.Response(status=CLIENT_LEFT)
    return sent(request, script, "application/json" if match else "text/plain")


@route("GET", "/v/{token}/{rendition}/fonts/{number}", access=Access.SIGNED_PREFIX)
async def subtitle_font(request: web.Request) -> web.StreamResponse:
    """A font that the film brings for its subtitles."""
    session = await admitted(request)
    number = request.match_info["number"]
    if not _FONT.fullmatch(number):
        raise _no_such_segment()
    delivery = services(request).streaming.delivery
    font = await while_connected(request, delivery.font(session, int(number)))
    return (
        sent(request, font, "application/octet-stream")
        if font
        else web.Response(status=CLIENT_LEFT)
    )


def _no_such_segment() -> NotFound:
    return NotFound("The film has no such segment.", code="no_such_segment")
