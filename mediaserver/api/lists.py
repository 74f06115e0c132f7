"""The shape every list of items is answered in, and how a page of it is asked for."""

import base64
import binascii
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from mediaserver.catalog import ItemCard
from mediaserver.errors import Invalid
from mediaserver.history import Moment, Moments
from mediaserver.ids import ItemId

Limit = Annotated[int, Meta(ge=1, le=200)]
PageNumber = Annotated[int, Meta(ge=1, le=10_000)]
_REACH = 10_000


class PageMeta(msgspec.Struct, frozen=True, rename={"total_pages": "totalPages"}):
    """What clients that count pages want to know."""

    page: int
    limit: int
    total: int
    total_pages: int


class ItemList(msgspec.Struct, frozen=True):
    """``meta`` is there when the page was asked for by number."""

    items: tuple[ItemCard, ...]
    next_cursor: str | None
    total: int
    meta: PageMeta | UnsetType = UNSET


class ListQuery(msgspec.Struct, frozen=True):
    """A page by ``cursor`` (from the page before) or by number."""

    limit: Limit = 50
    cursor: Annotated[str, Meta(max_length=1024)] | None = None
    page: PageNumber | None = None


class ItemPath(msgspec.Struct, frozen=True):
    id: ItemId


def meta(page: int | None, limit: int, total: int) -> PageMeta | UnsetType:
    if page is None:
        return UNSET
    return PageMeta(page, limit, total, -(-total // limit))


def place(query: ListQuery) -> tuple[Moment | None, int]:
    """Where a list of moments goes on: after which, and how many to skip."""
    if query.cursor is not None:
        return _moment(query.cursor), 0
    skip = ((query.page or 1) - 1) * query.limit
    if skip >= _REACH:
        raise Invalid(
            f"Pages reach the first {_REACH} items; use next_cursor to go further.",
            fields={"page": f"1 to {_REACH // query.limit}"},
        )
    return None, skip


def listed(cards: tuple[ItemCard, ...], moments: Moments, query: ListQuery) -> ItemList:
    following = moments.following
    cursor = msgspec.json.encode((following.item_id, following.at)) if following else None
    return ItemList(
        cards,
        base64.urlsafe_b64encode(cursor).rstrip(b"=").decode("ascii") if cursor else None,
        moments.total,
        meta(query.page, query.limit, moments.total),
    )


def _moment(cursor: str) -> Moment:
    """It names a place in the viewer's own list and nothing else, so it needs no signature."""
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        item_id, at = msgspec.json.decode(raw, type=tuple[str, float])
    except (binascii.Error, ValueError, msgspec.DecodeError) as err:
        raise Invalid(
            "The cursor is not one this server gave.",
            fields={"cursor": "use next_cursor of the page before"},
        ) from err
    return Moment(ItemId(item_id), at)
