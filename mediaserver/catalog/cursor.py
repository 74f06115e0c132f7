"""List cursors: where the next page begins, signed so that an altered one is refused."""

import base64
import binascii
import hashlib
import hmac
from typing import TypeVar

import msgspec

from mediaserver.catalog.models import Order, Sort
from mediaserver.errors import Invalid

_MAC = 8
_Place = TypeVar("_Place", "Position", "Offset")


class Position(msgspec.Struct, frozen=True, array_like=True):
    """The last row of a page: its sort value and its row number."""

    sort: Sort
    order: Order
    value: str | float
    number: int


class Offset(msgspec.Struct, frozen=True, array_like=True):
    """A place in ranked results, which have no order of their own."""

    query: str
    offset: int


def seal(key: bytes, place: Position | Offset) -> str:
    body = msgspec.json.encode(place)
    return base64.urlsafe_b64encode(_mac(key, body) + body).rstrip(b"=").decode("ascii")


def unseal_position(key: bytes, cursor: str, sort: Sort, order: Order) -> Position:
    place = _unseal(key, cursor, Position)
    if (place.sort, place.order) != (sort, order):
        raise _refused()
    return place


def unseal_offset(key: bytes, cursor: str, query: str) -> int:
    place = _unseal(key, cursor, Offset)
    if place.query != query:
        raise _refused()
    return place.offset


def _unseal(key: bytes, cursor: str, type_: type[_Place]) -> _Place:
    try:
        raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as err:
        raise _refused() from err
    mac, body = raw[:_MAC], raw[_MAC:]
    # The last character carries spare bits: only the spelling we gave is accepted.
    ours = base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii") == cursor
    if not (ours and hmac.compare_digest(mac, _mac(key, body))):
        raise _refused()
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.DecodeError as err:
        raise _refused() from err


def _mac(key: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(body, key=key, digest_size=_MAC).digest()


def _refused() -> Invalid:
    return Invalid(
        "The cursor is not one this server gave for this list.",
        fields={"cursor": "use next_cursor of the page before, with the same sort and order"},
    )
