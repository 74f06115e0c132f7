"""The player's page. It carries what the player shows at once; everything else it asks the API."""

import math

import msgspec
from aiohttp import web

from mediaserver.catalog import ItemCard, ItemKind
from mediaserver.errors import NotFound
from mediaserver.http import Access, page, render, services, viewer
from mediaserver.ids import ItemId
from mediaserver.pages import words
from mediaserver.pages.cards import picture
from mediaserver.pages.shell import see_other


class Next(msgspec.Struct, frozen=True):
    href: str
    title: str
    line: str
    artwork: str | None


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """The JSON the player starts from. ``start`` and ``version`` are wishes of the address."""

    id: ItemId
    title: str
    line: str
    back: str
    artwork: str | None
    next: Next | None
    previous: str | None
    version: str | None
    start: float | None


class WatchPage(msgspec.Struct, frozen=True):
    watch: Watch


@page("GET", "/watch/{id}", access=Access.SIGNED_IN)
async def watch_page(request: web.Request) -> web.Response:
    rooms, who = services(request), viewer(request)
    item = await rooms.catalog.card(who, ItemId(request.match_info["id"]))
    if item.kind in {ItemKind.SHOW, ItemKind.SEASON}:
        episode = await rooms.shelves.to_play(who, item.id)
        if episode is None:
            raise NotFound("There is nothing to play here.")
        return see_other(str(request.rel_url.with_path(f"/watch/{episode.id}", keep_query=True)))
    return render(request, "watch.html", WatchPage(await _watch(request, item)))


async def _watch(request: web.Request, item: ItemCard) -> Watch:
    rooms, who = services(request), viewer(request)
    episode = item.kind is ItemKind.EPISODE
    after = await rooms.catalog.next_episode(who, item.id) if episode else None
    before = await rooms.catalog.previous_episode(who, item.id) if episode else None
    return Watch(
        id=item.id,
        title=_title(item),
        line=_line(item),
        back=f"/items/{item.id}",
        artwork=_artwork(item),
        next=Next(f"/watch/{after.id}", after.title, _line(after), _artwork(after))
        if after
        else None,
        previous=f"/watch/{before.id}" if before else None,
        version=request.query.get("version"),
        start=_seconds(request.query.get("start")),
    )


def _title(item: ItemCard) -> str:
    return (item.show_title if item.kind is ItemKind.EPISODE else None) or item.title


def _line(item: ItemCard) -> str:
    if item.kind is not ItemKind.EPISODE:
        return item.date or str(item.year or "")
    return " · ".join(filter(None, (words.episode_code(item), item.title)))


def _artwork(item: ItemCard) -> str | None:
    found = picture(item.images, "wide") or picture(item.images, "poster")
    return found.src if found else None


def _seconds(text: str | None) -> float | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    return seconds if math.isfinite(seconds) and seconds >= 0 else None
