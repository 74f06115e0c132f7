"""What a file is by its extension alone: video, picture, subtitle or audio."""

import unicodedata


def word_set(text: str) -> frozenset[str]:
    """The words of a text parted by spaces."""
    return frozenset(text.split())


VIDEO = word_set(
    "3g2 3gp asf avi divx dv dvr-ms f4v flv iso ivf m2ts m2v m4v mk3d mkv mov mp4 mpe mpeg mpg "
    "mts mxf nuv ogm ogv rec rm rmvb strm ts vob webm wmv wtv xvid"
)
# a disc image needs mounting, and a .strm file points anywhere on the network
NEVER_OPENED = {
    "iso": "Disc images cannot be played; copy the disc's folder or a video file instead.",
    "strm": "Links to streams on other machines are not followed.",
}
AUDIO = word_set(
    "aac ac3 aif aiff alac ape dts dtshd eac3 flac m4a m4b mka mlp mp2 mp3 oga ogg opus thd truehd "
    "wav wma wv"
)
SUBTITLES = {
    "srt": "subrip",
    "ass": "ass",
    "ssa": "ssa",
    "vtt": "webvtt",
    "sub": "microdvd",
    "idx": "dvd_subtitle",
    "sup": "hdmv_pgs_subtitle",
    "smi": "sami",
    "sami": "sami",
    "mks": "matroska",
    "ttml": "ttml",
}
"""FFmpeg's codec name for each extension; ``sub`` beside an ``idx`` is that one's data instead."""

PICTURES = ("jpg", "jpeg", "png", "webp", "avif", "gif", "tbn")
"""In the order they are preferred. SVG is left out: it may carry scripts and is never served."""


def nfc(text: str) -> str:
    """The spelling names are compared in; disks written by a Mac hold the decomposed one."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def fold(text: str) -> str:
    """For comparing: composed and without case."""
    return text.lower() if text.isascii() else nfc(nfc(text).casefold())


def extension(name: str) -> str:
    """Lower case, without the dot. A leading dot starts a hidden name and not an extension."""
    head, dot, tail = name.rpartition(".")
    return tail.lower() if dot and head and not head.endswith("/") and "/" not in tail else ""


def stem(name: str) -> str:
    """The name without its extension."""
    return name[: -len(ending) - 1] if (ending := extension(name)) else name


def is_video(name: str) -> bool:
    return extension(name) in VIDEO


def is_picture(name: str) -> bool:
    return extension(name) in PICTURES


def is_subtitle(name: str) -> bool:
    return extension(name) in SUBTITLES


def never_opened(name: str) -> str | None:
    """Why a video file is listed and still never opened, in words for a person; else None."""
    return NEVER_OPENED.get(extension(name))
