"""The OpenAPI 3.1 document, generated from the endpoints themselves, so it cannot drift."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from mediaserver.errors import (
    Forbidden,
    Invalid,
    MediaServerError,
    NotFound,
    SignInRequired,
)
from mediaserver.http.endpoint import Access, Endpoint
from mediaserver.http.problems import (
    CONTENT_TYPE,
    MalformedBody,
    Problem,
    WrongHost,
    WrongMediaType,
    status_of,
)

_REF = "#/components/schemas/{name}"
_WORDS = {
    400: "The body is not valid JSON, or the request is malformed.",
    401: "Not signed in.",
    403: "Signed in, but not allowed.",
    404: "There is no such thing, or you may not see it.",
    409: "It does not fit the present state.",
    413: "The body is too large.",
    415: "The body is not application/json.",
    421: "The server does not answer to this host name.",
    422: "What was sent makes no sense, or the file cannot be played.",
    429: "Too many requests; see Retry-After.",
    503: "At the limit; see Retry-After.",
    507: "The disk is full.",
}


def openapi(endpoints: Sequence[Endpoint], version: str) -> dict[str, Any]:
    types = [Problem, *dict.fromkeys(_types(endpoints))]
    schemas, components = msgspec.json.schema_components(types, ref_template=_REF)
    schema_of = dict(zip(map(id, types), schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for one in endpoints:
        operation = _operation(one, schema_of, components)
        paths.setdefault(one.path, {})[one.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Media server", "version": version},
        "security": [{"bearer": []}, {"cookie": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "sid"},
            },
        },
    }


def _types(endpoints: Iterable[Endpoint]) -> Iterable[Any]:
    for one in endpoints:
        for type_ in (one.body_type, one.response_type):
            if type_ is not None:
                yield type_


def _operation(
    one: Endpoint, schema_of: dict[int, Any], components: dict[str, Any]
) -> dict[str, Any]:
    summary, _, description = one.summary.partition("\n")
    operation: dict[str, Any] = {
        "operationId": f"{one.tag}_{one.name}",
        "tags": [one.tag],
        "summary": summary,
        "parameters": [
            *_parameters(one.path_type, "path", components),
            *_parameters(one.query_type, "query", components),
        ],
        "responses": _responses(one, schema_of),
    }
    if description.strip():
        operation["description"] = description.strip()
    if one.access is Access.PUBLIC:
        operation["security"] = []
    if one.body_type is not None:
        required = any(field.required for field in msgspec.structs.fields(one.body_type))
        operation["requestBody"] = {
            "required": required,
            "content": {"application/json": {"schema": schema_of[id(one.body_type)]}},
        }
    return operation


def _parameters(
    type_: type[msgspec.Struct] | None, place: str, components: dict[str, Any]
) -> list[dict[str, Any]]:
    if type_ is None:
        return []
    (_,), own = msgspec.json.schema_components([type_], ref_template=_REF)
    schema = own.pop(type_.__name__)
    components.update(own)
    required = set(schema.get("required", ())) if place == "query" else set(schema["properties"])
    parameters = []
    for name, property_schema in schema["properties"].items():
        parameter = {
            "name": name,
            "in": place,
            "required": name in required,
            "schema": property_schema,
        }
        if property_schema.get("type") == "array":
            parameter |= {"style": "form", "explode": True}
        parameters.append(parameter)
    return parameters


def _responses(one: Endpoint, schema_of: dict[int, Any]) -> dict[str, Any]:
    good: dict[str, Any] = {"description": "Done." if one.status == 204 else "The answer."}
    if one.response_type is not None:
        good["content"] = {one.media_type: {"schema": schema_of[id(one.response_type)]}}
    problem = {CONTENT_TYPE: {"schema": schema_of[id(Problem)]}}
    return {str(one.status): good} | {
        str(status): {"description": _WORDS[status], "content": problem}
        for status in sorted(_problem_statuses(one))
    }


def _problem_statuses(one: Endpoint) -> set[int]:
    errors: set[type[MediaServerError]] = {WrongHost, *one.raises}
    if one.method != "GET" or one.access is not Access.PUBLIC:
        errors.add(Forbidden)
    if one.access is not Access.PUBLIC:
        errors.add(SignInRequired)
    if one.path_type is not None:
        errors |= {NotFound, Invalid}
    if one.query_type is not None:
        errors.add(Invalid)
    statuses = {status_of(error) for error in errors} | {400}
    if one.body_type is not None:
        statuses |= {status_of(Invalid), status_of(MalformedBody), status_of(WrongMediaType), 413}
    return statuses
