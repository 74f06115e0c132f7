"""What there is to watch: lists, single items, what they hold, their versions."""

import msgspec
from aiohttp import web

from mediaserver.api.lists import ItemList, ItemPath, Limit, PageNumber, meta
from mediaserver.catalog import Filter, Item, ItemKind, Order, Query, Sort, Version
from mediaserver.errors import NotFound
from mediaserver.http import Access, endpoint, services, viewer
from mediaserver.ids import ItemId, LibraryId


class ItemsQuery(msgspec.Struct, frozen=True):
    """Without ``kind``: movies, shows and videos. ``kind`` may be given several times."""

    kind: tuple[ItemKind, ...] = ()
    library: str | None = None
    genre: str | None = None
    year: int | None = None
    person: str | None = None
    sort: Sort = Sort.TITLE
    order: Order | None = None
    watched: bool | None = None
    limit: Limit = 50
    cursor: str | None = None
    page: PageNumber | None = None


class VersionList(msgspec.Struct, frozen=True):
    items: tuple[Version, ...]
    next_cursor: str | None
    total: int


@endpoint("GET", "/api/items", access=Access.SIGNED_IN)
async def list_items(request: web.Request, query: ItemsQuery) -> ItemList:
    """A page of items. Titles ascend, every other sort descends unless ``order`` says else."""
    who, rooms = viewer(request), services(request)
    wanted = Query(
        filter=await _filter(request, query),
        sort=query.sort,
        order=query.order,
        limit=query.limit,
        cursor=query.cursor,
        page=query.page,
    )
    found = await rooms.catalog.page(who, wanted)
    cards = await rooms.shelves.dress(who, found.items)
    numbers = meta(query.page, query.limit, found.total)
    return ItemList(cards, found.next_cursor, found.total, numbers)


@endpoint("GET", "/api/items/{id}", access=Access.SIGNED_IN, raises=(NotFound,))
async def get_item(request: web.Request, path: ItemPath) -> Item:
    """One item with its versions. Paths are told to owner and admin only."""
    who, rooms = viewer(request), services(request)
    return await rooms.shelves.dress_one(who, await rooms.catalog.get(who, path.id))


@endpoint("GET", "/api/items/{id}/children", access=Access.SIGNED_IN, raises=(NotFound,))
async def list_children(request: web.Request, path: ItemPath) -> ItemList:
    """The seasons of a show, the episodes of a season; nothing for everything else."""
    who, rooms = viewer(request), services(request)
    cards = await rooms.shelves.dress(who, await rooms.catalog.children(who, path.id))
    return ItemList(cards, None, len(cards))


@endpoint("GET", "/api/items/{id}/versions", access=Access.SIGNED_IN, raises=(NotFound,))
async def list_versions(request: web.Request, path: ItemPath) -> VersionList:
    """The files of an item, best first."""
    item = await services(request).catalog.get(viewer(request), path.id)
    return VersionList(item.versions, None, len(item.versions))


async def _filter(request: web.Request, query: ItemsQuery) -> Filter:
    only: frozenset[ItemId] | None = None
    without: frozenset[ItemId] | None = None
    if query.watched is not None:
        seen = await services(request).shelves.watched_ids(viewer(request))
        only, without = (seen, None) if query.watched else (None, seen)
    if query.person is not None:
        # No item names its people yet, so nobody is in any.
        only = frozenset()
    return Filter(
        kinds=query.kind,
        library_id=LibraryId(query.library) if query.library is not None else None,
        genre=query.genre,
        year=query.year,
        only=only,
        without=without,
    )
