"""What one multivariant playlist offers of a file: picture qualities, sound tracks, subtitles.

Pure. "original" is the untouched picture where client and file allow it; below it stand the
usual heights, each strictly smaller than the picture as shown. When the original cannot be
copied, a rung as high as the source takes its place.
"""

import math
from collections.abc import Iterable

import msgspec

from mediaserver.library import AudioTrack, MediaInfo, SubtitleTrack, VideoTrack
from mediaserver.streaming.decide import (
    chosen_audio,
    main_video,
    uncopyable_audio,
    uncopyable_video,
)
from mediaserver.streaming.languages import language_name, language_tag
from mediaserver.streaming.levels import h264_codec_string, h264_level
from mediaserver.streaming.models import (
    AudioRendition,
    Capabilities,
    Choice,
    Plan,
    Presentation,
    SubtitleRendition,
    VideoRendition,
)
from mediaserver.streaming.playable import (
    audio_obstacles,
    display_size,
    video_obstacles,
    with_baseline,
)

HEIGHTS = (1080, 720, 480, 360, 240)
TEXT_CODECS = frozenset(
    {"subrip", "srt", "ass", "ssa", "mov_text", "webvtt", "text", "microdvd", "sami"}
)
IMAGE_CODECS = frozenset({"hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"})
_SMALLEST = 16
_STEREO_BIT_RATE = 160_000
_SURROUND_BIT_RATE = 384_000
# bits per second and channel of tracks that do not say
_USUAL = {"aac": 80_000, "ac3": 80_000, "eac3": 96_000, "opus": 64_000, "flac": 480_000}
_AAC_LC = "mp4a.40.2"
_RANGE = {"hdr10": "PQ", "dolby_vision": "PQ", "hlg": "HLG"}
# capped CRF: what 1080p at 30 frames may peak at, and how much of the cap a film needs on average
_PEAK_AT_1080P = 7_000_000
_AVERAGE_OF_PEAK = 0.6
# of the source's own rate: more than this adds bits and no detail
_WORTH_SPENDING = {"h264": 1.5, "mpeg2video": 1.0}
_WORTH_OF_MODERN = 2.5
_PEAK_OF_AVERAGE = 3.0
_LOWEST_PEAK = 200_000


def ladder(
    info: MediaInfo,
    plan: Plan,
    said: Capabilities,
    choice: Choice,
    external: tuple[SubtitleTrack, ...] = (),
) -> Presentation:
    client = with_baseline(said)
    return Presentation(
        video=_pictures(main_video(info), info, plan, client, choice),
        audio=_sounds(info, plan, client, choice),
        subtitles=_texts(info, choice, external),
        images=_images(info, choice),
    )


# ---- picture --------------------------------------------------------------------------------


def _pictures(
    track: VideoTrack, info: MediaInfo, plan: Plan, client: Capabilities, choice: Choice
) -> tuple[VideoRendition, ...]:
    width, height = display_size(track)
    tallest = min(height, _tallest_encode(width, height, client))
    if choice.max_height is not None:
        tallest = min(tallest, choice.max_height)
    tallest = max(_SMALLEST, tallest - tallest % 2)
    asked_for_less = choice.max_height is not None and height > choice.max_height
    if track.undecodable:
        return (_original(track, info, plan),)
    limit = _most_worth_spending(track, info, plan)
    rungs = [_rung(track, rung, limit) for rung in HEIGHTS if rung < tallest]
    if asked_for_less or video_obstacles(track, client) or uncopyable_video(track, plan):
        return (_rung(track, tallest, limit), *rungs)
    if height > tallest:
        # the client takes the original in a codec that we cannot encode that large
        rungs = [_rung(track, tallest, limit), *rungs]
    return (_original(track, info, plan), *rungs)


def _tallest_encode(width: int, height: int, client: Capabilities) -> int:
    """The client's limit counts the shorter side; a picture held upright may be taller."""
    lines = max(one.max_height for one in client.video if one.codec == "h264")
    return lines if width >= height else lines * height // max(width, 1)


def _original(track: VideoTrack, info: MediaInfo, plan: Plan) -> VideoRendition:
    width, height = display_size(track)
    average = plan.copy_average_bit_rate or track.bit_rate or info.bit_rate
    average = average or _peak_bit_rate(width, height, track.fps)
    return VideoRendition(
        name="original",
        track=track.index,
        copy=True,
        width=width,
        height=height,
        peak_bit_rate=max(plan.copy_peak_bit_rate or round(average * 1.5), average),
        average_bit_rate=average,
        codec_string=track.codec_string or "",
        fps=track.fps,
        video_range=_RANGE.get(track.hdr or "", "SDR"),
    )


def _most_worth_spending(track: VideoTrack, info: MediaInfo, plan: Plan) -> float:
    """The highest peak that an encode of this source can make use of."""
    average = track.bit_rate or info.bit_rate
    peak = plan.copy_peak_bit_rate or (average * _PEAK_OF_AVERAGE if average else None)
    if peak is None:
        return math.inf
    return max(_LOWEST_PEAK, peak * _WORTH_SPENDING.get(track.codec, _WORTH_OF_MODERN))


def _rung(track: VideoTrack, height: int, limit: float) -> VideoRendition:
    shown_width, shown_height = display_size(track)
    width = max(_SMALLEST, round(shown_width * height / shown_height / 2) * 2)
    peak = round(min(limit, _peak_bit_rate(width, height, track.fps)))
    return VideoRendition(
        name=f"{height}p",
        track=track.index,
        copy=False,
        width=width,
        height=height,
        peak_bit_rate=peak,
        average_bit_rate=round(peak * _AVERAGE_OF_PEAK),
        codec_string=h264_codec_string(h264_level(width, height, track.fps, peak)),
        fps=track.fps,
    )


def _peak_bit_rate(width: int, height: int, fps: float | None) -> int:
    """Detail grows slower than area, and motion slower than frame rate."""
    area = width * height / (1920 * 1080)
    motion = max(1.0, (fps or 30.0) / 30.0)
    peak = _PEAK_AT_1080P * float(area**0.8) * float(motion**0.5)
    return max(_LOWEST_PEAK, round(peak / 10_000) * 10_000)


# ---- sound ----------------------------------------------------------------------------------


def _sounds(
    info: MediaInfo, plan: Plan, client: Capabilities, choice: Choice
) -> tuple[AudioRendition, ...]:
    heard = chosen_audio(info, choice.audio)
    made = [_sound(track, plan, client, default=track is heard) for track in info.audio]
    kept = [rendition for rendition in made if rendition is not None]
    if kept and not any(rendition.default for rendition in kept):
        kept[0] = msgspec.structs.replace(kept[0], default=True)
    titles = _distinct(rendition.title for rendition in kept)
    return tuple(
        msgspec.structs.replace(rendition, title=title)
        for rendition, title in zip(kept, titles, strict=True)
    )


def _sound(
    track: AudioTrack, plan: Plan, client: Capabilities, *, default: bool
) -> AudioRendition | None:
    """Copied when the client can, else AAC; None when no decoder takes it."""
    copy = not audio_obstacles(track, client) and not uncopyable_audio(track, plan)
    if not copy and track.undecodable:
        return None
    surround = track.channels >= 6 and any(
        one.codec == "aac" and one.channels >= 6 for one in client.audio
    )
    kind, channels, bit_rate = "stereo", 2, _STEREO_BIT_RATE
    if copy:
        kind, channels = "copy", track.channels
        bit_rate = track.bit_rate or _USUAL.get(track.codec, 96_000) * track.channels
    elif surround:
        kind, channels, bit_rate = "5.1", 6, _SURROUND_BIT_RATE
    return AudioRendition(
        name=f"audio-{track.index}-{kind}",
        track=track.index,
        copy=copy,
        channels=channels,
        bit_rate=bit_rate,
        codec_string=(track.codec_string or "") if copy else _AAC_LC,
        language=language_tag(track.language),
        title=_title(track.title, track.language, f"Sound {track.index}"),
        default=default,
    )


# ---- subtitles ------------------------------------------------------------------------------


def _texts(
    info: MediaInfo, choice: Choice, external: tuple[SubtitleTrack, ...]
) -> tuple[SubtitleRendition, ...]:
    made = [
        _text(track, f"sub-{track.index}", choice)
        for track in info.subtitles
        if track.text and track.codec in TEXT_CODECS
    ] + [
        _text(track, f"sub-x{number}", choice)
        for number, track in enumerate(external)
        if track.text and track.codec in TEXT_CODECS
    ]
    titles = _distinct(rendition.title for rendition in made)
    return tuple(
        msgspec.structs.replace(rendition, title=title)
        for rendition, title in zip(made, titles, strict=True)
    )


def _images(info: MediaInfo, choice: Choice) -> tuple[SubtitleRendition, ...]:
    """Pictures are no HLS renditions: a player draws them itself, over whatever it plays."""
    return tuple(
        msgspec.structs.replace(_text(track, f"sub-{track.index}", choice), images=True)
        for track in info.subtitles
        if track.codec in IMAGE_CODECS and track.undecodable is None
    )


def _text(track: SubtitleTrack, name: str, choice: Choice) -> SubtitleRendition:
    title = _title(track.title, track.language, "Subtitles")
    if track.forced and "forced" not in title.lower():
        title += " (forced)"
    if track.hearing_impaired and not {"sdh", "cc"} & set(title.lower().split()):
        title += " (SDH)"
    return SubtitleRendition(
        name=name,
        track=track.index,
        external=track.path,
        language=language_tag(track.language),
        title=title,
        default=name == choice.subtitle,
        forced=track.forced,
        hearing_impaired=track.hearing_impaired,
        codec=track.codec,
    )


# ---- names ----------------------------------------------------------------------------------


def _title(title: str | None, language: str | None, otherwise: str) -> str:
    name = language_name(language)
    if not title:
        return name or otherwise
    return title if name is None or name.lower() in title.lower() else f"{name} - {title}"


def _distinct(titles: Iterable[str]) -> list[str]:
    """NAME must be unique in its group (RFC 8216 section 4.3.4.1.1)."""
    taken: set[str] = set()
    distinct: list[str] = []
    for title in titles:
        name, number = title, 1
        while name in taken:
            number += 1
            name = f"{title} {number}"
        taken.add(name)
        distinct.append(name)
    return distinct
