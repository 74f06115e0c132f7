"""The nouns of streaming: what a client can play, what was decided, and what is cut.

Words are RFC 8216's: variant, rendition, media segment, init segment. Seconds are floats unless a
name says otherwise; ``*_ticks`` count 1/90000 s.
"""

from enum import StrEnum

import msgspec

from mediaserver.ids import FileId, ItemId, PlaybackId, UserId

# ---- what the client says -------------------------------------------------------------------


class VideoCapability(msgspec.Struct, frozen=True, omit_defaults=True):
    codec: str
    max_height: int = 2160
    hdr: bool = False
    bit_depth: int = 8
    interlaced: bool = False
    """Plays interlaced pictures without combing."""


class AudioCapability(msgspec.Struct, frozen=True, omit_defaults=True):
    codec: str
    channels: int = 2


class Capabilities(msgspec.Struct, frozen=True, omit_defaults=True):
    """Absent means: H.264 High up to 1080p, AAC stereo, fMP4 HLS, WebVTT."""

    video: tuple[VideoCapability, ...] = (VideoCapability("h264", 1080),)
    audio: tuple[AudioCapability, ...] = (AudioCapability("aac", 2),)
    containers: tuple[str, ...] = ("mp4",)
    subtitles: tuple[str, ...] = ("webvtt",)


class Choice(msgspec.Struct, frozen=True):
    """What the person asked for; None leaves it to the file's own defaults."""

    audio: int | None = None
    """Stream index of the sound to hear."""
    subtitle: str | None = None
    """Name of a subtitle rendition, such as "sub-3"."""
    max_height: int | None = None


class Wish(msgspec.Struct, frozen=True):
    """What came with a request to play, before it is matched to the file's tracks."""

    capabilities: Capabilities = Capabilities()
    audio: int | str | None = None
    subtitle: int | str | None = None
    max_height: int | None = None


class Who(msgspec.Struct, frozen=True):
    user_id: UserId
    sign_in_id: str | None = None
    client: str = ""


class Mode(StrEnum):
    """Cheapest first; a decision takes the first that the client and the file allow."""

    DIRECT = "direct"
    REMUX = "remux"
    TRANSCODE_AUDIO = "transcode_audio"
    TRANSCODE = "transcode"


class Reason(msgspec.Struct, frozen=True):
    """Why a cheaper mode was refused: a stable code, and the sentence shown under "why"."""

    code: str
    rejects: Mode
    text: str
    remedy: str = ""
    """What the person can do about it; empty when nothing."""


class Decision(msgspec.Struct, frozen=True):
    mode: Mode
    reasons: tuple[Reason, ...] = ()


# ---- what is cut ----------------------------------------------------------------------------


class AudioTiming(msgspec.Struct, frozen=True, array_like=True):
    """Where the packets of one audio track lie; stream index, then samples from timeline zero."""

    track: int
    sample_rate: int
    first: int
    frame: int
    """Samples in each packet; 0 when that varies."""


class Plan(msgspec.Struct, frozen=True, array_like=True):
    """Where the media segments of one file begin and end; computed once, stored, versioned.

    ``cuts`` are video presentation times in ticks of 1/90000 s from timeline zero, strictly
    rising; segment k spans cuts[k]..cuts[k+1]; the last entry is the end. ``copy_cuts`` is the
    subset of ``cuts`` at which a remuxed segment may begin (the first and last always in it), or
    empty when the video cannot be copied, ``copy_refused`` saying why.
    ``zero_ticks`` is the source time of timeline zero.
    """

    version: int
    zero_ticks: int
    cuts: tuple[int, ...]
    copy_cuts: tuple[int, ...] = ()
    copy_refused: str | None = None
    copy_peak_bit_rate: int | None = None
    """Highest bitrate of any copied segment, measured from the index."""
    copy_average_bit_rate: int | None = None
    frame_ticks: int = 3000
    """Nominal duration of one frame, for the last one."""
    audio: tuple[AudioTiming, ...] = ()


class Made(msgspec.Struct, frozen=True):
    """The bytes of one media segment.

    Not ``final`` when it was encoded in haste: the next who asks may get a better picture with the
    same times, so it must not be kept.
    """

    data: bytes
    final: bool = True


class VideoRendition(msgspec.Struct, frozen=True, tag="video"):
    """One picture quality. Width and height are of the delivered square-pixel picture."""

    name: str
    """Part of the URL: "original", "1080p", "720p", …"""
    track: int
    copy: bool
    width: int
    height: int
    peak_bit_rate: int
    average_bit_rate: int
    codec_string: str
    fps: float | None = None
    video_range: str = "SDR"


class AudioRendition(msgspec.Struct, frozen=True, tag="audio"):
    name: str
    """Part of the URL: "audio-1-copy", "audio-1-stereo", "audio-2-5.1"."""
    track: int
    copy: bool
    channels: int
    bit_rate: int
    codec_string: str
    language: str | None = None
    title: str = ""
    default: bool = False


class SubtitleRendition(msgspec.Struct, frozen=True, tag="subtitle"):
    name: str
    """Part of the URL: "sub-3" (stream index) or "sub-x0" (external file 0)."""
    track: int
    external: str | None = None
    """Path relative to the library root when the text lies beside the media file."""
    language: str | None = None
    title: str = ""
    default: bool = False
    forced: bool = False
    hearing_impaired: bool = False
    images: bool = False
    """Pictures (PGS, VobSub, DVB, XSUB), which no playlist lists."""
    codec: str = ""


class Presentation(msgspec.Struct, frozen=True):
    """Everything one multivariant playlist offers."""

    video: tuple[VideoRendition, ...]
    audio: tuple[AudioRendition, ...]
    subtitles: tuple[SubtitleRendition, ...]
    images: tuple[SubtitleRendition, ...] = ()


class Source(msgspec.Struct, frozen=True):
    """A media file as streaming needs it: the open path plus what changes the bytes."""

    file_id: FileId
    root: str
    path: str
    """Absolute; must lie inside ``root``."""
    size: int
    mtime_ns: int
    library_root: str = ""
    """Where the paths of external subtitles begin; empty means ``root``."""


class PlaybackSession(msgspec.Struct, frozen=True):
    """A grant to watch one item: it names the bytes that its signed prefix opens."""

    id: PlaybackId
    user_id: UserId
    item_id: ItemId
    file_id: FileId
    decision: Decision
    presentation: Presentation
    created_at: float
    expires_at: float
    sign_in_id: str | None = None
    client: str = ""
    ended_at: float | None = None
    size: int = 0
    mtime_ns: int = 0
    """With ``size``: the version of the file that was decided on."""
    duration: float = 0.0


class PlayState(StrEnum):
    PLAYING = "playing"
    PAUSED = "paused"
    STOPPED = "stopped"


class Report(msgspec.Struct, frozen=True):
    """What a player last said of itself."""

    position: float
    state: PlayState
    at: float
    quality: str | None = None
    seq: int | None = None


class Playing(msgspec.Struct, frozen=True):
    """Someone watching now."""

    session: PlaybackSession
    report: Report | None
