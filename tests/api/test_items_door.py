"""The catalogue, search and history as clients meet them."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from mediaserver.catalog import Filter, ItemKind, Query
from mediaserver.ids import ItemId, PlaybackId
from mediaserver.library import LibraryKind
from mediaserver.services import Services
from tests.scanned import episode, info, library, movie, video, viewer

FILMS = library()
SHOWS = library(LibraryKind.SHOWS, "Shows")
HOMES = library(LibraryKind.HOMEVIDEOS, "Homes")
Ask = Callable[..., Awaitable[Any]]


@pytest.fixture
async def ids(services: Services) -> dict[str, ItemId]:
    """Six films, a show of four episodes and a home video, by title."""
    films = [
        movie(FILMS, f"Film {n}", 1990 + n, media=info(genre="Drama" if n % 2 else "War"))
        for n in range(6)
    ]
    await services.catalog.ingest(FILMS, films)
    episodes = [episode(SHOWS, "Fargo", s, e, title=f"Snow {s}{e}") for s in (1, 2) for e in (1, 2)]
    await services.catalog.ingest(SHOWS, episodes)
    await services.catalog.ingest(HOMES, [video(HOMES, "Picnic.mp4")])
    page = await services.catalog.page(
        viewer(), Query(filter=Filter(kinds=tuple(ItemKind)), limit=200)
    )
    return {card.title: card.id for card in page.items}


@pytest.fixture
async def ask(client: TestClient, sign_in: Callable[..., Awaitable[dict[str, str]]]) -> Ask:
    """Ask as someone of a role and expect a status: the decoded body, or None."""
    people: dict[str, dict[str, str]] = {}

    async def asked(
        path: str,
        method: str = "GET",
        *,
        as_: str = "viewer",
        status: int = 200,
        json: object = None,
    ) -> Any:
        if as_ not in people:
            people[as_] = await sign_in(as_)
        async with client.request(method, path, headers=people[as_], json=json) as response:
            text = await response.text()
            assert response.status == status, text
            return await response.json(content_type=None) if text else None

    return asked


async def test_the_list_holds_movies_shows_and_videos(ask: Ask, ids: dict[str, ItemId]) -> None:
    body = await ask("/api/items")
    assert set(body) == {"items", "next_cursor", "total"}
    assert {item["kind"] for item in body["items"]} == {"movie", "show", "video"}
    assert (body["total"], len(body["items"]), body["next_cursor"]) == (8, 8, None)
    titles = [item["title"] for item in body["items"]]
    assert titles == sorted(titles)
    film = next(item for item in body["items"] if item["title"] == "Film 3")
    assert film["user"] == {
        "position": 0.0, "resume_position": 0.0, "watched": False, "favorite": False,
        "rating": None, "last_watched_at": None,
    }  # fmt: skip


async def test_pages_by_cursor_and_by_number(ask: Ask, ids: dict[str, ItemId]) -> None:
    whole = [item["id"] for item in (await ask("/api/items?sort=year&order=asc"))["items"]]
    seen: list[str] = []
    cursor = ""
    while True:
        body = await ask(f"/api/items?sort=year&order=asc&limit=3{cursor}")
        seen += [item["id"] for item in body["items"]]
        if body["next_cursor"] is None:
            break
        cursor = f"&cursor={body['next_cursor']}"
    assert seen == whole
    body = await ask("/api/items?sort=year&order=asc&page=2&limit=3")
    assert [item["id"] for item in body["items"]] == whole[3:6]
    assert body["meta"] == {"page": 2, "limit": 3, "total": 8, "totalPages": 3}


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("kind=show", {"Fargo"}),
        ("kind=movie&genre=War", {"Film 0", "Film 2", "Film 4"}),
        ("kind=movie,video&year=1993", {"Film 3"}),
        ("kind=movie&kind=show&library=library-shows", {"Fargo"}),
        ("kind=season", {"Season 1", "Season 2"}),
        ("library=library-homes", {"Picnic"}),
        ("watched=true", set()),
        ("person=nobody", set()),
    ],
)
async def test_filters(ask: Ask, ids: dict[str, ItemId], query: str, titles: set[str]) -> None:
    body = await ask(f"/api/items?{query}")
    assert {item["title"] for item in body["items"]} == titles
    assert body["total"] == len(titles)


@pytest.mark.parametrize(
    "query",
    [
        "sort=title'--", "sort=sort_title", "order=up", "kind=film", "year=soon", "limit=0",
        "limit=201", "limit=x", "page=0", "page=-1", "page=10000&limit=200", "cursor=abc",
        "cursor=", "watched=perhaps", "limit=5&limit=6",
    ],
)  # fmt: skip
async def test_what_makes_no_sense_is_named(ask: Ask, ids: dict[str, ItemId], query: str) -> None:
    body = await ask(f"/api/items?{query}", status=422)
    assert body["code"]
    assert body["status"] == 422


async def test_an_item_tells_its_versions_and_paths_to_admins_only(
    ask: Ask, ids: dict[str, ItemId]
) -> None:
    path = f"/api/items/{ids['Film 1']}"
    body = await ask(path)
    assert (body["title"], body["year"], body["genres"]) == ("Film 1", 1991, ["Drama"])
    (version,) = body["versions"]
    assert version["path"] is None
    assert version["audio_tracks"][0]["codec"] == "aac"
    (version,) = (await ask(path, as_="owner"))["versions"]
    assert version["path"].endswith("/Film 1 (1991)/Film 1 (1991).mkv")
    listed = await ask(f"{path}/versions", as_="admin")
    assert listed["items"] == [version]
    assert (await ask(f"{path}/versions"))["items"][0]["path"] is None


@pytest.mark.parametrize("tail", ["", "/children", "/versions"])
async def test_an_unknown_item_is_not_found(ask: Ask, tail: str) -> None:
    for id_ in ("unknown", "'; DROP TABLE items; --", "%00"):
        assert (await ask(f"/api/items/{id_}{tail}", status=404))["code"] == "not_found"


async def test_children_of_a_show(ask: Ask, ids: dict[str, ItemId]) -> None:
    seasons = await ask(f"/api/items/{ids['Fargo']}/children")
    assert [season["title"] for season in seasons["items"]] == ["Season 1", "Season 2"]
    assert seasons["items"][0]["unwatched_count"] == 2
    episodes = await ask(f"/api/items/{seasons['items'][1]['id']}/children")
    assert [e["title"] for e in episodes["items"]] == ["Snow 21", "Snow 22"]
    assert (await ask(f"/api/items/{ids['Picnic']}/children"))["items"] == []


async def test_search_answers_with_facets(ask: Ask, ids: dict[str, ItemId]) -> None:
    body = await ask("/api/search?q=film")
    assert body["total"] == 6
    assert body["facets"]["kind"] == {"movie": 6}
    assert body["facets"]["genre"] == {"Drama": 3, "War": 3}
    assert body["facets"]["year"]["1993"] == 1
    body = await ask("/api/search?q=fargo&kind=episode&limit=2")
    assert body["total"] == 4
    rest = await ask(f"/api/search?q=fargo&kind=episode&limit=2&cursor={body['next_cursor']}")
    found = [item["title"] for item in body["items"] + rest["items"]]
    assert sorted(found) == ["Snow 11", "Snow 12", "Snow 21", "Snow 22"]
    paged = await ask("/api/search?q=fargo&kind=episode&limit=2&page=2")
    assert paged["items"] == rest["items"]
    assert paged["meta"]["totalPages"] == 2
    assert (await ask("/api/search?q=%22%20OR%20title:*"))["total"] == 0
    assert (await ask("/api/search"))["items"] == []


async def test_genres(ask: Ask, ids: dict[str, ItemId]) -> None:
    body = await ask("/api/genres")
    assert body["items"] == [{"name": "Drama", "count": 3}, {"name": "War", "count": 3}]


async def test_watched_marks_and_their_filter(ask: Ask, ids: dict[str, ItemId]) -> None:
    film = ids["Film 1"]
    user = await ask(f"/api/items/{film}/watched", "PUT", json={"watched": True})
    assert user["watched"] is True
    await ask(f"/api/items/{ids['Fargo']}/watched", "PUT", json={"watched": True})
    watched = await ask("/api/items?watched=true")
    assert {item["title"] for item in watched["items"]} == {"Film 1", "Fargo"}
    assert (await ask("/api/items?watched=false"))["total"] == 6
    assert (await ask("/api/items?watched=true", as_="staff"))["total"] == 0
    user = await ask(f"/api/items/{film}/watched", "PUT", json={"watched": False})
    assert user["watched"] is False
    await ask("/api/items/unknown/watched", "PUT", json={"watched": True}, status=404)


async def test_favorites(ask: Ask, ids: dict[str, ItemId]) -> None:
    for title in ("Film 1", "Fargo", "Film 2"):
        user = await ask(f"/api/items/{ids[title]}/favorite", "PUT")
        assert user["favorite"] is True
    body = await ask("/api/favorites?limit=2")
    assert [item["title"] for item in body["items"]] == ["Film 2", "Fargo"]
    rest = await ask(f"/api/favorites?limit=2&cursor={body['next_cursor']}")
    assert [item["title"] for item in rest["items"]] == ["Film 1"]
    assert rest["next_cursor"] is None
    second = await ask("/api/favorites?limit=2&page=2")
    assert second["items"] == rest["items"]
    assert second["meta"] == {"page": 2, "limit": 2, "total": 3, "totalPages": 2}
    user = await ask(f"/api/items/{ids['Fargo']}/favorite", "DELETE")
    assert user["favorite"] is False
    assert (await ask("/api/favorites"))["total"] == 2
    assert (await ask("/api/favorites", as_="staff"))["total"] == 0
    await ask("/api/items/unknown/favorite", "PUT", status=404)
    for cursor in ("x", "_w", "e30", "WyJhIiwgImIiXQ", "a" * 2000):
        await ask(f"/api/favorites?cursor={cursor}", status=422)


async def test_ratings(ask: Ask, ids: dict[str, ItemId]) -> None:
    path = f"/api/items/{ids['Film 1']}/rating"
    assert (await ask(path, "PUT", json={"rating": 7.5}))["rating"] == 7.5
    assert (await ask(f"/api/items/{ids['Film 1']}"))["user"]["rating"] == 7.5
    assert (await ask(path, "PUT", json={"rating": None}))["rating"] is None
    for body in ({"rating": 11}, {"rating": -1}, {"rating": "good"}, {}):
        await ask(path, "PUT", json=body, status=422)


async def test_what_was_played_fills_history_home_and_rows(
    ask: Ask, ids: dict[str, ItemId], services: Services
) -> None:
    me = (await ask("/api/users/me"))["id"]
    who = viewer()
    who = type(who)(me, who.username, who.role, who.sign_in_id)
    session = PlaybackId("session")
    await services.history.record(who, ids["Snow 11"], session, 1790.0, 1800.0)
    await services.history.record(who, ids["Film 1"], session, 600.0, 6000.0)
    assert [i["title"] for i in (await ask("/api/history"))["items"]] == ["Film 1", "Snow 11"]
    (film,) = (await ask("/api/continue-watching"))["items"]
    assert (film["title"], film["user"]["resume_position"]) == ("Film 1", 600.0)
    assert [i["title"] for i in (await ask("/api/next-up"))["items"]] == ["Snow 12"]
    rows = (await ask("/api/home"))["rows"]
    assert [(row["id"], row["title"]) for row in rows][:2] == [
        ("continue-watching", "Continue Watching"),
        ("next-up", "Next Up"),
    ]
    await ask(f"/api/continue-watching/{ids['Film 1']}", "DELETE", status=204)
    assert (await ask("/api/continue-watching"))["items"] == []
    assert (await ask(f"/api/items/{ids['Film 1']}"))["user"]["position"] == 600.0
    assert (await ask("/api/history", as_="staff"))["total"] == 0


@pytest.mark.parametrize(
    "path",
    [
        "/api/items",
        "/api/items/x",
        "/api/home",
        "/api/search?q=a",
        "/api/history",
        "/api/favorites",
    ],
)
async def test_strangers_are_asked_to_sign_in(client: TestClient, path: str) -> None:
    async with client.get(path) as response:
        assert response.status == 401
