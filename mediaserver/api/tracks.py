"""The tracks, qualities and chapters of a playback session, as players list them."""

import msgspec

from mediaserver.library import MediaInfo
from mediaserver.streaming import (
    TICKS,
    Opened,
    Presentation,
    Started,
    becomes_text,
    subtitle_names,
)


class Quality(msgspec.Struct, frozen=True):
    """``name`` is "original" or "720p"; ``copy``: the picture is not touched."""

    name: str
    width: int
    height: int
    bit_rate: int
    copy: bool


class Sound(msgspec.Struct, frozen=True):
    """``name`` is the NAME of its rendition in the playlist, None when it cannot be played."""

    index: int
    name: str | None
    codec: str
    channels: int
    language: str | None
    title: str | None
    default: bool
    commentary: bool
    delivered_as: str | None
    """"copy", "stereo" or "5.1"."""


class Text(msgspec.Struct, frozen=True):
    """``url``: its media playlist of WebVTT segments; None for pictures."""

    id: str
    index: int
    name: str | None
    codec: str
    text: bool
    external: bool
    language: str | None
    title: str | None
    default: bool
    selected: bool
    forced: bool
    hearing_impaired: bool
    url: str | None


class Mark(msgspec.Struct, frozen=True):
    """A chapter; seconds of the player's own time."""

    start: float
    end: float
    title: str


def qualities_of(offered: Presentation) -> tuple[Quality, ...]:
    return tuple(
        Quality(one.name, one.width, one.height, one.peak_bit_rate, one.copy)
        for one in offered.video
    )


def sounds_of(info: MediaInfo, offered: Presentation) -> tuple[Sound, ...]:
    renditions = {one.track: one for one in offered.audio}
    found = []
    for track in info.audio:
        rendition = renditions.get(track.index)
        found.append(
            Sound(
                index=track.index,
                name=rendition.title if rendition else None,
                codec=track.codec,
                channels=track.channels,
                language=rendition.language if rendition else track.language,
                title=track.title,
                default=rendition.default if rendition else False,
                commentary=track.commentary,
                delivered_as=rendition.name.rsplit("-", 1)[1] if rendition else None,
            )
        )
    return tuple(found)


def texts_of(started: Started, prefix: str) -> tuple[Text, ...]:
    renditions = {one.name: one for one in started.session.presentation.subtitles}
    found = []
    for name, track in subtitle_names(started.opened.info, started.external):
        rendition = renditions.get(name)
        found.append(
            Text(
                id=name,
                index=track.index,
                name=rendition.title if rendition else None,
                codec=track.codec,
                text=becomes_text(track),
                external=track.path is not None,
                language=rendition.language if rendition else track.language,
                title=track.title,
                default=track.default,
                selected=name == started.choice.subtitle,
                forced=track.forced,
                hearing_impaired=track.hearing_impaired,
                url=f"{prefix}/{name}/index.m3u8" if rendition else None,
            )
        )
    return tuple(found)


def chapters_of(opened: Opened) -> tuple[Mark, ...]:
    """Chapters count from the container's own zero, players from the first picture or sound."""
    zero, end = opened.plan.zero_ticks / TICKS, opened.plan.cuts[-1] / TICKS
    marks = [
        Mark(max(0.0, one.start - zero), min(end, one.end - zero), one.title)
        for one in opened.info.chapters
    ]
    return tuple(mark for mark in marks if mark.start < mark.end)
