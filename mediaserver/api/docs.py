"""The API's own description, and the vendored Swagger UI that shows it."""

from typing import Any

import msgspec
from aiohttp import web

from mediaserver.http import Access, page, render, route

DOCUMENT: web.AppKey[dict[str, Any]] = web.AppKey("openapi", dict)


class DocsPage(msgspec.Struct, frozen=True):
    pass


@route("GET", "/api/openapi.json", access=Access.PUBLIC)
async def openapi_json(request: web.Request) -> web.Response:
    body = msgspec.json.encode(request.app[DOCUMENT])
    return web.Response(body=body, content_type="application/json")


@page("GET", "/api/docs", access=Access.PUBLIC)
async def docs_page(request: web.Request) -> web.Response:
    return render(request, "docs.html", DocsPage())
