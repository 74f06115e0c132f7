"""The home page: one large thing to go on with, then the rows."""

import msgspec
from aiohttp import web

from mediaserver.catalog import ItemCard, ItemKind
from mediaserver.http import Access, page, render, services, viewer
from mediaserver.pages.cards import Row, Shape, row
from mediaserver.pages.scenes import Hero, hero
from mediaserver.pages.shell import NavLink, navigation
from mediaserver.shelves import Row as Shelf

_PLAY_AT_ONCE = {"continue-watching", "next-up"}
_OVER = {"continue-watching": "Continue watching", "next-up": "Next up"}


class HomePage(msgspec.Struct, frozen=True):
    nav: tuple[NavLink, ...]
    hero: Hero | None
    rows: tuple[Row, ...]


@page("GET", "/", access=Access.SIGNED_IN)
async def home_page(request: web.Request) -> web.Response:
    shelves = await services(request).shelves.home(viewer(request))
    rows = tuple(_row(shelf) for shelf in shelves)
    context = HomePage(await navigation(request), await _hero(request, shelves), rows)
    return render(request, "home.html", context)


async def _hero(request: web.Request, shelves: tuple[Shelf, ...]) -> Hero | None:
    """What one would most likely go on with; of something new, what has a picture."""
    if not shelves:
        return None
    who, rooms = viewer(request), services(request)
    first = shelves[0]
    chosen = next((card for card in first.items if "backdrop" in card.images), first.items[0])
    if first.id in _PLAY_AT_ONCE:
        chosen = first.items[0]
    item = await rooms.shelves.dress_one(who, await rooms.catalog.get(who, chosen.id))
    shown = hero(
        item, await rooms.shelves.to_play(who, item.id), over=_OVER.get(first.id, first.title)
    )
    if item.kind is not ItemKind.EPISODE or not item.show_title:
        return shown
    meta = (shown.meta[0], item.title, *shown.meta[1:]) if shown.meta else (item.title,)
    return msgspec.structs.replace(shown, title=item.show_title, meta=meta)


def _row(shelf: Shelf) -> Row:
    plays = shelf.id in _PLAY_AT_ONCE
    library = shelf.id.removeprefix("recently-added-")
    made = row(shelf.id, shelf.title, shelf.items, _shape(shelf.items, plays=plays), plays=plays)
    if library == shelf.id:
        return made
    return msgspec.structs.replace(made, href=f"/libraries/{library}?sort=added")


def _shape(items: tuple[ItemCard, ...], *, plays: bool) -> Shape:
    """Home videos have frames and no posters."""
    videos = all(item.kind in {ItemKind.VIDEO, ItemKind.EPISODE} for item in items)
    return "wide" if plays or videos else "poster"
