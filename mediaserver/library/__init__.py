"""What is on disk; all of it can be rebuilt by scanning again.

For: library roots, walking them, probing files in process, reading identity from names, finding
artwork and subtitles beside the files. Not for: what people browse and edit (catalog).
"""

from mediaserver.library.artwork import ArtworkStore, Picture, PictureFacts, PictureKind
from mediaserver.library.extensions import is_picture, is_subtitle, is_video, never_opened
from mediaserver.library.ignore import IGNORE_FILES, IgnoreRules, ignore_rules, is_ignored
from mediaserver.library.language_table import LANGUAGES
from mediaserver.library.models import (
    Artwork,
    AudioTrack,
    Chapter,
    FileState,
    Identity,
    Library,
    LibraryKind,
    LibraryRoot,
    MediaFile,
    MediaInfo,
    RootState,
    ScanSummary,
    SubtitleTrack,
    VideoTrack,
)
from mediaserver.library.movie_names import version_order
from mediaserver.library.naming import identify_all
from mediaserver.library.probe import probe
from mediaserver.library.scan import Scanner
from mediaserver.library.sidecars import external_subtitles
from mediaserver.library.store import LibraryStore
from mediaserver.library.tree import Entry, Ignored, Tree

__all__ = [
    "IGNORE_FILES",
    "LANGUAGES",
    "Artwork",
    "ArtworkStore",
    "AudioTrack",
    "Chapter",
    "Entry",
    "FileState",
    "Identity",
    "IgnoreRules",
    "Ignored",
    "Library",
    "LibraryKind",
    "LibraryRoot",
    "LibraryStore",
    "MediaFile",
    "MediaInfo",
    "Picture",
    "PictureFacts",
    "PictureKind",
    "RootState",
    "ScanSummary",
    "Scanner",
    "SubtitleTrack",
    "Tree",
    "VideoTrack",
    "external_subtitles",
    "identify_all",
    "ignore_rules",
    "is_ignored",
    "is_picture",
    "is_subtitle",
    "is_video",
    "never_opened",
    "probe",
    "version_order",
]
