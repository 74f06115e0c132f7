"""What is on disk; all of it can be rebuilt by scanning again.

For: library roots, walking them, probing files in process, reading identity from names, finding
artwork and subtitles beside the files. Not for: what people browse and edit (catalog).
"""

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
    SubtitleTrack,
    VideoTrack,
)
from mediaserver.library.probe import probe

__all__ = [
    "Artwork",
    "AudioTrack",
    "Chapter",
    "FileState",
    "Identity",
    "Library",
    "LibraryKind",
    "LibraryRoot",
    "MediaFile",
    "MediaInfo",
    "RootState",
    "SubtitleTrack",
    "VideoTrack",
    "probe",
]
