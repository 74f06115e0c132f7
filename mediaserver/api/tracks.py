"""The tracks, qualities and chapters of a playback session, as players list them."""

import msgspec

from mediaserver.library import MediaInfo
from mediaserver.streaming import (
    IMAGE_WINDOW,
    MAX_FONTS,
    SCRIPT_CODECS,
    SCRIPT_WINDOW,
    TICKS,
    Opened,
    Presentation,
    Started,
    SubtitleRendition,
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


class Images(msgspec.Struct, frozen=True):
    """Pictures to draw over the film: ``{url}0.json``, ``{url}1.json`` … each hold the cues of
    ``window`` seconds, and name their pictures relative to ``url``.
    """

    url: str
    window: float


class Script(msgspec.Struct, frozen=True):
    """ASS as it was written. ``lines``: when ``url`` has the header only, ``{lines}0.json`` …
    each hold the events of ``window`` seconds. ``fonts`` may turn out to be none.
    """

    url: str
    lines: str | None
    window: float
    fonts: tuple[str, ...]


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
    images: Images | None = None
    script: Script | None = None


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
    offered = started.session.presentation
    renditions = {one.name: one for one in (*offered.subtitles, *offered.images)}
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
                url=f"{prefix}/{name}/index.m3u8" if rendition and not rendition.images else None,
                images=Images(f"{prefix}/{name}/images/", IMAGE_WINDOW)
                if rendition and rendition.images
                else None,
                script=_script(rendition, started.opened.info, f"{prefix}/{name}"),
            )
        )
    return tuple(found)


def _script(rendition: SubtitleRendition | None, info: MediaInfo, prefix: str) -> Script | None:
    if rendition is None or rendition.codec not in SCRIPT_CODECS:
        return None
    inside = rendition.external is None
    fonts = range(min(info.fonts, MAX_FONTS) if inside else 0)
    return Script(
        url=f"{prefix}/script/all.ass",
        lines=f"{prefix}/script/" if inside else None,
        window=SCRIPT_WINDOW,
        fonts=tuple(f"{prefix}/fonts/{number}" for number in fonts),
    )


def chapters_of(opened: Opened) -> tuple[Mark, ...]:
    """Chapters count from the container's own zero, players from the first picture or sound."""
    zero, end = opened.plan.zero_ticks / TICKS, opened.plan.cuts[-1] / TICKS
    marks = [
        Mark(max(0.0, one.start - zero), min(end, one.end - zero), one.title)
        for one in opened.info.chapters
    ]
    return tuple(mark for mark in marks if mark.start < mark.end)
