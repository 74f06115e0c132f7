"""One library as a grid that grows as one scrolls."""

from urllib.parse import urlencode

import msgspec
from aiohttp import web

from mediaserver.catalog import Filter, ItemKind, Query, Sort
from mediaserver.http import Access, page, render, services, viewer
from mediaserver.ids import LibraryId
from mediaserver.library import Library, LibraryKind
from mediaserver.pages import words
from mediaserver.pages.cards import Card, Shape, card
from mediaserver.pages.shell import NavLink, navigation

_PAGE = 60
_SORTS = {
    Sort.TITLE: "By title",
    Sort.ADDED: "Newest here",
    Sort.YEAR: "By year",
    Sort.DURATION: "By length",
}
_WATCHED = {"": "Everything", "no": "Not watched", "yes": "Watched"}
_COUNTED = {
    LibraryKind.MOVIES: (ItemKind.MOVIE, "film"),
    LibraryKind.SHOWS: (ItemKind.SHOW, "show"),
    LibraryKind.HOMEVIDEOS: (ItemKind.VIDEO, "video"),
}


class Choice(msgspec.Struct, frozen=True):
    value: str
    title: str
    chosen: bool


class LibraryPage(msgspec.Struct, frozen=True, kw_only=True):
    nav: tuple[NavLink, ...]
    library: Library
    count_words: str
    sorts: tuple[Choice, ...]
    filters: tuple[Choice, ...]
    cards: tuple[Card, ...]
    shape: Shape
    more: str
    filtered: bool


@page("GET", "/libraries/{id}", access=Access.SIGNED_IN)
async def library_page(request: web.Request) -> web.Response:
    rooms, who = services(request), viewer(request)
    library = await rooms.library.library(LibraryId(request.match_info["id"]))
    query = await _query(request, library)
    found = await rooms.catalog.page(who, query)
    counts = await rooms.catalog.counts(who, library.id)
    shape: Shape = "wide" if library.kind is LibraryKind.HOMEVIDEOS else "poster"
    cards = tuple(card(one, shape) for one in await rooms.shelves.dress(who, found.items))
    chosen = {"sort": query.sort.value, "watched": _watched(request)}
    context = LibraryPage(
        nav=await navigation(request),
        library=library,
        count_words=count_words(library.kind, counts),
        sorts=_choices(_SORTS, chosen["sort"]),
        filters=_choices(_WATCHED, chosen["watched"]),
        cards=cards,
        shape=shape,
        more="?" + urlencode(chosen | {"cursor": found.next_cursor}) if found.next_cursor else "",
        filtered=bool(chosen["watched"]),
    )
    return render(request, "library.html", context)


def count_words(kind: LibraryKind, counts: dict[ItemKind, int]) -> str:
    """``214 films``; ``12 shows · 341 episodes``."""
    main, name = _COUNTED[kind]
    shown = [words.counted(counts.get(main, 0), name)]
    if counts.get(ItemKind.EPISODE):
        shown.append(words.counted(counts[ItemKind.EPISODE], "episode"))
    return " · ".join(shown)


async def _query(request: web.Request, library: Library) -> Query:
    wanted = request.query.get("sort", "")
    sort = next((one for one in Sort if one.value == wanted), Sort.TITLE)
    watched = _watched(request)
    seen = None
    if watched:
        seen = await services(request).shelves.watched_ids(viewer(request))
    filter_ = Filter(
        library_id=library.id,
        only=seen if watched == "yes" else None,
        without=seen if watched == "no" else None,
    )
    return Query(filter=filter_, sort=sort, limit=_PAGE, cursor=request.query.get("cursor"))


def _watched(request: web.Request) -> str:
    wanted = request.query.get("watched", "")
    return wanted if wanted in _WATCHED else ""


def _choices(titles: dict[Sort, str] | dict[str, str], chosen: str) -> tuple[Choice, ...]:
    return tuple(
        Choice(str(value), title, chosen=str(value) == chosen) for value, title in titles.items()
    )
