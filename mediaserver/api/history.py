"""What one watched, likes and thinks of things; always one's own."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from mediaserver.api.lists import ItemList, ItemPath, Limit, ListQuery, listed, place
from mediaserver.catalog import UserData
from mediaserver.errors import NotFound
from mediaserver.history import MAX_RATING
from mediaserver.http import Access, endpoint, services, viewer
from mediaserver.ids import ItemId
from mediaserver.shelves import CONTINUE, NEXT_UP


class WatchedBody(msgspec.Struct, frozen=True):
    watched: bool = True


class RatingBody(msgspec.Struct, frozen=True):
    """0 to 10; null takes the rating back."""

    rating: Annotated[float, Meta(ge=0, le=MAX_RATING)] | None


class ContinueQuery(msgspec.Struct, frozen=True):
    limit: Limit = CONTINUE


class NextUpQuery(msgspec.Struct, frozen=True):
    limit: Limit = NEXT_UP


@endpoint("GET", "/api/history", access=Access.SIGNED_IN)
async def history(request: web.Request, query: ListQuery) -> ItemList:
    """What one played, last first, each item once."""
    after, skip = place(query)
    shelves = services(request).shelves
    cards, moments = await shelves.history(viewer(request), query.limit, after, skip)
    return listed(cards, moments, query)


@endpoint("GET", "/api/favorites", access=Access.SIGNED_IN)
async def favorites(request: web.Request, query: ListQuery) -> ItemList:
    """One's favorites, newest first."""
    after, skip = place(query)
    shelves = services(request).shelves
    cards, moments = await shelves.favorites(viewer(request), query.limit, after, skip)
    return listed(cards, moments, query)


@endpoint("GET", "/api/continue-watching", access=Access.SIGNED_IN)
async def continue_watching(request: web.Request, query: ContinueQuery) -> ItemList:
    """What can be resumed, last played first."""
    cards = await services(request).shelves.continue_watching(viewer(request), query.limit)
    return ItemList(cards, None, len(cards))


@endpoint("DELETE", "/api/continue-watching/{id}", access=Access.SIGNED_IN, raises=(NotFound,))
async def stop_continuing(request: web.Request, path: ItemPath) -> None:
    """Take an item off the row until it is played again; its position stays."""
    who, rooms = viewer(request), services(request)
    await rooms.catalog.card(who, path.id)
    await rooms.history.dismiss(who, path.id)


@endpoint("GET", "/api/next-up", access=Access.SIGNED_IN)
async def next_up(request: web.Request, query: NextUpQuery) -> ItemList:
    """Per show the first unwatched episode after the last watched one."""
    cards = await services(request).shelves.next_up(viewer(request), query.limit)
    return ItemList(cards, None, len(cards))


@endpoint("PUT", "/api/items/{id}/watched", access=Access.SIGNED_IN, raises=(NotFound,))
async def set_watched(request: web.Request, path: ItemPath, body: WatchedBody) -> UserData:
    """Mark as watched or not; a show or season with all of its episodes."""
    shelves = services(request).shelves
    await shelves.set_watched(viewer(request), path.id, watched=body.watched)
    return await _user(request, path.id)


@endpoint("PUT", "/api/items/{id}/favorite", access=Access.SIGNED_IN, raises=(NotFound,))
async def add_favorite(request: web.Request, path: ItemPath) -> UserData:
    """Put it on My List."""
    return await _favorite(request, path.id, favorite=True)


@endpoint("DELETE", "/api/items/{id}/favorite", access=Access.SIGNED_IN, raises=(NotFound,))
async def remove_favorite(request: web.Request, path: ItemPath) -> UserData:
    """Take it off My List."""
    return await _favorite(request, path.id, favorite=False)


@endpoint("PUT", "/api/items/{id}/rating", access=Access.SIGNED_IN, raises=(NotFound,))
async def rate(request: web.Request, path: ItemPath, body: RatingBody) -> UserData:
    """One's own rating."""
    who, rooms = viewer(request), services(request)
    await rooms.catalog.card(who, path.id)
    await rooms.history.set_rating(who, path.id, body.rating)
    return await _user(request, path.id)


async def _favorite(request: web.Request, item_id: ItemId, *, favorite: bool) -> UserData:
    who, rooms = viewer(request), services(request)
    await rooms.catalog.card(who, item_id)
    await rooms.history.set_favorite(who, item_id, favorite=favorite)
    return await _user(request, item_id)


async def _user(request: web.Request, item_id: ItemId) -> UserData:
    who, rooms = viewer(request), services(request)
    card = await rooms.shelves.dress_one(who, await rooms.catalog.card(who, item_id))
    return card.user
