"""The pictures of items, always encoded anew by this server, in a few fixed widths."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from mediaserver.catalog import ImageType
from mediaserver.errors import NotFound
from mediaserver.http import Access, Answer, endpoint, services, viewer
from mediaserver.ids import ItemId
from mediaserver.library import PictureKind

_KEEP = "private, max-age=31536000, immutable"
_ASK_AGAIN = "private, max-age=300"


class ImagePath(msgspec.Struct, frozen=True):
    id: ItemId
    type: ImageType


class ImageQuery(msgspec.Struct, frozen=True):
    width: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    """Pixels; the next of a few fixed widths is taken, and nothing is enlarged."""
    v: str | None = None
    """The picture's version; with it the answer may be kept for ever."""


@endpoint(
    "GET",
    "/api/items/{id}/images/{type}",
    access=Access.SIGNED_IN,
    raises=(NotFound,),
    media_type="image/webp",
)
async def get_image(request: web.Request, path: ImagePath, query: ImageQuery) -> Answer[bytes]:
    """A picture of an item, or the one it borrows from its season or show."""
    rooms = services(request)
    origin = await rooms.catalog.image(viewer(request), path.id, path.type)
    picture = await rooms.posters.picture(origin, PictureKind(path.type), query.width)
    keep = _KEEP if query.v == origin.version else _ASK_AGAIN
    headers = {"Cache-Control": keep, "ETag": f'"{picture.etag}"'}
    if any(known.value == picture.etag for known in request.if_none_match or ()):
        return Answer(b"", status=304, headers=headers)
    return Answer(picture.data, headers=headers)
