"""Who watches what right now, how, and why it is played that way."""

import time

import msgspec
from aiohttp import web

from mediaserver import streaming
from mediaserver.catalog import ItemCard, ItemKind
from mediaserver.http import clock, services, viewer
from mediaserver.pages import words
from mediaserver.pages.cards import picture
from mediaserver.pages.how import how

_BROWSERS = (
    ("Edg/", "Edge"),
    ("Firefox/", "Firefox"),
    ("Tizen", "Samsung TV"),
    ("Web0S", "LG TV"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("mpv", "mpv"),
    ("VLC", "VLC"),
)


class Playing(msgspec.Struct, frozen=True, kw_only=True):
    title: str
    href: str
    who: str
    client: str
    at: str
    how: str
    tone: str
    picture: str | None
    reasons: tuple[str, ...]


async def playing_now(request: web.Request) -> tuple[Playing, ...]:
    rooms = services(request)
    live = rooms.streaming.sessions.playing(time.time())
    if not live:
        return ()
    names = {user.id: user.username for user in await rooms.accounts.users()}
    found = await rooms.catalog.cards(viewer(request), [one.session.item_id for one in live])
    cards = {card.id: card for card in found}
    return tuple(
        _playing(one, names.get(one.session.user_id, ""), cards[one.session.item_id])
        for one in live
        if one.session.item_id in cards
    )


def _playing(one: streaming.Playing, username: str, item: ItemCard) -> Playing:
    session, report = one.session, one.report
    shown = how(session.decision)
    image = picture(item.images, "wide") or picture(item.images, "poster")
    position = report.position if report else 0.0
    return Playing(
        title=_title(item),
        href=f"/items/{item.id}",
        who=username,
        client=client_words(session.client),
        at=f"{clock(position)} of {clock(session.duration)}",
        how=shown.words,
        tone=shown.tone,
        picture=image.src if image else None,
        reasons=tuple(dict.fromkeys(reason.text for reason in session.decision.reasons)),
    )


def _title(item: ItemCard) -> str:
    if item.kind is not ItemKind.EPISODE:
        return item.title
    return " · ".join(filter(None, (item.show_title, words.episode_code(item), item.title)))


def client_words(agent: str) -> str:
    """A name for what is watching; order matters, for browsers claim to be each other."""
    return next((name for mark, name in _BROWSERS if mark in agent), "")
