"""Sending library files: by range, read in threads of their own.

Not by sendfile, which runs on the loop's thread: a disk that sleeps or a mount that died would
stop the whole server. Here it stops one download.
"""

import asyncio
import email.utils
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from aiohttp import web

from mediaserver.errors import Unplayable
from mediaserver.http.ranges import Facts, Span, changed, range_holds, spans, unchanged

_THREADS = 8
_CHUNK = 512 * 1024
_PATIENCE = 30.0
"""Seconds that one read may take before the connection is given up."""

T = TypeVar("T")


class Files:
    """One pool for all downloads; ``close`` when the server stops."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="files")

    async def close(self) -> None:
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def send(
        self,
        request: web.Request,
        open_it: Callable[[], int],
        content_type: str,
        headers: dict[str, str],
    ) -> web.StreamResponse:
        """Answer ``request`` with the file whose descriptor ``open_it`` returns."""
        descriptor = await self._patiently(open_it)
        try:
            facts = await self._patiently(lambda: _facts(descriptor))
            return await self._answer(request, descriptor, facts, content_type, headers)
        finally:
            # in the pool, behind a read that hangs: a descriptor in use must not be closed
            self._threads.submit(os.close, descriptor)

    async def _answer(
        self,
        request: web.Request,
        descriptor: int,
        facts: Facts,
        content_type: str,
        headers: dict[str, str],
    ) -> web.StreamResponse:
        asked = request.headers
        common = {
            **headers,
            "Accept-Ranges": "bytes",
            "ETag": facts.etag,
            "Last-Modified": email.utils.formatdate(facts.modified, usegmt=True),
        }
        if changed(asked.get("If-Match"), asked.get("If-Unmodified-Since"), facts):
            return web.Response(status=412, headers=common)
        if unchanged(asked.get("If-None-Match"), asked.get("If-Modified-Since"), facts):
            return web.Response(status=304, headers=common)
        wanted = None
        if request.method == "GET" and range_holds(asked.get("If-Range"), facts):
            wanted = spans(asked.get("Range"), facts.size)
        if wanted == []:
            raise web.HTTPRequestRangeNotSatisfiable(
                headers={"Content-Range": f"bytes */{facts.size}"}
            )
        parts = _parts(wanted, facts.size, content_type)
        response = web.StreamResponse(status=206 if wanted else 200, headers=common)
        response.content_type = content_type
        if wanted and len(wanted) == 1:
            response.headers["Content-Range"] = wanted[0].content_range(facts.size)
        elif wanted:
            response.headers["Content-Type"] = f"multipart/byteranges; boundary={parts.boundary}"
        response.content_length = parts.length
        await response.prepare(request)
        if request.method == "GET":
            try:
                await self._write(response, descriptor, parts)
            except (OSError, TimeoutError):
                # the client left, or the disk did: what was promised cannot be sent any more, and
                # only a cut connection says so
                if request.transport is not None:
                    request.transport.abort()
        return response

    async def _write(self, response: web.StreamResponse, descriptor: int, parts: "_Parts") -> None:
        for head, span in parts.pieces:
            if head:
                await response.write(head)
            await self._write_span(response, descriptor, span)
        if parts.tail:
            await response.write(parts.tail)
        await response.write_eof()

    async def _write_span(self, response: web.StreamResponse, descriptor: int, span: Span) -> None:
        """One chunk is read while the one before it is sent."""
        at = span.start
        reading = self._read(descriptor, at, span.end)
        while at < span.end:
            data = await asyncio.wait_for(reading, _PATIENCE)
            if not data:
                raise OSError("the file became shorter while it was sent")
            at += len(data)
            if at < span.end:
                reading = self._read(descriptor, at, span.end)
            await response.write(data)

    def _read(self, descriptor: int, at: int, end: int) -> asyncio.Future[bytes]:
        size = min(_CHUNK, end - at)
        return asyncio.get_running_loop().run_in_executor(
            self._threads, os.pread, descriptor, size, at
        )

    async def _patiently(self, work: Callable[[], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_PATIENCE):
                return await loop.run_in_executor(self._threads, work)
        except TimeoutError as err:
            raise Unplayable("The disk does not answer.", code="disk_silent") from err


FILES = web.AppKey("files", Files)


class _Parts:
    """What follows the header of the response."""

    def __init__(self, pieces: list[tuple[bytes, Span]], tail: bytes, boundary: str) -> None:
        self.pieces = pieces
        self.tail = tail
        self.boundary = boundary
        self.length = len(tail) + sum(len(head) + s.end - s.start for head, s in pieces)


def _parts(wanted: list[Span] | None, size: int, content_type: str) -> _Parts:
    if wanted is None or len(wanted) == 1:
        return _Parts([(b"", wanted[0] if wanted else Span(0, size))], b"", "")
    boundary = secrets.token_hex(12)
    pieces = [
        (
            f"\r\n--{boundary}\r\nContent-Type: {content_type}\r\n"
            f"Content-Range: {span.content_range(size)}\r\n\r\n".encode(),
            span,
        )
        for span in wanted
    ]
    return _Parts(pieces, f"\r\n--{boundary}--\r\n".encode(), boundary)


def _facts(descriptor: int) -> Facts:
    found = os.fstat(descriptor)
    etag = f'"{found.st_size:x}-{found.st_mtime_ns:x}"'
    return Facts(found.st_size, etag, int(found.st_mtime))
