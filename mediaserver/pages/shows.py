"""A show and its seasons: what to go on with, and the episodes in order."""

import msgspec
from aiohttp import web

from mediaserver.catalog import Item, ItemCard, ItemKind
from mediaserver.http import duration_words, services, viewer
from mediaserver.ids import ItemId
from mediaserver.pages import words
from mediaserver.pages.cards import Card, Row, card, large
from mediaserver.pages.scenes import Hero, Link, hero
from mediaserver.pages.shell import NavLink, navigation


class Episode(msgspec.Struct, frozen=True):
    card: Card
    number: str
    is_next: bool
    overview: str = ""


class ShowPage(msgspec.Struct, frozen=True, kw_only=True):
    nav: tuple[NavLink, ...]
    hero: Hero
    poster: Card
    seen: bool
    liked: bool
    seasons: tuple[Link, ...]
    list: tuple[Episode, ...]
    rows: tuple[Row, ...] = ()


class SeasonPage(ShowPage, frozen=True, kw_only=True):
    parent: Link


async def show_page(request: web.Request, show: Item) -> ShowPage:
    """Opens at the season one is in."""
    rooms, who = services(request), viewer(request)
    to_play = await rooms.shelves.to_play(who, show.id)
    seasons = await rooms.catalog.children(who, show.id)
    shown = to_play.season_id if to_play else (seasons[0].id if seasons else None)
    meta = (
        str(show.year or ""),
        words.counted(sum(1 for one in seasons if one.season_number), "season"),
        words.counted(show.child_count or 0, "episode"),
        *show.genres[:3],
    )
    return ShowPage(
        nav=await navigation(request),
        hero=hero(show, to_play, over=_next_words(to_play), meta=tuple(filter(None, meta))),
        poster=large(show),
        seen=show.user.watched,
        liked=show.user.favorite,
        seasons=_tabs(seasons, shown),
        list=await _episodes(request, shown, to_play) if shown else (),
    )


async def season_page(request: web.Request, season: Item) -> SeasonPage:
    rooms, who = services(request), viewer(request)
    to_play = await rooms.shelves.to_play(who, season.id)
    show_id = season.show_id or season.id
    seasons = await rooms.catalog.children(who, show_id)
    count, left = season.child_count or 0, season.unwatched_count or 0
    meta = (words.counted(count, "episode"), f"{left} not watched" if 0 < left < count else "")
    return SeasonPage(
        nav=await navigation(request),
        hero=hero(season, to_play, meta=tuple(filter(None, meta))),
        poster=large(season),
        seen=season.user.watched,
        liked=season.user.favorite,
        seasons=_tabs(seasons, season.id),
        list=await _episodes(request, season.id, to_play),
        parent=Link(f"/items/{show_id}", season.show_title or "The show"),
    )


def _tabs(seasons: tuple[ItemCard, ...], shown: ItemId | None) -> tuple[Link, ...]:
    return tuple(Link(f"/items/{one.id}", one.title, current=one.id == shown) for one in seasons)


def _next_words(to_play: ItemCard | None) -> str:
    if to_play is None or to_play.kind is not ItemKind.EPISODE:
        return ""
    return " · ".join(filter(None, (words.episode_code(to_play), to_play.title)))


async def _episodes(
    request: web.Request, season_id: ItemId, to_play: ItemCard | None
) -> tuple[Episode, ...]:
    rooms, who = services(request), viewer(request)
    cards = await rooms.shelves.dress(who, await rooms.catalog.children(who, season_id))
    return tuple(_episode(one, to_play) for one in cards if one.kind is ItemKind.EPISODE)


def _episode(item: ItemCard, to_play: ItemCard | None) -> Episode:
    number = str(item.episode_number) if item.episode_number is not None else ""
    if number and item.episode_end:
        number += f"–{item.episode_end}"
    line = (duration_words(item.duration), words.left(item), item.date)
    shown = msgspec.structs.replace(
        card(item, "wide", plays=True),
        title=item.title,
        line=" · ".join(filter(None, line)),
        play_label=f"{words.play_words(item)}: {item.title}",
    )
    return Episode(shown, number, is_next=to_play is not None and to_play.id == item.id)
