"""Finding things: by words, and which genres there are."""

import msgspec
from aiohttp import web
from msgspec import UNSET, UnsetType

from mediaserver.api.lists import Limit, PageMeta, PageNumber, meta
from mediaserver.catalog import Facets, Filter, GenreCount, ItemCard, ItemKind, Question
from mediaserver.http import Access, endpoint, services, viewer
from mediaserver.ids import LibraryId


class SearchQuery(msgspec.Struct, frozen=True):
    """Without ``kind``: movies, shows, videos and episodes. Every word of ``q`` is a beginning."""

    q: str = ""
    kind: tuple[ItemKind, ...] = ()
    genre: str | None = None
    year: int | None = None
    library: str | None = None
    limit: Limit = 50
    cursor: str | None = None
    page: PageNumber | None = None


class Results(msgspec.Struct, frozen=True):
    """``facets`` counts, for each filter, what the other filters let through."""

    items: tuple[ItemCard, ...]
    next_cursor: str | None
    total: int
    facets: Facets
    meta: PageMeta | UnsetType = UNSET


class GenresQuery(msgspec.Struct, frozen=True):
    library: str | None = None


class GenreList(msgspec.Struct, frozen=True):
    items: list[GenreCount]
    next_cursor: str | None
    total: int


@endpoint("GET", "/api/search", access=Access.SIGNED_IN)
async def search(request: web.Request, query: SearchQuery) -> Results:
    """The best match first."""
    who, rooms = viewer(request), services(request)
    filter_ = Filter(
        kinds=query.kind,
        library_id=LibraryId(query.library) if query.library is not None else None,
        genre=query.genre,
        year=query.year,
    )
    found = await rooms.catalog.search(
        who,
        Question(
            text=query.q, filter=filter_, limit=query.limit, cursor=query.cursor, page=query.page
        ),
    )
    return Results(
        await rooms.shelves.dress(who, found.items),
        found.next_cursor,
        found.total,
        found.facets,
        meta(query.page, query.limit, found.total),
    )


@endpoint("GET", "/api/genres", access=Access.SIGNED_IN)
async def genres(request: web.Request, query: GenresQuery) -> GenreList:
    """Genres of movies, shows and videos, and how many have each."""
    library_id = LibraryId(query.library) if query.library is not None else None
    found = await services(request).catalog.genres(viewer(request), library_id)
    return GenreList(found, None, len(found))
