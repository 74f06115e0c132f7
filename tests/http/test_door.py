"""The door: set-up, sign-in, errors in one shape, and who is refused."""

import asyncio
import re

import aiohttp
import pytest
from aiohttp.test_utils import TestClient

from mediaserver.accounts import Origin, Role
from mediaserver.app import all_endpoints, build_app
from mediaserver.errors import SignInRequired
from mediaserver.http import Access, Endpoint, refuse_undeclared
from mediaserver.services import Services

PASSWORD = "correct horse battery"


async def test_health_says_ok_to_anyone(client: TestClient) -> None:
    response = await client.get("/api/health")
    assert response.status == 200
    assert await response.json() == {"status": "ok"}
    assert response.headers["X-Request-ID"]


async def test_set_up_makes_one_owner_once(client: TestClient, services: Services) -> None:
    assert (await (await client.get("/api/setup")).json()) == {"needed": True}
    code = await services.accounts.setup_code()
    wrong = {"code": "nonsense", "username": "ana", "password": PASSWORD}
    assert (await client.post("/api/setup", json=wrong)).status == 403
    body = {"code": code, "username": "ana", "password": PASSWORD}
    answers = await asyncio.gather(*(client.post("/api/setup", json=body) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409]
    assert (await (await client.get("/api/setup")).json()) == {"needed": False}
    assert (await client.post("/api/setup", json=body)).status == 409
    assert (await client.get("/api/users/me")).status == 200  # by cookie


async def test_bearer_refresh_and_sign_out(client: TestClient, services: Services, sign_in) -> None:
    await sign_in("owner", "ana")
    answer = await client.post("/api/auth/login", json={"email": "ANA", "password": PASSWORD})
    tokens = await answer.json()
    assert tokens["token"] == tokens["access_token"]
    client.session.cookie_jar.clear()
    fresh = await (
        await client.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    ).json()
    again = await client.post("/api/auth/refresh", json={"refresh_token": tokens["refresh_token"]})
    assert again.status == 401
    old = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert (await client.get("/api/users/me", headers=old)).status == 401
    new = {"Authorization": f"Bearer {fresh['access_token']}"}
    assert (await client.get("/api/users/me", headers=new)).status == 200
    assert (await client.post("/api/auth/logout", headers=new)).status == 204
    assert (await client.get("/api/users/me", headers=new)).status == 401


@pytest.mark.parametrize("length", [8, 72, 73, 1000])
async def test_long_passwords_count_in_full(services: Services, length: int) -> None:
    accounts = services.accounts
    password = "é" * length
    await accounts.add_user("ana", password, Role.VIEWER)
    assert (await accounts.sign_in("ana", password, Origin())).user.username == "ana"
    with pytest.raises(SignInRequired):
        await accounts.sign_in("ana", password[:-1] + "e", Origin())


async def test_errors_have_one_shape(client: TestClient, sign_in) -> None:
    owner = await sign_in()
    cases = [
        ("GET", "/api/nowhere", {}, 404, "no_such_route"),
        ("PUT", "/api/health", {}, 405, "method_not_allowed"),
        ("GET", "/api/users/me", {}, 401, "sign_in_required"),
        ("GET", "/api/jobs?limit=0", {"headers": owner}, 422, "invalid"),
        ("GET", "/api/users/unknown", {"headers": owner}, 404, "not_found"),
        ("POST", "/api/auth/login", {"data": "x"}, 415, "wrong_media_type"),
        (
            "POST",
            "/api/auth/login",
            {"data": "{", "headers": {"Content-Type": "application/json"}},
            400,
            "malformed_json",
        ),
        ("POST", "/api/auth/login", {"json": {"username": 3}}, 422, "invalid"),
        ("POST", "/api/auth/login", {"data": b"x" * 2_000_000}, 413, "too_large"),
    ]
    for method, path, options, status, code in cases:
        response = await client.request(method, path, **options)
        assert response.status == status, path
        assert response.content_type == "application/problem+json"
        problem = await response.json()
        assert problem["code"] == code
        assert problem["status"] == status
        assert problem["request_id"] == response.headers["X-Request-ID"]
        assert {"type", "title", "detail"} <= problem.keys()


async def test_a_foreign_page_cannot_use_the_cookie(client: TestClient, sign_in) -> None:
    await sign_in("owner", "ana")
    await client.post("/api/auth/login", json={"username": "ana", "password": PASSWORD})
    foreign = [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {},
    ]
    for headers in foreign:
        answer = await client.post("/api/auth/logout", headers=headers)
        assert answer.status == 403, headers
    assert (await client.get("/api/users/me")).status == 200
    ours = {"Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/api/auth/logout", headers=ours)).status == 204


async def test_a_foreign_page_cannot_open_the_socket(client: TestClient, sign_in) -> None:
    owner = await sign_in()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await client.ws_connect("/api/ws", headers=owner, origin="http://evil.example")
    assert refused.value.status == 403


async def test_unknown_hosts_are_refused(client: TestClient) -> None:
    for host, status in (("evil.example", 421), ("[::1]:8090", 200), ("box.local", 200)):
        response = await client.get("/api/health", headers={"Host": host})
        assert response.status == status, host


async def test_every_route_declares_its_access(services: Services) -> None:
    app = build_app(services)

    async def forgotten(request):
        raise AssertionError

    app.router.add_get("/api/forgotten", forgotten)
    from_app = {(one.method, one.path) for one in all_endpoints()}
    assert len(from_app) == len(all_endpoints()), "a route is declared twice"
    declared: dict[object, Endpoint] = {one.handler: one for one in all_endpoints()}
    with pytest.raises(RuntimeError, match="forgotten"):
        refuse_undeclared(app, declared)


async def test_nobody_signed_in_reaches_only_public_routes(client: TestClient) -> None:
    for one in all_endpoints():
        if one.access in {Access.PUBLIC, Access.SIGNED_PREFIX} or one.kind.value == "page":
            continue
        path = re.sub(r"\{\w+\}", "x", one.path)
        response = await client.request(one.method, path)
        assert response.status == 401, (one.method, path)
