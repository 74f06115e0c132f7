"""Typed handlers: what comes in and goes out is read from the function's own annotations.

Parameters named ``path``, ``query`` and ``body`` are decoded into structs; the return annotation is
the response (None is 204; ``Answer[T]`` adds a status, headers or cookies); the docstring is the
summary and the module the tag. Every handler declares who may call it.
"""

import inspect
from collections.abc import Awaitable, Callable
from enum import Enum
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from aiohttp import web

from mediaserver.errors import Invalid, MediaServerError
from mediaserver.http.problems import MalformedBody, WrongMediaType

T = TypeVar("T")
RawHandler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Access(Enum):
    """Who may call a route. SIGNED_PREFIX: whoever holds a playback session's URL prefix."""

    PUBLIC = "public"
    SIGNED_PREFIX = "signed_prefix"
    SIGNED_IN = "signed_in"
    STAFF = "staff"
    ADMIN = "admin"
    OWNER = "owner"


class Kind(Enum):
    API = "api"
    PAGE = "page"
    BYTES = "bytes"


class Answer(Generic[T]):
    """A response with more to say than its body."""

    def __init__(
        self, body: T, *, status: int | None = None, headers: dict[str, str] | None = None
    ) -> None:
        self.body = body
        self.status = status
        self.headers = headers or {}
        self.cookies: list[dict[str, Any]] = []


class Endpoint(msgspec.Struct, frozen=True):
    """One route as it was declared."""

    method: str
    path: str
    access: Access
    kind: Kind
    handler: RawHandler
    tag: str = ""
    name: str = ""
    summary: str = ""
    status: int = 200
    raises: tuple[type[MediaServerError], ...] = ()
    path_type: type[msgspec.Struct] | None = None
    query_type: type[msgspec.Struct] | None = None
    body_type: type[msgspec.Struct] | None = None
    response_type: Any = None
    media_type: str = "application/json"


def endpoint(
    method: str,
    path: str,
    *,
    access: Access,
    raises: tuple[type[MediaServerError], ...] = (),
    status: int = 200,
    media_type: str = "application/json",
) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
    """An operation; ``raises`` names the expected errors beyond those of every operation.

    One that answers ``bytes`` says their ``media_type``.
    """

    def declare(function: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        hints = get_type_hints(function)
        response = hints.get("return")
        if get_origin(response) is Answer:
            (response,) = get_args(response)
        no_content = response is None or response is type(None)
        declared = Endpoint(
            method=method,
            path=path,
            access=access,
            kind=Kind.API,
            handler=_handler(function, hints, 204 if no_content else status, media_type),
            tag=function.__module__.rpartition(".")[2],
            name=function.__name__,
            summary=inspect.getdoc(function) or "",
            status=204 if no_content else status,
            raises=raises,
            path_type=hints.get("path"),
            query_type=hints.get("query"),
            body_type=hints.get("body"),
            response_type=None if no_content else response,
            media_type=media_type,
        )
        function.__endpoint__ = declared  # type: ignore[attr-defined]
        return function

    return declare


def page(method: str, path: str, *, access: Access) -> Callable[[RawHandler], RawHandler]:
    """An HTML page or the target of its form; errors are answered as pages."""
    return _plain(method, path, access, Kind.PAGE)


def route(method: str, path: str, *, access: Access) -> Callable[[RawHandler], RawHandler]:
    """A private route for bytes, outside the OpenAPI document."""
    return _plain(method, path, access, Kind.BYTES)


def _plain(
    method: str, path: str, access: Access, kind: Kind
) -> Callable[[RawHandler], RawHandler]:
    def declare(function: RawHandler) -> RawHandler:
        tag = function.__module__.rpartition(".")[2]
        function.__endpoint__ = Endpoint(  # type: ignore[attr-defined]
            method, path, access, kind, function, tag, function.__name__
        )
        return function

    return declare


def endpoints_of(module: Any) -> list[Endpoint]:
    """All that ``module`` declares, in the order of its lines."""
    return [
        value.__endpoint__
        for value in vars(module).values()
        if callable(value) and hasattr(value, "__endpoint__")
    ]


def _handler(
    function: Callable[..., Awaitable[Any]], hints: dict[str, Any], status: int, media_type: str
) -> RawHandler:
    path_type, query_type, body_type = (hints.get(part) for part in ("path", "query", "body"))
    parameters = _parameters(query_type) if query_type else ()

    async def handle(request: web.Request) -> web.StreamResponse:
        arguments: dict[str, Any] = {}
        if path_type:
            arguments["path"] = _convert(dict(request.match_info), path_type, "path")
        if query_type:
            arguments["query"] = _convert(_query(request, parameters), query_type, "query")
        if body_type:
            arguments["body"] = await _body(request, body_type)
        answer = await function(request, **arguments)
        if not isinstance(answer, Answer):
            return _respond(answer, status, media_type)
        response = _respond(answer.body, answer.status or status, media_type)
        response.headers.update(answer.headers)
        for cookie in answer.cookies:
            response.set_cookie(**cookie)
        return response

    return handle


def _respond(value: Any, status: int, media_type: str) -> web.Response:
    if status == 204:
        return web.Response(status=204)
    body = value if isinstance(value, bytes) else msgspec.json.encode(value)
    return web.Response(body=body, status=status, content_type=media_type)


def _parameters(type_: type[msgspec.Struct]) -> tuple[tuple[str, bool], ...]:
    """The name of each, and whether it may be given several times."""
    return tuple(
        (field.encode_name, get_origin(field.type) is tuple)
        for field in msgspec.structs.fields(type_)
    )


def _query(
    request: web.Request, parameters: tuple[tuple[str, bool], ...]
) -> dict[str, str | list[str]]:
    """A field of a tuple type takes every occurrence; any other must occur once."""
    values: dict[str, str | list[str]] = {}
    given = request.query
    for name, several in parameters:
        found = given.getall(name, [])
        if several:
            values[name] = [part for text in found for part in text.split(",")]
        elif len(found) > 1:
            raise Invalid("A parameter was given twice.", fields={name: "once"})
        elif found:
            values[name] = found[0]
    return values


async def _body(request: web.Request, type_: type[msgspec.Struct]) -> Any:
    raw = await request.read()
    if not raw and not any(field.required for field in msgspec.structs.fields(type_)):
        return type_()
    if request.content_type != "application/json":
        raise WrongMediaType("Send the body as application/json.")
    try:
        tree = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as err:
        raise MalformedBody(f"The body is not valid JSON: {err}") from err
    except RecursionError as err:
        raise MalformedBody("The body is nested too deeply.") from err
    return _convert(tree, type_, "body", strict=True)


def _convert(tree: Any, type_: Any, part: str, *, strict: bool = False) -> Any:
    try:
        return msgspec.convert(tree, type_, strict=strict)
    except msgspec.ValidationError as err:
        message, _, where = str(err).partition(" - at `$")
        field = where.strip("`").lstrip(".") or part
        raise Invalid(f"{part}: {message}", fields={field: message}) from err
