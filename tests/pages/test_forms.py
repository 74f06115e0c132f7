"""Every form does its work without scripts, says what went wrong, and keeps strangers out."""

import json
import re
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from mediaserver.accounts import Role, Viewer
from mediaserver.catalog import ItemKind, Query
from mediaserver.history import PlayerState
from mediaserver.ids import PlaybackId, SignInId
from mediaserver.pages.shell import safe_path
from mediaserver.services import Services
from tests.conftest import PASSWORD
from tests.pages.conftest import HOSTILE, Get, Post
from tests.scanned import viewer


async def test_the_owner_sets_up_and_is_signed_in(
    client: TestClient, services: Services, post: Post
) -> None:
    code = await services.accounts.setup_code() or ""
    refused = await post("/setup", code="guess", username="ana", password=PASSWORD)
    assert refused.status == 403
    assert "not the set-up code" in await refused.text()
    done = await post("/setup", code=code, username="ana", password=PASSWORD)
    assert (done.status, done.headers["Location"]) == (303, "/")
    home = await client.get("/", headers={"Accept": "text/html"})
    assert "Nothing to watch yet" in await home.text()


async def test_a_wrong_password_is_said_and_the_name_is_kept(post: Post, house: Services) -> None:
    answer = await post("/sign-in", username="ana", password="wrong", next="/settings")
    text = await answer.text()
    assert answer.status == 401
    assert 'value="ana"' in text
    assert 'value="/settings"' in text


async def test_signing_out_ends_it(client: TestClient, get: Get, post: Post) -> None:
    await get("/")
    assert (await post("/sign-out")).status == 303
    answer = await client.get("/", headers={"Accept": "text/html"}, allow_redirects=False)
    assert answer.status == 303


@pytest.mark.parametrize(
    ("asked", "given"),
    [
        ("/items/a?b=c", "/items/a?b=c"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("https://evil.example", "/"),
        ("/a\r\nSet-Cookie: x", "/"),
        (None, "/"),
    ],
)
def test_one_is_sent_to_our_own_pages_only(asked: str | None, given: str) -> None:
    assert safe_path(asked) == given


async def test_a_folder_is_added_scanned_renamed_and_removed(
    get: Get, post: Post, house: Services, tmp_path: Path
) -> None:
    await get("/settings")
    refused = await post("/settings/libraries", kind="movies", path="/no/such/folder", name="X")
    text = await refused.text()
    assert refused.status == 422
    assert 'value="/no/such/folder"' in text, "the form keeps what was typed"
    (tmp_path / "new").mkdir()
    added = await post("/settings/libraries", kind="movies", path=str(tmp_path / "new"), name="New")
    assert added.status == 303
    new = next(one for one in await house.library.libraries() if one.name == "New")
    assert await house.jobs.count(None) == 1
    assert (await post(f"/settings/libraries/{new.id}/scan")).status == 303
    await post(f"/settings/libraries/{new.id}/rename", name="Newer")
    assert (await house.library.library(new.id)).name == "Newer"
    await post(f"/settings/libraries/{new.id}/remove")
    assert new.id not in {one.id for one in await house.library.libraries()}


async def test_people_are_added_and_removed(get: Get, post: Post, house: Services) -> None:
    await get("/settings")
    short = await post("/settings/users", username="ben", password="short", role="viewer")
    assert short.status == 422
    assert (
        await post("/settings/users", username="ben", password=PASSWORD, role="owner")
    ).status == 422
    added = await post("/settings/users", username="ben", password=PASSWORD, role="viewer")
    assert added.status == 303
    ben = await house.accounts.named("ben")
    assert ben.role is Role.VIEWER
    assert "ben" in await get("/settings")
    await post(f"/settings/users/{ben.id}/remove")
    assert "ben" not in {user.username for user in await house.accounts.users()}


async def test_ones_password_changes_by_the_old_one(get: Get, post: Post, house: Services) -> None:
    await get("/settings")
    wrong = await post("/settings/password", old="wrong", new="another long password")
    assert wrong.status == 422
    done = await post("/settings/password", old=PASSWORD, new="another long password")
    assert (done.status, done.headers["Location"]) == (303, "/sign-in")
    again = await post("/sign-in", username="ana", password="another long password")
    assert again.status == 303


async def test_a_viewer_may_not_use_the_forms_of_an_admin(
    get: Get, post: Post, house: Services
) -> None:
    text = await get("/settings", as_=HOSTILE)
    assert "/settings/libraries" not in text
    libraries = await house.library.libraries()
    for path in (
        "/settings/libraries",
        "/settings/scan",
        "/settings/users",
        f"/settings/libraries/{libraries[0].id}/scan",
        f"/settings/libraries/{libraries[0].id}/remove",
    ):
        assert (await post(path, name="x")).status == 403, path
    assert await house.library.libraries() == libraries


async def test_another_sites_page_cannot_send_a_form(
    client: TestClient, get: Get, house: Services
) -> None:
    await get("/")
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil.example"}):
        answer = await client.post("/settings/scan", headers=headers, allow_redirects=False)
        assert answer.status == 403


async def test_watched_and_favourite_are_marked(get: Get, post: Post, house: Services) -> None:
    await get("/")
    who = viewer()
    show = next(
        card
        for card in (await house.catalog.page(who, Query())).items
        if card.kind is ItemKind.SHOW
    )
    answer = await post(f"/items/{show.id}/watched", on="1", next=f"/items/{show.id}")
    assert answer.headers["Location"] == f"/items/{show.id}"
    await post(f"/items/{show.id}/favorite", on="1", next="//evil.example")
    text = await get(f"/items/{show.id}")
    assert text.count('class="badge seen"') >= 2, "the show, and each episode of the season"
    assert 'aria-label="Remove from favourites"' in text or "Remove from favourites" in text
    home = await get("/")
    assert "My List" in home


async def test_the_watch_page_says_what_comes_next(get: Get, house: Services) -> None:
    who = viewer()
    shows = [c for c in (await house.catalog.page(who, Query())).items if c.kind is ItemKind.SHOW]
    episodes = await house.catalog.episodes(who, shows[0].id)
    text = await get(f"/watch/{episodes[1].id}?start=1.5")
    data = re.search(
        r'<script type="application/json" id="watch-data">(.*?)</script>', text, re.DOTALL
    )
    assert data
    watch = json.loads(data[1])
    assert watch["title"] == "Some Show"
    assert watch["next"]["href"] == f"/watch/{episodes[2].id}", "over the edge of the season"
    assert watch["previous"] == f"/watch/{episodes[0].id}"
    assert watch["start"] == 1.5


async def test_watching_a_show_begins_its_first_episode(
    client: TestClient, get: Get, house: Services
) -> None:
    who = viewer()
    shows = [c for c in (await house.catalog.page(who, Query())).items if c.kind is ItemKind.SHOW]
    await get("/")
    answer = await client.get(f"/watch/{shows[0].id}", allow_redirects=False)
    first = (await house.catalog.episodes(who, shows[0].id))[0]
    assert (answer.status, answer.headers["Location"]) == (303, f"/watch/{first.id}")


async def test_an_item_says_how_it_would_play_here(
    client: TestClient, get: Get, house: Services
) -> None:
    who = viewer()
    films = (await house.catalog.page(who, Query())).items
    film = next(card for card in films if card.title == "Plain Film")
    can = '{"video": [{"codec": "h264"}], "audio": [{"codec": "aac"}], "containers": ["matroska"]}'
    text = await get(f"/items/{film.id}/how?can={can}")
    assert "Plays directly here" in text
    text = await get(f"/items/{film.id}/how?can={can.replace('matroska', 'mp4')}")
    assert "Plays untouched here" in text
    await get(f"/items/{film.id}/how?can=nonsense", status=422)


async def test_the_owner_sees_who_is_watching_and_how(
    client: TestClient, get: Get, house: Services
) -> None:
    who = viewer()
    await get("/")
    films = (await house.catalog.page(who, Query())).items
    film = next(card for card in films if card.title == "Plain Film")
    answer = await client.post(
        f"/api/items/{film.id}/playback",
        json={},
        headers={"User-Agent": "Firefox/140", "X-CSRF": "1"},
    )
    assert answer.status == 200, await answer.text()
    text = await get("/settings")
    assert "Plain Film" in text
    assert "Firefox" in text
    assert "0:00 of 0:02" in text


async def test_an_item_leaves_the_row_of_things_to_continue(
    get: Get, post: Post, house: Services
) -> None:
    await get("/")
    ana = await house.accounts.named("ana")
    who = Viewer(ana.id, ana.username, ana.role, SignInId("s"))
    film = (await house.catalog.page(who, Query())).items[0]
    await house.history.record(
        who, film.id, PlaybackId("p"), 600.0, 3000.0, PlayerState.PLAYING, None, 1
    )
    assert "Continue Watching" in await get("/")
    assert (await post(f"/items/{film.id}/dismiss")).status == 303
    assert "Continue Watching" not in await get("/")
