"""The nouns of the library: what is on disk, what is inside each file, and what its name says.

Durations and positions are seconds, bitrates bits per second, sizes bytes. Codec and container
names are FFmpeg's.
"""

from enum import StrEnum

import msgspec

from mediaserver.ids import FileId, LibraryId, RootId


class LibraryKind(StrEnum):
    MOVIES = "movies"
    SHOWS = "shows"
    HOMEVIDEOS = "homevideos"


class RootState(StrEnum):
    PRESENT = "present"
    AWAY = "away"


class FileState(StrEnum):
    """``away``: its root vanished; ``missing``: a complete walk of a present root lacked it."""

    OK = "ok"
    FAILED = "failed"
    AWAY = "away"
    MISSING = "missing"


class LibraryRoot(msgspec.Struct, frozen=True):
    id: RootId
    library_id: LibraryId
    path: str
    state: RootState = RootState.PRESENT


class Library(msgspec.Struct, frozen=True):
    id: LibraryId
    name: str
    kind: LibraryKind
    created_at: float
    roots: tuple[LibraryRoot, ...] = ()


class VideoTrack(msgspec.Struct, frozen=True, omit_defaults=True):
    """One video stream. Width and height are as coded, before rotation and sample aspect."""

    index: int
    codec: str
    width: int
    height: int
    codec_string: str | None = None
    """RFC 6381, from the real parameter sets; None when it cannot be told."""
    profile: str | None = None
    level: int | None = None
    pix_fmt: str | None = None
    bit_depth: int = 8
    sample_aspect: tuple[int, int] = (1, 1)
    fps: float | None = None
    """Average frames per second."""
    rotation: int = 0
    """Clockwise degrees to turn the picture for display: 0, 90, 180 or 270."""
    mirrored: bool = False
    """Flipped left to right before the rotation is applied."""
    interlaced: bool = False
    color_primaries: str | None = None
    color_transfer: str | None = None
    color_space: str | None = None
    color_range: str | None = None
    hdr: str | None = None
    """None, "hdr10", "hlg" or "dolby_vision"."""
    bit_rate: int | None = None
    language: str | None = None
    title: str | None = None
    default: bool = False
    undecodable: str | None = None
    """Why no decoder takes it; None when it decodes."""


class AudioTrack(msgspec.Struct, frozen=True, omit_defaults=True):
    index: int
    codec: str
    channels: int
    sample_rate: int
    codec_string: str | None = None
    profile: str | None = None
    layout: str | None = None
    bit_rate: int | None = None
    language: str | None = None
    """ISO 639-2/T or BCP 47 as the file says; None when unknown or "und"."""
    title: str | None = None
    default: bool = False
    commentary: bool = False
    undecodable: str | None = None
    """Why no decoder takes it; None when it decodes."""


class SubtitleTrack(msgspec.Struct, frozen=True, omit_defaults=True):
    """A subtitle stream, or an external file when ``path`` is set (``index`` is then -1)."""

    index: int
    codec: str
    text: bool = True
    """Text that becomes WebVTT; False for pictures (PGS, VobSub, DVB, XSUB)."""
    language: str | None = None
    title: str | None = None
    default: bool = False
    forced: bool = False
    hearing_impaired: bool = False
    path: str | None = None
    """Relative to the library root."""
    undecodable: str | None = None
    """Why it cannot be shown; None when it can."""


class Chapter(msgspec.Struct, frozen=True):
    start: float
    end: float
    title: str


class MediaInfo(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one probe found. ``duration`` is what packets prove, from ``start`` on."""

    container: str
    duration: float
    start: float = 0.0
    bit_rate: int | None = None
    video: tuple[VideoTrack, ...] = ()
    audio: tuple[AudioTrack, ...] = ()
    subtitles: tuple[SubtitleTrack, ...] = ()
    chapters: tuple[Chapter, ...] = ()
    tags: dict[str, str] = {}
    fonts: int = 0
    """Attached fonts."""


class Artwork(msgspec.Struct, frozen=True, omit_defaults=True):
    """Pictures found beside the files, as paths relative to the library root."""

    poster: str | None = None
    backdrop: str | None = None
    logo: str | None = None
    thumb: str | None = None


class Identity(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a file is, read from where it lies and how it is called.

    ``key`` binds the files of one item within their library: two files with one key are versions.
    For episodes ``series_key`` binds the seasons of one show the same way.
    """

    kind: str
    """"movie", "episode", "video" (home video) or "extra" (not an item of its own)."""
    key: str
    title: str
    rule: str
    """Which rule of the naming convention decided, such as "M3" or "E1"."""
    confidence: float = 1.0
    year: int | None = None
    date: str | None = None
    """ISO date of a dated episode or home video."""
    version: str | None = None
    """Label of this version, such as "1080p" or "Directors Cut"."""
    part: int | None = None
    series_key: str | None = None
    series_title: str | None = None
    series_year: int | None = None
    season: int | None = None
    episode: int | None = None
    episode_end: int | None = None
    provider_ids: dict[str, str] = {}
    """Ids at "imdb", "tmdb", "tvdb" and others, as tags in the names give them."""
    series_provider_ids: dict[str, str] = {}
    edition: str | None = None
    """Set when the version is another cut of the film, which keeps a position of its own."""
    extra_type: str | None = None
    """Of an extra: "trailer", "featurette", "interview", "deleted_scene" and so on."""
    extra_of: str | None = None
    """The ``key`` or ``series_key`` an extra belongs to; None when that cannot be told."""
    art: Artwork = Artwork()
    series_art: Artwork = Artwork()
    season_art: Artwork = Artwork()


class MediaFile(msgspec.Struct, frozen=True):
    """One video file on disk. ``path`` is relative to its root."""

    id: FileId
    library_id: LibraryId
    root_id: RootId
    path: str
    size: int
    mtime_ns: int
    state: FileState
    added_at: float
    identity: Identity
    info: MediaInfo | None = None
    """None when the probe failed."""
    external_subtitles: tuple[SubtitleTrack, ...] = ()
    reason: str | None = None
    """Why it cannot be played, in words for a person."""
    reason_code: str | None = None


class ScanSummary(msgspec.Struct):
    """What one scan found. ``reopened`` files were read, ``waiting`` ones are still being written,
    ``back`` ones were away or missing before; ``away`` and ``missing`` count what is so now.
    """

    seen: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    reopened: int = 0
    failed: int = 0
    moved: int = 0
    back: int = 0
    away: int = 0
    missing: int = 0
    waiting: int = 0
    ignored: int = 0
    notes: tuple[str, ...] = ()
    """What a person should know, such as a folder that could not be read."""

    def counts(self) -> dict[str, int]:
        return {
            name: n for name in self.__struct_fields__ if isinstance(n := getattr(self, name), int)
        }
