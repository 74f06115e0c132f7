"""No request is a fault of ours: whatever text, number, body or header comes, it is no 5xx."""

import contextlib
import json
import re
from urllib.parse import quote

import aiohttp
import msgspec
import pytest
from yarl import URL

from mediaserver.accounts import Role
from mediaserver.app import all_endpoints
from mediaserver.http import Endpoint
from tests.security.conftest import Door

ENDS_THE_SIGN_IN = {"/sign-out", "/api/auth/logout", "/api/auth/password", "/settings/password"}
TEXTS = (
    "\0", "a\0b", "\ud800", "\u202e", "A" * 3000, "'\";--", "../../etc/passwd", "9" * 30,
    "9" * 5000,
    "-9" + "9" * 20, "1e400", "nan", "٣", "*", '"', "NEAR(", "a OR", "-", "\r\nX: y", "🎬", "%",
)  # fmt: skip
VALUES: tuple[object, ...] = (
    *TEXTS,
    2**63,
    -(2**63) - 1,
    10**40,
    1e308,
    -1,
    None,
    [],
    {},
    [[None]],
    True,
)
FORM = (
    "username", "password", "code", "next", "old", "new", "role", "kind", "path", "name", "on",
)  # fmt: skip
BASIC = {
    "code": "x", "username": "u", "password": "p" * 9, "old_password": "x", "new_password": "y" * 9,
    "refresh_token": "x", "name": "n", "kind": "movies", "paths": ["/x"], "position": 1.0,
    "state": "playing", "rating": 1, "watched": True,
}  # fmt: skip
TYPES = (
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data",
    "multipart/form-data; boundary=x", "application/x-www-form-urlencoded; charset=nonsense",
    "application/json; charset=nonsense", "junk", 'a/b;;;="',
)  # fmt: skip
BODIES = (
    b"", b"\xff\xfe", b"{", b"[" * 100_000, b'{"a":' * 50_000, b"null", b"a=%ff&b=%00&c=%",
    b'--x\r\nContent-Disposition: form-data; name="username"\r\n\r\n\xff\xff\r\n--x--\r\n',
    b'--x\r\nContent-Disposition: form-data; name="username"; filename="a"\r\n\r\nabc\r\n--x--\r\n',
    b"--x\r\nContent-Disposition: form-data\r\n\r\nabc\r\n--x--\r\n", b"--x\r\ngarbage\r\n", b"--x",
    (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n'
        b"Content-Type: text/plain; charset=nonsense\r\n\r\nabc\r\n--x--\r\n"
    ),
    (
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n'
        b"Content-Transfer-Encoding: nonsense\r\n\r\nabc\r\n--x--\r\n"
    ),
)  # fmt: skip


@pytest.fixture
async def faults(door: Door, request: pytest.FixtureRequest):
    """Called with a request; what came back as 5xx is what the test fails on."""
    found: list[tuple[object, ...]] = []

    async def ask(method: str, path: str, **options) -> None:
        headers = door.who[Role.OWNER] | options.pop("headers", {})
        answer = await door.client.request(
            method, URL(path, encoded=True), headers=headers, allow_redirects=False, **options
        )
        if answer.status >= 500:
            sent = options.get("data", options)
            found.append((method, path[:90], str(sent)[:90], answer.status))
        door.client.session.cookie_jar.clear()

    yield ask
    assert not found


def routes() -> list[Endpoint]:
    return [
        one for one in all_endpoints() if one.path not in ENDS_THE_SIGN_IN and one.path != "/api/ws"
    ]


def path_of(one: Endpoint, door: Door) -> str:
    """Of something that is there; what removes things gets something that is not."""
    spared = one.method == "DELETE" or one.path.endswith("/remove")
    item = "none" if spared or "librar" in one.path or "user" in one.path else door.film
    if "librar" in one.path and not spared:
        item = door.library
    return re.sub(r"\{[^}]*\}", "none", one.path.replace("{id}", item).replace("{type}", "poster"))


def encoded(text: str) -> str:
    return quote(text.encode("utf-8", "surrogatepass"), safe="") or "-"


def fields(struct: type[msgspec.Struct] | None) -> list[str]:
    return [field.encode_name for field in msgspec.structs.fields(struct)] if struct else []


async def test_no_text_in_an_address_is_a_fault(door: Door, faults) -> None:
    for one in routes():
        for text in TEXTS:
            if "{" in one.path:
                await faults(one.method, re.sub(r"\{[^}]*\}", encoded(text), one.path), data=b"{}")
            if one.method != "GET":
                continue
            for name in fields(one.query_type) or ("q", "next", "cursor", "start", "code", "sort"):
                await faults(one.method, f"{path_of(one, door)}?{name}={encoded(text)}")


async def test_no_value_in_a_body_is_a_fault(door: Door, faults) -> None:
    for one in routes():
        names = fields(one.body_type)
        basic = {name: value for name, value in BASIC.items() if name in names}
        for name in names:
            for value in VALUES:
                for shaped in (value, [value], {"x": value}):
                    await faults(
                        one.method,
                        path_of(one, door),
                        data=json.dumps({**basic, name: shaped}),
                        headers={"Content-Type": "application/json"},
                    )


async def test_no_text_in_a_form_is_a_fault(door: Door, faults) -> None:
    for one in routes():
        if one.kind.value != "page" or one.method != "POST":
            continue
        for name in FORM:
            for text in ("\0", "\ud800", "A" * 3000, "9" * 30, "\r\nX: y"):
                await faults(
                    one.method,
                    path_of(one, door),
                    data=f"kind=movies&role=viewer&{name}={encoded(text)}",
                    headers={"Content-Type": "application/x-www-form-urlencoded"},
                )


async def test_no_body_is_a_fault_whatever_it_claims_to_be(door: Door, faults) -> None:
    for one in routes():
        if one.method == "GET":
            continue
        for content_type in TYPES:
            for body in BODIES:
                headers = {"Content-Type": content_type}
                await faults(one.method, path_of(one, door), data=body, headers=headers)
        for coding in ("gzip", "deflate", "br", "nonsense"):
            headers = {"Content-Type": "application/json", "Content-Encoding": coding}
            # aiohttp cuts a connection whose body it cannot read, sometimes before the answer
            with contextlib.suppress(aiohttp.ServerDisconnectedError):
                await faults(one.method, path_of(one, door), data=b"not so", headers=headers)


async def test_no_header_is_a_fault(door: Door, faults) -> None:
    values = ("\udcff\udcfe", "http://[", "x" * 3000, "bytes=9" + "9" * 400 + "-", "é", ",;=")
    names = (
        "User-Agent", "Origin", "Authorization", "Cookie", "Accept", "Range", "If-None-Match",
        "If-Modified-Since", "If-Range", "Accept-Encoding", "Sec-Fetch-Site", "Content-Type",
    )  # fmt: skip
    targets = (
        ("GET", f"/items/{door.film}"),
        ("GET", "/static/favicon.svg"),
        ("GET", f"/api/items/{door.film}/images/poster"),
        ("POST", f"/api/items/{door.film}/playback"),
        ("POST", "/api/auth/refresh"),
    )
    for method, path in targets:
        for name in names:
            for value in values:
                await faults(method, path, headers={name: value}, data=b"{}")


@pytest.mark.parametrize(
    "form", ["../", "%2e%2e/", "..%2f", "%2e%2e%2f", "..%5c", "/", "%00", "a" * 400]
)
async def test_c23_no_address_leads_out_of_the_static_files(door: Door, form: str, faults) -> None:
    for target in ("etc/passwd", "config.toml", "templates/base.html"):
        for depth in (1, 3, 12):
            path = f"/static/{form * min(depth, 1 if len(form) > 99 else depth)}{target}"
            await faults("GET", path)
            answer = await door.client.get(URL(path, encoded=True))
            assert answer.status in {403, 404}, path
            text = await answer.text()
            assert "root:" not in text
            assert "[server]" not in text
            assert "Traceback" not in text
