"""The large part of a page: a backdrop, a title, a few facts and the button that plays."""

from collections.abc import Sequence

import msgspec

from mediaserver.catalog import Item, ItemCard, ItemKind, ItemState
from mediaserver.http import duration_words, hue
from mediaserver.pages import words
from mediaserver.pages.cards import Picture, picture


class Link(msgspec.Struct, frozen=True):
    href: str
    title: str
    current: bool = False


class Hero(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    title: str
    hue: int
    href: str
    over: str = ""
    meta: tuple[str, ...] = ()
    overview: str = ""
    backdrop: Picture | None = None
    progress: int = 0
    play: str = ""
    play_label: str = ""


def hero(item: Item, to_play: ItemCard | None, *, over: str = "", meta: Sequence[str] = ()) -> Hero:
    """``to_play`` is what its button starts: the item itself, or an episode of it."""
    playable = to_play is not None and to_play.state is ItemState.PRESENT
    return Hero(
        id=item.id,
        title=item.title,
        hue=hue(item.show_title or item.title),
        href=f"/items/{item.id}",
        over=over,
        meta=tuple(meta or facts(item)),
        overview=item.overview or "",
        backdrop=picture(item.images, "scene"),
        progress=words.progress(item),
        play=f"/watch/{to_play.id}" if to_play and playable else "",
        play_label=_label(item, to_play) if to_play and playable else "",
    )


def facts(item: Item) -> tuple[str, ...]:
    """Year or date, runtime, genres."""
    when = item.date if item.kind in {ItemKind.VIDEO, ItemKind.EPISODE} else None
    code = words.episode_code(item) if item.kind is ItemKind.EPISODE else ""
    shown = (
        code,
        when if when != code else None,
        str(item.year) if item.year and not when else None,
        duration_words(item.duration),
        *item.genres[:3],
    )
    return tuple(filter(None, shown))


def _label(item: Item, to_play: ItemCard) -> str:
    if item.id == to_play.id:
        return words.play_words(to_play)
    return words.play_words(to_play, words.episode_code(to_play))
