"""One stream, as libav shows it after its first frame, told in the library's own words.

Everything is copied out: nothing here keeps a stream, a frame or a packet.
"""

import math
import struct
from collections.abc import Sequence
from fractions import Fraction
from typing import cast

import msgspec
from av.audio.stream import AudioStream
from av.sidedata.sidedata import SideData, Type
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaserver.library.codecs import Parameters, rfc6381
from mediaserver.library.models import AudioTrack, SubtitleTrack, VideoTrack
from mediaserver.source import MAX_PIXELS

MAX_FPS, MAX_CHANNELS, MAX_SAMPLE_RATE = 1000.0, 64, 768_000

PICTURE_SUBTITLES = {"hdmv_pgs_subtitle", "dvd_subtitle", "dvb_subtitle", "xsub"}
# ITU-T H.273, named as FFmpeg names them
_PRIMARIES = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "film", 9: "bt2020",
    10: "smpte428", 11: "smpte431", 12: "smpte432", 22: "ebu3213",
}  # fmt: skip
_TRANSFER = {
    1: "bt709", 4: "bt470m", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "linear", 9: "log100",
    10: "log316", 11: "iec61966-2-4", 12: "bt1361e", 13: "iec61966-2-1", 14: "bt2020-10",
    15: "bt2020-12", 16: "smpte2084", 17: "smpte428", 18: "arib-std-b67",
}  # fmt: skip
_SPACE = {
    0: "gbr", 1: "bt709", 4: "fcc", 5: "bt470bg", 6: "smpte170m", 7: "smpte240m", 8: "ycgco",
    9: "bt2020nc", 10: "bt2020c", 11: "smpte2085", 12: "chroma-derived-nc", 13: "chroma-derived-c",
    14: "ictcp",
}  # fmt: skip
_RANGE = {1: "tv", 2: "pc"}


class Seen(msgspec.Struct):
    """What reading the head of the file showed of one stream."""

    why_not: str | None = None
    """Why it does not decode; None while it may."""
    frame: bool = False
    drained: bool = False
    """Whether the decoder was asked for its frame before it had enough packets."""
    packets: int = 0
    first: bytes = b""
    pts: list[int] = msgspec.field(default_factory=list)
    picture: "Picture | None" = None

    @property
    def satisfied(self) -> bool:
        return self.frame or self.why_not is not None


class Picture(msgspec.Struct, frozen=True):
    """What the first decoded frame says."""

    width: int
    height: int
    pix_fmt: str
    bit_depth: int
    interlaced: bool
    matrix: tuple[int, ...]
    dolby_vision: bool
    primaries: str | None
    transfer: str | None
    space: str | None
    range: str | None


def picture(frame: VideoFrame) -> Picture:
    matrix, dolby_vision = _side_data(frame)
    return Picture(
        width=frame.width,
        height=frame.height,
        pix_fmt=frame.format.name,
        bit_depth=max(component.bits for component in frame.format.components),
        interlaced=frame.interlaced_frame,
        matrix=matrix,
        dolby_vision=dolby_vision,
        primaries=_PRIMARIES.get(frame.color_primaries),
        transfer=_TRANSFER.get(frame.color_trc),
        space=_SPACE.get(frame.colorspace),
        range=_RANGE.get(frame.color_range),
    )


def codec_name(stream: Stream) -> str:
    """FFmpeg's name of the codec, not of the decoder that happens to take it."""
    context = stream.codec_context
    return context.codec.canonical_name if context is not None else "unknown"


def is_film(stream: Stream) -> bool:
    """A video stream that is neither cover art nor a strip of thumbnails."""
    still = Disposition.attached_pic | Disposition.timed_thumbnails
    return isinstance(stream, VideoStream) and not stream.disposition & still


def video_track(stream: VideoStream, seen: Seen) -> VideoTrack:
    context = stream.codec_context
    codec, shown = codec_name(stream), seen.picture
    width = shown.width if shown else (context.width if context else 0)
    height = shown.height if shown else (context.height if context else 0)
    fps = frame_rate(stream, seen.pts)
    depth = shown.bit_depth if shown else 8
    rotation, mirrored = turned(shown.matrix if shown else ())
    level = _level(stream)
    known = Parameters(
        codec, stream.profile, level, _extradata(stream), seen.first, depth, width, height, fps
    )
    return VideoTrack(
        index=stream.index,
        codec=codec,
        width=width,
        height=height,
        codec_string=rfc6381(known),
        profile=stream.profile,
        level=level,
        pix_fmt=shown.pix_fmt if shown else None,
        bit_depth=depth,
        sample_aspect=_sample_aspect(stream),
        fps=fps,
        rotation=rotation,
        mirrored=mirrored,
        interlaced=bool(shown and shown.interlaced) or _fields(stream),
        color_primaries=shown.primaries if shown else None,
        color_transfer=shown.transfer if shown else None,
        color_space=shown.space if shown else None,
        color_range=shown.range if shown else None,
        hdr=_hdr(stream, shown) if shown else None,
        bit_rate=(context.bit_rate or None) if context else None,
        language=language(stream),
        title=title(stream),
        default=bool(stream.disposition & Disposition.default),
        undecodable=seen.why_not,
    )


def audio_track(stream: AudioStream, seen: Seen) -> AudioTrack:
    context = stream.codec_context
    codec = codec_name(stream)
    known = Parameters(codec, stream.profile, extradata=_extradata(stream), first=seen.first)
    return AudioTrack(
        index=stream.index,
        codec=codec,
        channels=context.channels if context else 0,
        sample_rate=context.sample_rate if context else 0,
        codec_string=rfc6381(known),
        profile=stream.profile,
        layout=_layout(context.layout.name, context.channels) if context else None,
        bit_rate=(context.bit_rate or None) if context else None,
        language=language(stream),
        title=title(stream),
        default=bool(stream.disposition & Disposition.default),
        commentary=bool(stream.disposition & Disposition.comment)
        or "commentary" in (title(stream) or "").lower(),
        undecodable=seen.why_not,
    )


def _layout(name: str, channels: int) -> str | None:
    """FFmpeg calls an unlabelled layout "2 channels"; mono and stereo need no label."""
    if name and not name[0].isdigit():
        return name
    return name if "." in name else {1: "mono", 2: "stereo"}.get(channels)


def subtitle_track(stream: Stream, why_not: str | None) -> SubtitleTrack:
    name = (title(stream) or "").lower()
    hearing = Disposition.hearing_impaired | Disposition.captions
    return SubtitleTrack(
        index=stream.index,
        codec=codec_name(stream),
        text=codec_name(stream) not in PICTURE_SUBTITLES,
        language=language(stream),
        title=title(stream),
        default=bool(stream.disposition & Disposition.default),
        forced=bool(stream.disposition & Disposition.forced) or "forced" in name,
        hearing_impaired=bool(stream.disposition & hearing)
        or any(word in name.replace("(", " ").replace(")", " ").split() for word in ("sdh", "cc")),
        undecodable=why_not,
    )


def turned(matrix: tuple[int, ...]) -> tuple[int, bool]:
    """(clockwise degrees, flipped left to right before that), from a display matrix.

    The matrix maps (x, y) to (a·x + c·y, b·x + d·y) with y pointing down; a negative determinant
    is a mirror. Angles that are no quarter turn, or a matrix of nonsense, count as none.
    """
    if not matrix:
        return 0, False
    a, b, c, d = matrix[0], matrix[1], matrix[3], matrix[4]
    if a * d - b * c == 0:
        return 0, False
    mirrored = a * d - b * c < 0
    degrees = math.degrees(math.atan2(-b, -a) if mirrored else math.atan2(b, a))
    quarter = round(degrees / 90)
    if abs(degrees - quarter * 90) > 5:
        return 0, False
    return quarter * 90 % 360, mirrored


def frame_rate(stream: VideoStream, pts: Sequence[int]) -> float | None:
    """Average frames a second, as said, else as the first packets show; None when neither tells.

    A rate above 240 is a container's clock (1000 in FLV and Matroska), not a camera's.
    """
    declared = stream.codec_context.framerate if stream.codec_context else None
    for rate in (stream.average_rate, stream.guessed_rate, declared):
        if rate and 0 < rate <= 240:
            return round(float(rate), 3)
    if len(pts) > 2 and stream.time_base and max(pts) > min(pts):
        rate = (len(pts) - 1) / ((max(pts) - min(pts)) * stream.time_base)
        return round(float(rate), 3) if rate <= MAX_FPS else None
    return None


def language(stream: Stream) -> str | None:
    said = clean(stream.metadata.get("language", ""))[:35]
    return None if said.lower() in {"", "und", "unk", "xxx", "mis"} else said


def title(stream: Stream) -> str | None:
    return clean(stream.metadata.get("title", ""))[:200] or None


def clean(text: str) -> str:
    """Printable and encodable: bytes that were not UTF-8 are read as Western European."""
    raw = text.encode("utf-8", "surrogateescape")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", "replace")
    return "".join(char for char in text if char.isprintable()).strip()


def _side_data(frame: VideoFrame) -> tuple[tuple[int, ...], bool]:
    try:
        # PyAV's stub calls it a plain Mapping; it holds its values at integer indices too.
        container = cast(Sequence[SideData], frame.side_data)
        kinds = {container[i].type: container[i] for i in range(len(container))}
    except ValueError:  # a kind younger than PyAV's list
        turn = math.radians(-frame.rotation)
        a, b = round(math.cos(turn) * 65536), round(math.sin(turn) * 65536)
        return (a, b, 0, -b, a, 0, 0, 0, 1 << 30), False
    matrix = kinds.get(Type.DISPLAYMATRIX)
    known = struct.unpack("9i", bytes(matrix)) if matrix and matrix.buffer_size == 36 else ()
    return known, Type.DOVI_METADATA in kinds or Type.DOVI_RPU_BUFFER in kinds


def _sample_aspect(stream: VideoStream) -> tuple[int, int]:
    for ratio in (stream.sample_aspect_ratio, _context_aspect(stream)):
        if ratio and Fraction(1, 20) < ratio < 20:
            return ratio.numerator, ratio.denominator
    return 1, 1


def _context_aspect(stream: VideoStream) -> Fraction | None:
    return stream.codec_context.sample_aspect_ratio if stream.codec_context else None


def _extradata(stream: Stream) -> bytes:
    return (stream.codec_context.extradata if stream.codec_context else None) or b""


def _level(stream: VideoStream) -> int | None:
    level = stream.codec_context.level if stream.codec_context else None
    return level if level is not None and 0 <= level < 1000 else None


def _fields(stream: VideoStream) -> bool:
    return stream.codec_context is not None and stream.codec_context.field_order in {2, 3, 4, 5}


def _hdr(stream: VideoStream, shown: Picture) -> str | None:
    if shown.transfer == "smpte2084":
        return "hdr10"
    if shown.transfer == "arib-std-b67":
        return "hlg"
    # Profile 5: no base layer that a player without Dolby Vision could show in true colours.
    own = stream.codec_context.codec_tag in {"dvh1", "dvhe"}
    return "dolby_vision" if own or (shown.dolby_vision and shown.transfer is None) else None


def out_of_bounds(stream: Stream) -> str | None:
    """In words, which range that decoders are trusted with a stream leaves; else None."""
    if stream.codec_context is None:
        return None
    if isinstance(stream, VideoStream):
        width, height = stream.codec_context.width, stream.codec_context.height
        if width * height > MAX_PIXELS:
            return f"its picture of {width} by {height} is larger than this server decodes"
    if isinstance(stream, AudioStream):
        context = stream.codec_context
        if context.channels > MAX_CHANNELS or context.sample_rate > MAX_SAMPLE_RATE:
            return "its header is nonsense"
    return None
