"""The one map from errors to status codes, and the one shape of an error (RFC 9457)."""

import http
import math
from typing import Any

import msgspec
from aiohttp import web

from mediaserver.errors import (
    Busy,
    Conflict,
    Forbidden,
    Invalid,
    MediaServerError,
    NotFound,
    SignInRequired,
    StorageFull,
    TooManyRequests,
    Unplayable,
)

CONTENT_TYPE = "application/problem+json"


class MalformedBody(MediaServerError):
    code = "malformed_json"


class WrongMediaType(MediaServerError):
    code = "wrong_media_type"


class WrongHost(MediaServerError):
    code = "wrong_host"


STATUS: dict[type[MediaServerError], int] = {
    MalformedBody: 400,
    SignInRequired: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    WrongMediaType: 415,
    WrongHost: 421,
    Invalid: 422,
    Unplayable: 422,
    TooManyRequests: 429,
    Busy: 503,
    StorageFull: 507,
}
_HTTP_CODES = {
    404: "no_such_route",
    405: "method_not_allowed",
    413: "too_large",
    416: "range_not_satisfiable",
}


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """An error as ``application/problem+json``. ``code`` is stable, ``detail`` is for a person."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    errors: dict[str, str] = {}
    """For ``invalid``: each wrong field and what is allowed."""


def status_of(error: type[MediaServerError]) -> int:
    for type_ in error.__mro__:
        if type_ in STATUS:
            return STATUS[type_]
    return 500


def problem_of(error: BaseException, request_id: str) -> tuple[Problem, dict[str, str]]:
    """The problem and the headers that belong to it."""
    headers: dict[str, str] = {}
    if isinstance(error, MediaServerError):
        status, code, detail = status_of(type(error)), error.reason, error.detail
        if isinstance(error, Busy):
            headers["Retry-After"] = str(math.ceil(error.retry_after))
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
    elif isinstance(error, web.HTTPException):
        status = error.status
        code = _HTTP_CODES.get(status, _title(status).lower().replace(" ", "_"))
        detail = _title(status) + "."
        headers = {
            name: value
            for name, value in error.headers.items()
            if name in {"Allow", "Content-Range", "Retry-After"}
        }
    else:
        status, code = 500, "unexpected"
        detail = "An unexpected fault. The server's log has the details under this request id."
    fields = error.fields if isinstance(error, Invalid) else {}
    return (
        Problem("about:blank", _title(status), status, code, detail, request_id, fields),
        headers,
    )


def problem_response(problem: Problem, headers: dict[str, str]) -> web.Response:
    body: Any = msgspec.json.encode(problem)
    return web.Response(
        body=body, status=problem.status, content_type=CONTENT_TYPE, headers=headers
    )


def _title(status: int) -> str:
    try:
        return http.HTTPStatus(status).phrase
    except ValueError:
        return "Error"
