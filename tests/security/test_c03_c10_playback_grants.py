"""C3, C5, C10: another person's playback, and what a signed address is worth once it is over."""

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientError

from mediaserver.accounts import Role
from mediaserver.library import LibraryKind
from mediaserver.streaming import sessions as grants
from tests.conftest import PASSWORD
from tests.security.conftest import Door

Started = dict[str, Any]
Ending = Callable[[Door], Awaitable[object]]


async def play(door: Door, role: Role) -> Started:
    answer = await door.client.post(
        f"/api/items/{door.film}/playback", json={}, headers=door.who[role]
    )
    assert answer.status == 200
    found: Started = await answer.json()
    return found


async def test_c3_another_persons_session_cannot_be_seen_moved_or_ended(door: Door) -> None:
    path = f"/api/playback/{(await play(door, Role.VIEWER))['session_id']}"
    report = {"position": 5.0, "state": "playing"}
    for role in (Role.GUEST, Role.CREATOR, Role.STAFF, Role.ADMIN, Role.OWNER):
        answer = await door.client.put(path, json=report, headers=door.who[role])
        assert answer.status == 404, role
    for role in (Role.GUEST, Role.CREATOR):
        assert (await door.client.delete(path, headers=door.who[role])).status == 404
        assert (await door.client.get("/api/playback", headers=door.who[role])).status == 403
    assert (await door.client.put(path, json=report, headers=door.who[Role.VIEWER])).status == 204
    assert (await door.client.delete(path, headers=door.who[Role.STAFF])).status == 204


async def test_c44_what_one_watches_is_told_to_nobody_else(door: Door) -> None:
    who = door.who[Role.VIEWER]
    await door.client.put(f"/api/items/{door.film}/watched", json={}, headers=who)
    await door.client.put(f"/api/items/{door.film}/favorite", headers=who)
    for role in (Role.GUEST, Role.OWNER):
        for path in ("/api/history", "/api/favorites"):
            answer = await door.client.get(path, headers=door.who[role])
            assert (await answer.json())["total"] == 0, (role, path)
        item = await door.client.get(f"/api/items/{door.film}", headers=door.who[role])
        user = (await item.json())["user"]
        assert (user["watched"], user["favorite"]) == (False, False)


async def sign_out(door: Door) -> None:
    await door.client.post("/api/auth/logout", headers=door.who[Role.VIEWER])


async def change_password(door: Door) -> None:
    body = {"old_password": PASSWORD, "new_password": "another password"}
    answer = await door.client.post("/api/auth/password", json=body, headers=door.who[Role.VIEWER])
    assert answer.status == 204


async def change_role(door: Door) -> None:
    person = await door.services.accounts.named("the viewer")
    answer = await door.client.patch(
        f"/api/users/{person.id}", json={"role": "guest"}, headers=door.who[Role.ADMIN]
    )
    assert answer.status == 200


async def remove(door: Door) -> None:
    person = await door.services.accounts.named("the viewer")
    await door.client.delete(f"/api/users/{person.id}", headers=door.who[Role.ADMIN])


async def forget_library(door: Door) -> None:
    await door.client.delete(f"/api/libraries/{door.library}", headers=door.who[Role.ADMIN])


@pytest.mark.parametrize(
    "end",
    [sign_out, change_password, change_role, remove, forget_library],
    ids=lambda f: f.__name__,
)
async def test_c10_a_grant_ends_with_what_it_rests_on(
    door: Door, end: Ending, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Within the five seconds between two looks; the test makes them shorter."""
    assert grants._ASK_AGAIN <= 5
    started = await play(door, Role.VIEWER)
    prefix = started["hls_url"].rpartition("/")[0]
    addresses = [
        f"{prefix}/{name}"
        for name in ("index.m3u8", "original/index.m3u8", "original/init.mp4", "original/0.m4s")
    ] + [started["direct_url"]]
    for address in addresses:
        assert (await door.client.get(address)).status == 200, address
    monkeypatch.setattr(grants, "_ASK_AGAIN", 0.05)
    await end(door)
    await asyncio.sleep(0.1)
    for address in addresses:
        answer = await door.client.get(address)
        assert answer.status == 403, address
        assert (await answer.json())["code"] == "dead_link"


async def test_c10_a_download_under_way_is_cut_off(
    door: Door, reel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request may hold a whole film; it is cut when its grant ends, not when it is done."""
    monkeypatch.setattr(grants, "_ASK_AGAIN", 0.05)
    long = tmp_path / "long" / "Long Film.mp4"
    long.parent.mkdir()
    shutil.copy(reel, long)
    os.truncate(long, 256 << 20)
    library = await door.services.library.add("Long", LibraryKind.HOMEVIDEOS, [str(long.parent)])
    await door.services.scanner.scan(library.id)
    who = door.who[Role.VIEWER]
    listed = await door.client.get(f"/api/items?library={library.id}", headers=who)
    (item,) = (await listed.json())["items"]
    started = await door.client.post(f"/api/items/{item['id']}/playback", json={}, headers=who)
    answer = await door.client.get((await started.json())["direct_url"])
    assert len(await answer.content.readany()) > 0
    await sign_out(door)
    await asyncio.sleep(1.5)
    with pytest.raises(ClientError):
        await answer.read()


async def test_c5_a_grant_opens_its_own_session_only(door: Door) -> None:
    first, second = [
        (await play(door, role))["hls_url"].split("/")[2].split(".")
        for role in (Role.VIEWER, Role.GUEST)
    ]
    for field in range(4):
        mixed = [*first]
        mixed[field] = second[field]
        if mixed == first:
            continue
        answer = await door.client.get(f"/v/{'.'.join(mixed)}/index.m3u8")
        assert answer.status == 403, field
    assert first[3] != second[3]


async def test_c5_an_address_tells_where_it_came_from_to_nobody(door: Door) -> None:
    answer = await door.client.get((await play(door, Role.VIEWER))["hls_url"])
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in answer.headers["Cache-Control"]


async def test_c23_no_name_below_a_prefix_leads_out_of_the_film(door: Door) -> None:
    prefix = (await play(door, Role.VIEWER))["hls_url"].rpartition("/")[0]
    for name in (
        "../../../etc/passwd", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "%00",
        "original/..%2f0.m4s", "original/%2e%2e%2f%2e%2e", "original/0.m4s%00", "original/00.m4s",
        "original/-1.m4s", "original/9999999.m4s", "original/٣.m4s", "/etc/passwd",
    ):  # fmt: skip
        answer = await door.client.get(f"{prefix}/{name}")
        assert answer.status in {403, 404, 405}, name
        assert b"root:" not in await answer.read()
