"""C12, C13, C14: what another site's page can do with a cookie, a name of its own, or a socket."""

import asyncio
import itertools
from urllib.parse import urlsplit

import aiohttp
import pytest
from aiohttp.test_utils import TestClient

from mediaserver.accounts import Role
from mediaserver.api import sockets
from mediaserver.http import cookie_of
from mediaserver.library import LibraryKind
from tests.conftest import PASSWORD
from tests.security.conftest import Door

SITES = (None, "same-origin", "none", "same-site", "cross-site", "nonsense")
ORIGINS = (None, "ours", "https://evil.example", "null", "http://[", "http://", "ours.evil.example")


def ours(site: str | None, origin: str | None, *, custom: bool) -> bool:
    if site is not None:
        return site in {"same-origin", "none"}
    if origin is not None:
        return origin == "ours"
    return custom


async def test_c12_a_cookie_needs_the_proof_of_our_own_page(door: Door) -> None:
    host = f"127.0.0.1:{door.client.port}"
    cookie = {"Cookie": f"sid={door.cookies[Role.OWNER]}"}
    for site, origin, custom, authorization in itertools.product(
        SITES, ORIGINS, (False, True), (None, "Basic eDp5", "Digest x")
    ):
        headers = dict(cookie)
        if site is not None:
            headers["Sec-Fetch-Site"] = site
        if origin is not None:
            headers["Origin"] = (
                f"http://{origin.replace('ours', host)}" if "ours" in origin else origin
            )
        if custom:
            headers["X-CSRF"] = "1"
        if authorization:
            headers["Authorization"] = authorization
        answer = await door.client.put(f"/api/items/{door.film}/favorite", headers=headers)
        expected = 200 if ours(site, origin, custom=custom) else 403
        assert answer.status == expected, headers


async def test_c12_a_bearer_needs_no_proof_and_never_borrows_the_cookie(door: Door) -> None:
    foreign = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    path = f"/api/items/{door.film}/favorite"
    answer = await door.client.put(path, headers=foreign | door.who[Role.VIEWER])
    assert answer.status == 200
    cookie = {"Cookie": f"sid={door.cookies[Role.OWNER]}", "Authorization": "Bearer wrong"}
    assert (await door.client.put(path, headers=foreign | cookie)).status == 401


async def test_c12_a_foreign_form_cannot_sign_anyone_in(door: Door) -> None:
    for path in ("/sign-in", "/setup", "/api/auth/login"):
        answer = await door.client.post(path, data={}, headers={"Origin": "https://evil.example"})
        assert answer.status == 403, path


async def test_c13_only_names_of_ours_are_answered(client: TestClient) -> None:
    foreign = (
        "evil.example", "localhost.evil.example", "evil.example:8090", "127.0.0.1.evil.example",
        "evil@localhost", "[", "a]b", "[::1", "2130706433", "0x7f.1", "evilocal", ".", "℀.x", "",
    )  # fmt: skip
    for host in foreign:
        for path in ("/api/health", "/static/favicon.svg", "/v/a.b.c.d/index.m3u8", "/sign-in"):
            answer = await client.get(path, headers={"Host": host})
            assert answer.status == 421, (host, path)
    for host in ("127.0.0.1", "[::1]:1", "192.168.1.5:8090", "LOCALHOST", "box.local"):
        assert (await client.get("/api/health", headers={"Host": host})).status == 200, host
    headers = {"Host": "evil.example", "X-Forwarded-Host": "localhost", "Forwarded": "host=::1"}
    assert (await client.get("/api/health", headers=headers)).status == 421


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://[", "http://"])
async def test_c14_a_foreign_page_opens_no_socket(door: Door, origin: str) -> None:
    headers = {"Cookie": f"sid={door.cookies[Role.OWNER]}"}
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await door.client.ws_connect("/api/ws", headers=headers, origin=origin)
    assert refused.value.status == 403


async def test_c14_jobs_are_told_to_admins_only(door: Door) -> None:
    opened = {
        role: await door.client.ws_connect("/api/ws", headers=door.who[role])
        for role in (Role.ADMIN, Role.STAFF, Role.VIEWER, Role.GUEST)
    }
    await asyncio.sleep(0)
    await door.services.library.library(door.library)
    await door.services.jobs.submit("scan", door.library)
    assert (await opened[Role.ADMIN].receive_json(timeout=5))["type"] == "job"
    for role in (Role.STAFF, Role.VIEWER, Role.GUEST):
        with pytest.raises(TimeoutError):
            await opened[role].receive(timeout=0.2)
    for socket in opened.values():
        await socket.close()


@pytest.mark.parametrize("how", ["sign out", "new role", "removed"])
async def test_c14_a_socket_ends_with_its_sign_in(
    door: Door, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert sockets._ASK_AGAIN <= 5
    monkeypatch.setattr(sockets, "_ASK_AGAIN", 0.05)
    socket = await door.client.ws_connect("/api/ws", headers=door.who[Role.ADMIN])
    accounts = door.services.accounts
    person = await accounts.named("the admin")
    if how == "sign out":
        await door.client.post("/api/auth/logout", headers=door.who[Role.ADMIN])
    elif how == "new role":
        change = f"/api/users/{person.id}"
        await door.client.patch(change, json={"role": "viewer"}, headers=door.who[Role.OWNER])
    else:
        await accounts.remove(person)
    ended = await socket.receive(timeout=5)
    assert ended.type is aiohttp.WSMsgType.CLOSE
    assert ended.data == aiohttp.WSCloseCode.POLICY_VIOLATION


async def test_c14_one_person_opens_a_bounded_number_of_sockets(door: Door) -> None:
    headers = door.who[Role.VIEWER]
    opened = [await door.client.ws_connect("/api/ws", headers=headers) for _ in range(20)]
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await door.client.ws_connect("/api/ws", headers=headers)
    assert refused.value.status == 429
    for socket in opened:
        await socket.close()
    again = await door.client.ws_connect("/api/ws", headers=headers)
    await again.close()


async def test_c9_the_cookie_is_kept_from_scripts_and_foreign_forms(door: Door) -> None:
    body = {"username": "the viewer", "password": PASSWORD}
    for answer in (
        await door.client.post("/api/auth/login", json=body),
        await door.client.post("/sign-in", data=body, allow_redirects=False),
    ):
        cookie = answer.cookies["sid"]
        assert cookie["httponly"]
        assert (cookie["samesite"], cookie["path"]) == ("Lax", "/")
        assert not cookie["domain"]
        assert len(cookie.value) >= 43
    secure = cookie_of(type("Request", (), {"secure": True})(), "x", 1)
    assert (secure["name"], secure["secure"]) == ("__Host-sid", True)


async def test_one_is_led_to_our_own_pages_only(door: Door) -> None:
    body = {"username": "the viewer", "password": PASSWORD}
    for target in (
        "https://evil.example", "//evil.example", "/\\evil.example", "///evil.example", "\\\\evil",
        "javascript:alert(1)", "/\t/evil.example", "/%0d%0aSet-Cookie:x", " //evil.example",
    ):  # fmt: skip
        answer = await door.client.post(
            "/sign-in", data=body | {"next": target}, allow_redirects=False
        )
        where = urlsplit(answer.headers["Location"])
        assert (where.scheme, where.netloc) == ("", ""), target
        assert answer.headers["Location"].startswith("/"), target
        again = await door.client.get("/sign-in", params={"next": target}, allow_redirects=False)
        assert not urlsplit(again.headers["Location"]).netloc, target


async def test_a_role_cannot_be_raised_by_its_holder(door: Door) -> None:
    owner = await door.services.accounts.named("the owner")
    admin = door.who[Role.ADMIN]
    for body in ({"password": "another password"}, {"role": "viewer"}):
        answer = await door.client.patch(f"/api/users/{owner.id}", json=body, headers=admin)
        assert answer.status == 403
    assert (await door.client.delete(f"/api/users/{owner.id}", headers=admin)).status == 409
    new = {"username": "x", "password": PASSWORD, "role": "owner"}
    assert (await door.client.post("/api/users", json=new, headers=admin)).status == 422
    assert (await door.services.library.library(door.library)).kind is LibraryKind.MOVIES
