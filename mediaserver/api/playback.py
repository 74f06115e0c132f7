"""Playing: from a wish to an address, what a player reports meanwhile, and who is watching."""

import time
from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from mediaserver.accounts import Role
from mediaserver.api.tracks import (
    Mark,
    Quality,
    Sound,
    Text,
    chapters_of,
    qualities_of,
    sounds_of,
    texts_of,
)
from mediaserver.catalog import ItemCard, ItemKind
from mediaserver.errors import Busy, Invalid, NotFound, Unplayable
from mediaserver.history import PlayerState
from mediaserver.http import Access, endpoint, services, signing, user_agent, viewer
from mediaserver.ids import FileId, ItemId, PlaybackId, UserId
from mediaserver.library import MediaFile, MediaInfo
from mediaserver.streaming import (
    Capabilities,
    Decision,
    Mode,
    Playing,
    PlayState,
    Report,
    Started,
    Who,
    Wish,
    start_rendition,
)

Seconds = Annotated[float, Meta(ge=0, le=1e6)]
_STAFF = {Role.OWNER, Role.ADMIN, Role.STAFF}
_GROUPS = {ItemKind.SHOW, ItemKind.SEASON}


class ItemPath(msgspec.Struct, frozen=True):
    id: ItemId


class SessionPath(msgspec.Struct, frozen=True):
    session_id: PlaybackId


class PlaybackBody(msgspec.Struct, frozen=True):
    """``audio``: a stream index or a language. ``subtitle``: an id, a stream index, a language or
    "none". ``start``: seconds; without it, where the viewer stopped.
    """

    capabilities: Capabilities = Capabilities()
    version_id: FileId | None = None
    audio: int | Annotated[str, Meta(max_length=100)] | None = None
    subtitle: int | Annotated[str, Meta(max_length=100)] | None = None
    max_height: Annotated[int, Meta(ge=16, le=8640)] | None = None
    start: Seconds | None = None


class SkippableSegment(msgspec.Struct, frozen=True):
    """An intro, recap or outro; none are found yet."""

    kind: str
    start: float
    end: float


class Playback(msgspec.Struct, frozen=True):
    """Addresses are good for the film and a day, for whoever holds them, until the session ends."""

    session_id: PlaybackId
    item_id: ItemId
    version_id: FileId
    decision: Decision
    hls_url: str
    direct_url: str | None
    duration: float
    start_at: float
    qualities: tuple[Quality, ...]
    """As in the multivariant playlist."""
    start_quality: str
    """The one to begin with: the server is making it already."""
    audio_tracks: tuple[Sound, ...]
    subtitle_tracks: tuple[Text, ...]
    chapters: tuple[Mark, ...]
    segments_to_skip: tuple[SkippableSegment, ...] = ()
    trickplay_url: str | None = None
    next_item: ItemCard | None = None


class ReportBody(msgspec.Struct, frozen=True):
    """``seq`` counts up within a session; ``at`` is when it happened, if it comes late."""

    position: Seconds
    state: PlayState
    seq: Annotated[int, Meta(ge=0)] | None = None
    quality: Annotated[str, Meta(max_length=40)] | None = None
    at: Annotated[float, Meta(ge=0, le=1e11)] | None = None


class Watching(msgspec.Struct, frozen=True):
    """Who plays what, how, and why it is played that way."""

    session_id: PlaybackId
    user_id: UserId
    username: str
    item_id: ItemId
    item: ItemCard | None
    decision: Decision
    position: float | None
    duration: float
    state: PlayState
    quality: str | None
    client: str
    started_at: float


class WatchingList(msgspec.Struct, frozen=True):
    items: tuple[Watching, ...]
    next_cursor: str | None
    total: int


@endpoint(
    "POST",
    "/api/items/{id}/playback",
    access=Access.SIGNED_IN,
    raises=(NotFound, Unplayable, Busy),
)
async def start_playback(request: web.Request, path: ItemPath, body: PlaybackBody) -> Playback:
    """Begin a playback session. Of a show or season, the episode that comes next is played."""
    rooms, who = services(request), viewer(request)
    item_id = await _to_play(request, path.id)
    file = await _file(request, item_id, body.version_id)
    wish = Wish(body.capabilities, body.audio, body.subtitle, body.max_height)
    client = user_agent(request)
    started = await rooms.streaming.start(
        Who(who.user_id, who.sign_in_id, client), item_id, file, wish
    )
    start_at = await _start_at(request, started, body.start)
    rooms.streaming.delivery.warm(started.session, start_at)
    following = await rooms.shelves.next_episode(who, item_id)
    return _playback(request, started, start_at, following)


@endpoint("PUT", "/api/playback/{session_id}", access=Access.SIGNED_IN, raises=(NotFound,))
async def report_playback(request: web.Request, path: SessionPath, body: ReportBody) -> None:
    """Where the player is. May be repeated and may arrive late; stored when answered."""
    rooms, who = services(request), viewer(request)
    session = await rooms.streaming.sessions.of(who.user_id, path.session_id)
    report = Report(body.position, body.state, time.time(), body.quality, body.seq)
    rooms.streaming.sessions.report(session, report)
    await rooms.history.record(
        who,
        session.item_id,
        session.id,
        min(body.position, session.duration),
        session.duration,
        PlayerState(body.state),
        body.at,
        body.seq,
    )


@endpoint("DELETE", "/api/playback/{session_id}", access=Access.SIGNED_IN, raises=(NotFound,))
async def end_playback(request: web.Request, path: SessionPath) -> None:
    """End a session: its addresses stop working at once. Staff may end anyone's."""
    rooms, who = services(request), viewer(request)
    sessions = rooms.streaming.sessions
    if who.role in _STAFF:
        session = await sessions.any(path.session_id)
    else:
        session = await sessions.of(who.user_id, path.session_id)
    await rooms.streaming.end(session)


@endpoint("GET", "/api/playback", access=Access.STAFF)
async def list_playback(request: web.Request) -> WatchingList:
    """Who is watching now, newest first."""
    rooms, who = services(request), viewer(request)
    playing = rooms.streaming.sessions.playing(time.time())
    names = {user.id: user.username for user in await rooms.accounts.users()} if playing else {}
    cards = await rooms.catalog.cards(who, [one.session.item_id for one in playing])
    by_id = {card.id: card for card in cards}
    rows = tuple(
        _watching(one, names.get(one.session.user_id, ""), by_id.get(one.session.item_id))
        for one in playing
    )
    return WatchingList(rows, None, len(rows))


async def _to_play(request: web.Request, item_id: ItemId) -> ItemId:
    rooms, who = services(request), viewer(request)
    card = await rooms.catalog.card(who, item_id)
    if card.kind not in _GROUPS:
        return item_id
    episode = await rooms.shelves.to_play(who, item_id)
    if episode is None:
        raise NotFound("There is no episode to play.", code="nothing_to_play")
    return episode.id


async def _file(request: web.Request, item_id: ItemId, wanted: FileId | None) -> MediaFile:
    rooms = services(request)
    versions = await rooms.catalog.files(viewer(request), item_id)
    if not versions:
        raise NotFound("There is no file to play.", code="nothing_to_play")
    if wanted is not None and wanted not in versions:
        raise Invalid("The item has no such version.", fields={"version_id": "one of its versions"})
    return await rooms.library.file(wanted or versions[0])


async def _start_at(request: web.Request, started: Started, asked: float | None) -> float:
    session, who = started.session, viewer(request)
    if asked is None:
        seen = await services(request).history.state(who, session.item_id)
        asked = seen.resume_position
    return asked if asked < session.duration else 0.0


def _playback(
    request: web.Request, started: Started, start_at: float, following: ItemCard | None
) -> Playback:
    session, opened = started.session, started.opened
    key = services(request).stream_key
    prefix = f"/v/{signing.sign(key, session.id, session.item_id, session.expires_at)}"
    return Playback(
        session_id=session.id,
        item_id=session.item_id,
        version_id=session.file_id,
        decision=session.decision,
        hls_url=f"{prefix}/index.m3u8",
        direct_url=f"{prefix}/direct" if session.decision.mode is Mode.DIRECT else None,
        duration=session.duration,
        start_at=start_at,
        qualities=qualities_of(session.presentation),
        start_quality=start_rendition(session.presentation.video).name,
        audio_tracks=sounds_of(opened.info, session.presentation),
        subtitle_tracks=texts_of(started, prefix),
        chapters=chapters_of(opened),
        trickplay_url=None if _is_blind(opened.info) else f"{prefix}/trickplay/index.vtt",
        next_item=following,
    )


def _is_blind(info: MediaInfo) -> bool:
    return not info.video or info.video[0].undecodable is not None


def _watching(playing: Playing, username: str, item: ItemCard | None) -> Watching:
    session, report = playing.session, playing.report
    return Watching(
        session_id=session.id,
        user_id=session.user_id,
        username=username,
        item_id=session.item_id,
        item=item,
        decision=session.decision,
        position=report.position if report else None,
        duration=session.duration,
        state=report.state if report else PlayState.PLAYING,
        quality=report.quality if report else None,
        client=session.client,
        started_at=session.created_at,
    )
