"""Search: results by kind, films and shows first."""

import msgspec
from aiohttp import web

from mediaserver.catalog import ItemCard, ItemKind, Question
from mediaserver.http import Access, page, render, services, viewer
from mediaserver.pages.cards import Card, Shape, card
from mediaserver.pages.shell import NavLink, navigation

_LONGEST = 200
_FOUND = 60
_GROUPS: tuple[tuple[ItemKind, str, Shape], ...] = (
    (ItemKind.MOVIE, "Films", "poster"),
    (ItemKind.SHOW, "Shows", "poster"),
    (ItemKind.EPISODE, "Episodes", "wide"),
    (ItemKind.VIDEO, "Home videos", "wide"),
)


class Group(msgspec.Struct, frozen=True):
    id: str
    title: str
    shape: Shape
    cards: tuple[Card, ...]


class FindPage(msgspec.Struct, frozen=True):
    nav: tuple[NavLink, ...]
    q: str
    groups: tuple[Group, ...]


@page("GET", "/find", access=Access.SIGNED_IN)
async def find_page(request: web.Request) -> web.Response:
    rooms, who = services(request), viewer(request)
    text = request.query.get("q", "").strip()[:_LONGEST]
    items: tuple[ItemCard, ...] = ()
    if text:
        found = await rooms.catalog.search(who, Question(text=text, limit=_FOUND))
        items = await rooms.shelves.dress(who, found.items)
    return render(request, "find.html", FindPage(await navigation(request), text, _grouped(items)))


def _grouped(items: tuple[ItemCard, ...]) -> tuple[Group, ...]:
    groups = []
    for kind, title, shape in _GROUPS:
        cards = tuple(card(item, shape) for item in items if item.kind is kind)
        if cards:
            groups.append(Group(kind.value, title, shape, cards))
    return tuple(groups)
