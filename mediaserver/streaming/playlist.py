"""Playlists as text: RFC 8216, version 7, always VOD, always complete.

Pure. Every URI is relative, so the signed prefix of the address covers all that lies below it.
Video and audio share one target duration; subtitles may differ (RFC 8216 section 6.2.4).
"""

import itertools
import math
from collections.abc import Iterable, Sequence

from mediaserver.streaming.models import (
    AudioRendition,
    Plan,
    Presentation,
    SubtitleRendition,
    VideoRendition,
)

TICKS = 90_000
# an audio segment may outlast its picture by one frame: 2048 samples at 22.05 kHz is the longest
_LONGEST_AUDIO_FRAME = 0.093


def multivariant_playlist(presentation: Presentation) -> str:
    sounds = presentation.audio
    lines = ["#EXTM3U", "#EXT-X-VERSION:7", "#EXT-X-INDEPENDENT-SEGMENTS"]
    lines += [_sound_line(rendition) for rendition in sounds]
    lines += [_text_line(rendition) for rendition in presentation.subtitles]
    for variant in presentation.video:
        lines += [_variant_line(variant, presentation), f"{variant.name}/index.m3u8"]
    return "\n".join(lines) + "\n"


def media_playlist(durations: Sequence[float], target: int) -> str:
    """Segments 0.m4s, 1.m4s … after init.mp4."""
    return _vod(durations, target, "m4s", ['#EXT-X-MAP:URI="init.mp4"'])


def subtitle_playlist(duration: float, window: float) -> str:
    """Segments 0.vtt, 1.vtt … each ``window`` seconds long, the last one shorter."""
    count = max(1, math.ceil(round(duration / window, 6)))
    lengths = [window] * (count - 1) + [max(0.001, duration - window * (count - 1))]
    return _vod(lengths, _rounded(max(lengths)), "vtt", [])


def target_duration(plan: Plan) -> int:
    """The one figure for video and audio: no rounded EXTINF exceeds it (section 4.3.3.1)."""
    longest = max((_longest(plan.cuts), _longest(plan.copy_cuts)))
    return max(1, _rounded(longest / TICKS + _LONGEST_AUDIO_FRAME))


def _longest(cuts: Sequence[int]) -> int:
    return max((end - start for start, end in itertools.pairwise(cuts)), default=0)


def _rounded(seconds: float) -> int:
    """Half up, and never nothing."""
    return max(1, math.floor(seconds + 0.5))


def _vod(durations: Sequence[float], target: int, ending: str, head: list[str]) -> str:
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:7",
        f"#EXT-X-TARGETDURATION:{target}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        *head,
    ]
    for k, duration in enumerate(durations):
        lines += [f"#EXTINF:{duration:.6f},", f"{k}.{ending}"]
    return "\n".join([*lines, "#EXT-X-ENDLIST"]) + "\n"


def _variant_line(variant: VideoRendition, presentation: Presentation) -> str:
    sounds = presentation.audio
    loudest = max((sound.bit_rate for sound in sounds), default=0)
    codecs = dict.fromkeys([variant.codec_string, *(sound.codec_string for sound in sounds)])
    attributes = [
        f"BANDWIDTH={variant.peak_bit_rate + loudest}",
        f"AVERAGE-BANDWIDTH={variant.average_bit_rate + loudest}",
        f"CODECS={_quoted(','.join(filter(None, codecs)))}",
        f"RESOLUTION={variant.width}x{variant.height}",
    ]
    if variant.fps:
        attributes.append(f"FRAME-RATE={variant.fps:.3f}")
    attributes.append(f"VIDEO-RANGE={variant.video_range}")
    if sounds:
        attributes.append('AUDIO="audio"')
    if presentation.subtitles:
        attributes.append('SUBTITLES="subtitles"')
    attributes.append("CLOSED-CAPTIONS=NONE")
    return _tag("EXT-X-STREAM-INF", attributes)


def _sound_line(rendition: AudioRendition) -> str:
    attributes = ["TYPE=AUDIO", 'GROUP-ID="audio"', f"NAME={_quoted(rendition.title)}"]
    if rendition.language:
        attributes.append(f"LANGUAGE={_quoted(rendition.language)}")
    attributes += [
        f"DEFAULT={_yes(rendition.default)}",
        "AUTOSELECT=YES",
        f'CHANNELS="{rendition.channels}"',
        f"URI={_quoted(f'{rendition.name}/index.m3u8')}",
    ]
    return _tag("EXT-X-MEDIA", attributes)


def _text_line(rendition: SubtitleRendition) -> str:
    attributes = ["TYPE=SUBTITLES", 'GROUP-ID="subtitles"', f"NAME={_quoted(rendition.title)}"]
    if rendition.language:
        attributes.append(f"LANGUAGE={_quoted(rendition.language)}")
    chosen_unasked = rendition.default or rendition.forced
    attributes += [
        f"DEFAULT={_yes(rendition.default)}",
        f"AUTOSELECT={_yes(chosen_unasked)}",
        f"FORCED={_yes(rendition.forced)}",
    ]
    if rendition.hearing_impaired:
        attributes.append(
            'CHARACTERISTICS="public.accessibility.transcribes-spoken-dialog,'
            'public.accessibility.describes-music-and-sound"'
        )
    attributes.append(f"URI={_quoted(f'{rendition.name}/index.m3u8')}")
    return _tag("EXT-X-MEDIA", attributes)


def _tag(name: str, attributes: Iterable[str]) -> str:
    return f"#{name}:{','.join(attributes)}"


def _yes(value: bool) -> str:
    return "YES" if value else "NO"


def _quoted(text: str) -> str:
    """Titles come from files: a quoted string holds no quote and no line break (section 4.2)."""
    printable = "".join(c if c.isprintable() else " " for c in text).replace('"', "'")
    return f'"{printable}"'
