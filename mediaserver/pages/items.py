"""The page of one item, whatever it is, and the two marks a person can put on it."""

import msgspec
from aiohttp import web

from mediaserver.catalog import Item, ItemKind, ItemState, Version
from mediaserver.http import Access, clock, form_of, page, render, services, size_words, viewer
from mediaserver.ids import ItemId
from mediaserver.library import MediaFile
from mediaserver.pages import words
from mediaserver.pages.cards import Card, Row, Shape, large, row
from mediaserver.pages.scenes import Hero, Link, hero
from mediaserver.pages.shell import NavLink, navigation, safe_path, see_other
from mediaserver.pages.shows import season_page, show_page

_AWAY = "The disk that holds this is not connected at the moment. It comes back with the disk."
_ROW = 16


class Fact(msgspec.Struct, frozen=True):
    name: str
    lines: tuple[str, ...]


class File(msgspec.Struct, frozen=True):
    title: str
    path: str


class ItemPage(msgspec.Struct, frozen=True, kw_only=True):
    nav: tuple[NavLink, ...]
    hero: Hero
    poster: Card
    parent: Link | None
    remaining: float
    chips: tuple[str, ...]
    problem: str
    from_start: str
    seen: bool
    liked: bool
    facts: tuple[Fact, ...]
    versions: tuple[Link, ...]
    chapters: tuple[Link, ...]
    rows: tuple[Row, ...]
    files: tuple[File, ...]


@page("GET", "/items/{id}", access=Access.SIGNED_IN)
async def item_page(request: web.Request) -> web.Response:
    rooms, who = services(request), viewer(request)
    item = await rooms.catalog.get(who, ItemId(request.match_info["id"]))
    item = await rooms.shelves.dress_one(who, item)
    if item.kind is ItemKind.SHOW:
        return render(request, "show.html", await show_page(request, item))
    if item.kind is ItemKind.SEASON:
        return render(request, "season.html", await season_page(request, item))
    return render(request, "item.html", await _single(request, item))


@page("POST", "/items/{id}/watched", access=Access.SIGNED_IN)
async def set_watched(request: web.Request) -> web.Response:
    form = await form_of(request)
    item_id = ItemId(request.match_info["id"])
    on = form.get("on") == "1"
    await services(request).shelves.set_watched(viewer(request), item_id, watched=on)
    return see_other(safe_path(form.get("next"), f"/items/{item_id}"))


@page("POST", "/items/{id}/favorite", access=Access.SIGNED_IN)
async def set_favorite(request: web.Request) -> web.Response:
    form = await form_of(request)
    rooms, who = services(request), viewer(request)
    item = await rooms.catalog.card(who, ItemId(request.match_info["id"]))
    await rooms.history.set_favorite(who, item.id, favorite=form.get("on") == "1")
    return see_other(safe_path(form.get("next"), f"/items/{item.id}"))


@page("POST", "/items/{id}/dismiss", access=Access.SIGNED_IN)
async def dismiss(request: web.Request) -> web.Response:
    rooms, who = services(request), viewer(request)
    item = await rooms.catalog.card(who, ItemId(request.match_info["id"]))
    await rooms.history.dismiss(who, item.id)
    return see_other("/")


async def _single(request: web.Request, item: Item) -> ItemPage:
    """A film, an episode or a home video."""
    rooms, who = services(request), viewer(request)
    best = item.versions[0] if item.versions else None
    resumes = item.user.resume_position > 0 and item.state is ItemState.PRESENT
    length = item.duration if item.state is ItemState.PRESENT else None
    shape: Shape = "poster" if item.kind is ItemKind.MOVIE else "wide"
    return ItemPage(
        nav=await navigation(request),
        hero=hero(item, item),
        poster=large(item, shape),
        parent=_parent(item),
        remaining=max(0.0, (length or 0.0) - item.user.resume_position),
        chips=_chips(best),
        problem=_problem(item),
        from_start=f"/watch/{item.id}?start=0" if resumes else "",
        seen=item.user.watched,
        liked=item.user.favorite,
        facts=_facts(best) if best else (),
        versions=tuple(
            Link(f"/watch/{item.id}?version={one.id}", _version_words(one))
            for one in item.versions
            if one.problem is None
        ),
        chapters=_chapters(item, await rooms.library.file(best.id)) if best else (),
        rows=await _rows(request, item),
        files=tuple(File(one.label, one.path) for one in item.versions if one.path)
        if who.is_admin
        else (),
    )


def _parent(item: Item) -> Link | None:
    if item.kind is not ItemKind.EPISODE or item.show_id is None:
        return None
    return Link(f"/items/{item.season_id or item.show_id}", item.show_title or "The show")


def _problem(item: Item) -> str:
    if item.state is ItemState.AWAY:
        return _AWAY
    if item.state is not ItemState.FAILED:
        return ""
    reason = next((one.problem for one in item.versions if one.problem), None)
    return reason or "This file cannot be played."


def _chips(best: Version | None) -> tuple[str, ...]:
    if best is None:
        return ()
    sound = best.audio_tracks[0] if best.audio_tracks else None
    chips = (
        words.picture_words(best),
        words.channel_words(sound).capitalize() if sound else "No sound",
        words.counted(len(best.subtitle_tracks), "subtitle") if best.subtitle_tracks else "",
    )
    return tuple(filter(None, chips))


def _facts(best: Version) -> tuple[Fact, ...]:
    audio = tuple(words.audio_words(track) for track in best.audio_tracks)
    subtitles = ", ".join(words.subtitle_words(track) for track in best.subtitle_tracks)
    found = (
        Fact("Version", (_version_words(best),)),
        Fact("Audio", audio or ("None",)),
        Fact("Subtitles", (subtitles,) if subtitles else ()),
    )
    return tuple(fact for fact in found if fact.lines)


def _version_words(version: Version) -> str:
    """``1080p HDR10 · HEVC · 18.4 GB``, with the label where it says more."""
    picture = words.picture_words(version)
    label = version.label if version.label.lower() not in picture.lower() else ""
    codec = words.codec_name(version.video_codec)
    return " · ".join(filter(None, (label, picture, codec, size_words(version.size))))


def _chapters(item: Item, file: MediaFile) -> tuple[Link, ...]:
    """``0:16:01 The door``; a single chapter says nothing."""
    found = file.info.chapters if file.info else ()
    if len(found) < 2 or item.state is not ItemState.PRESENT:
        return ()
    return tuple(
        Link(f"/watch/{item.id}?start={one.start:.3f}", f"{clock(one.start)}  {one.title}")
        for one in found
    )


async def _rows(request: web.Request, item: Item) -> tuple[Row, ...]:
    """What else there is: the season's other episodes, or what is new beside a film."""
    rooms, who = services(request), viewer(request)
    if item.season_id:
        siblings = await rooms.catalog.children(who, item.season_id)
        found = [one for one in await rooms.shelves.dress(who, siblings) if one.id != item.id]
        return (row("season", "More of this season", found, "wide"),) if found else ()
    library = await rooms.library.library(item.library_id)
    newest = await rooms.catalog.recently_added(who, library.id, _ROW)
    found = [one for one in await rooms.shelves.dress(who, newest) if one.id != item.id]
    shape: Shape = "wide" if item.kind is ItemKind.VIDEO else "poster"
    title = f"Recently Added in {library.name}"
    return (row("recent", title, found, shape),) if found else ()
