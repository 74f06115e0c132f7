"""C1: every route against every role; what is allowed stands in ``access.txt``, checked in."""

import re
from pathlib import Path

from aiohttp.test_utils import TestClient

from mediaserver.accounts import Role
from mediaserver.app import all_endpoints
from mediaserver.http import Access
from tests.security.conftest import ROLES, Door

EXPECTED = Path(__file__).with_name("access.txt")
ADMITTED: dict[Access, set[Role | None]] = {
    Access.PUBLIC: {None, *ROLES},
    Access.SIGNED_PREFIX: set(),
    Access.SIGNED_IN: set(ROLES),
    Access.STAFF: {Role.OWNER, Role.ADMIN, Role.STAFF},
    Access.ADMIN: {Role.OWNER, Role.ADMIN},
    Access.OWNER: {Role.OWNER},
}
REFUSED = {401, 403}
ENDS_THE_SIGN_IN = {"/sign-out", "/api/auth/logout"}


def table() -> list[str]:
    return sorted(f"{one.access.value:14} {one.method:7} {one.path}" for one in all_endpoints())


def test_the_table_of_routes_is_the_one_that_was_agreed() -> None:
    """A new route, or a new access, is added to access.txt by a person who thought about it."""
    assert table() == EXPECTED.read_text().splitlines()


async def test_each_role_reaches_what_is_declared_and_nothing_else(door: Door) -> None:
    wrong = []
    for one in all_endpoints():
        if one.path in ENDS_THE_SIGN_IN or one.method == "OPTIONS":  # the same for everybody
            continue
        path = re.sub(r"\{[^}]*\}", "none", one.path)
        for role in (None, *ROLES):
            status = await knock(door, one.method, path, role)
            if one.access is Access.PUBLIC and one.method == "POST" and status < 500:
                continue  # it may refuse what is sent, and does
            admitted = role in ADMITTED[one.access]
            if (status not in REFUSED) != admitted or status >= 500:
                wrong.append((one.method, one.path, role, status))
    assert not wrong


async def knock(door: Door, method: str, path: str, role: Role | None) -> int:
    headers = dict(door.who[role]) if role else {}
    answer = await door.client.request(
        method, path, headers={"Content-Type": "application/json", **headers}, data=b"[]"
    )
    door.client.session.cookie_jar.clear()
    return answer.status


async def test_a_token_in_the_address_opens_nothing(door: Door) -> None:
    token = door.who[Role.OWNER]["Authorization"].removeprefix("Bearer ")
    for name in ("access_token", "token", "api_key", "apikey", "auth", "sid", "Authorization"):
        for value in (token, f"Bearer {token}", door.cookies[Role.OWNER]):
            answer = await door.client.get("/api/users/me", params={name: value})
            assert answer.status == 401, name
    for scheme in ("Basic", "Token", "", "Bearer,"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert (await door.client.get("/api/users/me", headers=headers)).status == 401
    headers = {"X-Api-Key": token, "X-Access-Token": token, "X-Forwarded-User": "the owner"}
    assert (await door.client.get("/api/users/me", headers=headers)).status == 401


async def test_no_address_is_trusted_without_a_sign_in(client: TestClient) -> None:
    for name in ("X-Forwarded-For", "X-Real-IP", "Forwarded", "X-Original-URL", "X-Rewrite-URL"):
        answer = await client.get("/api/users", headers={name: "127.0.0.1"})
        assert answer.status == 401, name
