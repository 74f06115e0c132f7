"""Cards, rows and pictures as the templates draw them, made from the catalogue's cards."""

from collections.abc import Iterable
from typing import Literal

import msgspec

from mediaserver.catalog import Image, ItemCard, ItemKind, ItemState
from mediaserver.http import hue
from mediaserver.pages import words

Shape = Literal["poster", "wide"]
Use = Literal["poster", "wide", "scene", "large poster", "large wide"]
_WIDTHS: dict[str, tuple[int, ...]] = {
    "poster": (160, 320, 480),
    "wide": (320, 480, 640),
    "scene": (960, 1280, 1920),
    "large poster": (320, 480, 640),
    "large wide": (480, 640, 960),
}
_SIZES = {
    "poster": "(max-width: 40rem) 30vw, 12.5vw",
    "wide": "(max-width: 40rem) 60vw, 21vw",
    "scene": "100vw",
    "large poster": "(max-width: 46rem) 10rem, 20vw",
    "large wide": "(max-width: 46rem) 100vw, 30vw",
}
_WANTED: dict[str, tuple[str, ...]] = {
    "poster": ("poster",),
    "wide": ("thumb", "backdrop"),
    "scene": ("backdrop", "thumb"),
}
_NOTES = {ItemState.AWAY: "Disk away", ItemState.FAILED: "Cannot be played"}


class Picture(msgspec.Struct, frozen=True):
    src: str
    srcset: str
    sizes: str
    placeholder: str | None = None


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """``play`` is set where the picture itself plays and only the words lead to the details."""

    id: str
    title: str
    line: str
    href: str
    shape: Shape
    hue: int
    picture: Picture | None = None
    progress: int = 0
    badge: str = ""
    seen: bool = False
    state: str = "present"
    note: str = ""
    play: str = ""
    play_label: str = ""


class Row(msgspec.Struct, frozen=True):
    id: str
    title: str
    shape: Shape
    cards: tuple[Card, ...]
    href: str = ""


def picture(images: dict[str, Image], use: Use) -> Picture | None:
    wanted = _WANTED[use.removeprefix("large ")]
    image = next((images[name] for name in wanted if name in images), None)
    if image is None:
        return None
    join = "&" if "?" in image.url else "?"
    sources = [f"{image.url}{join}width={width} {width}w" for width in _WIDTHS[use]]
    smallest = sources[0].rpartition(" ")[0]
    return Picture(smallest, ", ".join(sources), _SIZES[use], image.placeholder)


def card(item: ItemCard, shape: Shape = "poster", *, plays: bool = False) -> Card:
    """``plays``: the picture starts playing, as in Continue Watching and Next Up."""
    title = item.show_title if item.kind is ItemKind.EPISODE and item.show_title else item.title
    plays = plays and item.state is ItemState.PRESENT
    unwatched = item.unwatched_count or 0
    return Card(
        id=item.id,
        title=title,
        line=words.card_line(item),
        href=f"/items/{item.id}",
        shape=shape,
        hue=hue(item.show_title or item.title),
        picture=picture(item.images, shape),
        progress=words.progress(item),
        badge=str(min(unwatched, 999)) if unwatched and not item.user.watched else "",
        seen=item.user.watched,
        state=item.state,
        note=_NOTES.get(item.state, ""),
        play=f"/watch/{item.id}" if plays else "",
        play_label=f"{words.play_words(item)}: {title}" if plays else "",
    )


def large(item: ItemCard, shape: Shape = "poster") -> Card:
    """The picture on the item's own page, without the marks of a card."""
    use: Use = "large poster" if shape == "poster" else "large wide"
    plain = card(item, shape)
    return msgspec.structs.replace(plain, picture=picture(item.images, use))


def row(
    id_: str, title: str, items: Iterable[ItemCard], shape: Shape = "poster", *, plays: bool = False
) -> Row:
    return Row(id_, title, shape, tuple(card(item, shape, plays=plays) for item in items))
