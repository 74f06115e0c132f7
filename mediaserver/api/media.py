"""The bytes of a playback session, below its signed prefix ``/v/{token}/``.

Whoever holds the address may fetch: televisions and casters send no header. A token that was
changed, has expired or whose session has ended is 403.
"""

import asyncio
import gzip
import re
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from aiohttp import web

from mediaserver.errors import MediaServerError, NotFound
from mediaserver.http import FILES, Access, route, services, signing
from mediaserver.source import open_inside
from mediaserver.streaming import (
    AudioRendition,
    Mode,
    PlaybackSession,
    Segment,
    rendition_named,
)

T = TypeVar("T")
PLAYLIST = "application/vnd.apple.mpegurl"
_IMMUTABLE = {"Cache-Control": "private, max-age=86400, immutable"}
_SOON_NICER = {"Cache-Control": "private, max-age=30"}
_SEGMENT = re.compile(r"(?:(init)\.mp4|(0|[1-9]\d{0,6})\.(m4s|vtt))")
CLIENT_LEFT = 499
"""Nobody reads it; it is for the log."""
_STILL_THERE = 0.2
"""Seconds between looks whether the client still waits."""
_STILL_ALLOWED = 1.0
"""Seconds between looks whether a session that downloads still may."""
_FROM_OTHER_PAGES = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Range, If-Range, If-None-Match",
    "Access-Control-Max-Age": "86400",
}
_EXPOSED = {"Access-Control-Expose-Headers": "Accept-Ranges, Content-Length, Content-Range, ETag"}
_TYPES = {
    "mov": "video/mp4", "mp4": "video/mp4", "matroska": "video/x-matroska", "webm": "video/webm",
    "mpegts": "video/mp2t", "mpeg": "video/mpeg", "avi": "video/x-msvideo", "ogg": "video/ogg",
    "flv": "video/x-flv", "asf": "video/x-ms-asf",
}  # fmt: skip


@route("GET", "/v/{token}/index.m3u8", access=Access.SIGNED_PREFIX)
async def multivariant(request: web.Request) -> web.StreamResponse:
    session = await admitted(request)
    return _playlist(request, services(request).streaming.delivery.multivariant(session))


@route("GET", "/v/{token}/direct", access=Access.SIGNED_PREFIX)
async def direct(request: web.Request) -> web.StreamResponse:
    """The file as it is, by range."""
    session = await admitted(request)
    if session.decision.mode is not Mode.DIRECT:
        raise NotFound("This session does not play the file directly.", code="not_direct")
    opened = await services(request).streaming.delivery.of(session)
    path, root = Path(opened.source.path), Path(opened.source.root)
    content_type = _TYPES.get(_container(path, opened.info.container), "application/octet-stream")
    watching = asyncio.create_task(_cut_off_when_over(request, session))
    try:
        return await request.app[FILES].send(
            request, lambda: open_inside(path, root), content_type, {**_IMMUTABLE, **_EXPOSED}
        )
    finally:
        watching.cancel()


async def _cut_off_when_over(request: web.Request, session: PlaybackSession) -> None:
    """A whole film can hang on one request, so its grant is looked at while it is sent."""
    try:
        while True:
            await asyncio.sleep(_STILL_ALLOWED)
            await services(request).streaming.sessions.admit(session.id)
    except MediaServerError:
        if request.transport is not None:
            request.transport.abort()


@route("GET", "/v/{token}/{rendition}/index.m3u8", access=Access.SIGNED_PREFIX)
async def media_playlist(request: web.Request) -> web.StreamResponse:
    session = await admitted(request)
    delivery = services(request).streaming.delivery
    return _playlist(request, await delivery.playlist(session, request.match_info["rendition"]))


@route("GET", "/v/{token}/{rendition}/{segment}", access=Access.SIGNED_PREFIX)
async def media_segment(request: web.Request) -> web.StreamResponse:
    session = await admitted(request)
    name = request.match_info["rendition"]
    match = _SEGMENT.fullmatch(request.match_info["segment"])
    if match is None:
        raise NotFound("The film has no such segment.", code="no_such_segment")
    delivery = services(request).streaming.delivery
    number = None if match.group(1) else int(match.group(2))
    if match.group(3) == "vtt" and number is not None:
        text = await while_connected(request, delivery.subtitle_segment(session, name, number))
        return sent(request, text, "text/vtt") if text else web.Response(status=CLIENT_LEFT)
    segment = delivery.hot(session, name, number)
    if segment is None:
        segment = await while_connected(request, delivery.segment(session, name, number))
    if segment is None:
        return web.Response(status=CLIENT_LEFT)
    audio = isinstance(rendition_named(session, name), AudioRendition)
    return sent(request, segment, "audio/mp4" if audio else "video/mp4")


@route("OPTIONS", "/v/{token}/{rest:.*}", access=Access.SIGNED_PREFIX)
async def preflight(request: web.Request) -> web.StreamResponse:  # noqa: ARG001 - the same for all
    """Casters ask before they send Range."""
    return web.Response(status=204, headers=_FROM_OTHER_PAGES)


async def admitted(request: web.Request) -> PlaybackSession:
    """The session that the address was signed for; Forbidden when it is over."""
    rooms = services(request)
    token = signing.read(request.match_info["token"])
    session = await rooms.streaming.sessions.admit(token.grant)
    signing.verify(token, rooms.stream_key, session.item_id, time.time())
    return session


async def while_connected(request: web.Request, work: Coroutine[Any, Any, T]) -> T | None:
    """``work``, cancelled soon after the client went away: after a seek nobody waits for it."""
    task = asyncio.ensure_future(work)
    try:
        while True:
            done, _ = await asyncio.wait({task}, timeout=_STILL_THERE)
            if done:
                return task.result()
            if request.transport is None or request.transport.is_closing():
                return None
    finally:
        task.cancel()


def _playlist(request: web.Request, text: str) -> web.Response:
    headers = {**_IMMUTABLE, **_EXPOSED, "Vary": "Accept-Encoding"}
    body = text.encode()
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        body = gzip.compress(body, compresslevel=6, mtime=0)
        headers["Content-Encoding"] = "gzip"
    return web.Response(body=body, headers=headers, content_type=PLAYLIST)


def sent(request: web.Request, segment: Segment, content_type: str) -> web.Response:
    etag = f'"{segment.etag}"'
    headers = {**(_IMMUTABLE if segment.final else _SOON_NICER), **_EXPOSED, "ETag": etag}
    if etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    charset = "utf-8" if content_type.startswith("text/") else None
    return web.Response(
        body=segment.data, headers=headers, content_type=content_type, charset=charset
    )


def _container(path: Path, container: str) -> str:
    """Matroska and WebM are one demuxer; the name of the file tells which was meant."""
    return "webm" if path.suffix.lower() == ".webm" else container.split(",", maxsplit=1)[0]
