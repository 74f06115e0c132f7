"""Facts in the words a person uses: what is left, how good the picture is, which language.

Pure functions from numbers and codec names to short English text.
"""

from mediaserver.catalog import ItemCard, ItemKind, Version
from mediaserver.http import clock, duration_words
from mediaserver.library import AudioTrack, LibraryKind, SubtitleTrack
from mediaserver.streaming import language_name

_CODECS = {
    "h264": "H.264", "hevc": "HEVC", "av1": "AV1", "vp9": "VP9", "vp8": "VP8",
    "mpeg4": "MPEG-4", "mpeg2video": "MPEG-2", "mpeg1video": "MPEG-1", "vc1": "VC-1",
    "aac": "AAC", "ac3": "Dolby Digital", "eac3": "Dolby Digital Plus", "truehd": "Dolby TrueHD",
    "dts": "DTS", "dca": "DTS", "flac": "FLAC", "opus": "Opus", "vorbis": "Vorbis", "mp3": "MP3",
    "alac": "ALAC", "subrip": "SRT", "ass": "ASS", "mov_text": "text", "webvtt": "WebVTT",
    "hdmv_pgs_subtitle": "PGS", "dvd_subtitle": "VobSub",
}  # fmt: skip
_HDR = {"hdr10": "HDR10", "hlg": "HLG", "dolby_vision": "Dolby Vision"}
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 7: "6.1", 8: "7.1"}
KINDS = {
    LibraryKind.MOVIES: "Films",
    LibraryKind.SHOWS: "Shows",
    LibraryKind.HOMEVIDEOS: "Home videos",
}
_RUNGS = (2160, 1440, 1080, 720, 576, 480, 360, 240)


def codec_name(codec: str | None) -> str:
    return _CODECS.get(codec or "", (codec or "").upper())


def counted(number: int, one: str, many: str | None = None) -> str:
    """``1 film``, ``12 films``."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def episode_code(item: ItemCard) -> str:
    """``S2 E4``, ``S2 E4–5``; a special or a dated episode says what it has."""
    if item.episode_number is None:
        return item.date or ""
    last = f"–{item.episode_end}" if item.episode_end else ""
    season = f"S{item.season_number} " if item.season_number else ""
    return f"{season}E{item.episode_number}{last}"


def progress(item: ItemCard) -> int:
    """Per cent watched of what can be resumed, else 0."""
    if not item.user.resume_position or not item.duration:
        return 0
    return min(99, max(1, round(100 * item.user.resume_position / item.duration)))


def left(item: ItemCard) -> str:
    """``18 min left``."""
    if not item.user.resume_position or not item.duration:
        return ""
    return f"{duration_words(item.duration - item.user.resume_position)} left"


def play_words(item: ItemCard, what: str = "") -> str:
    """``Play``, ``Resume from 41:10``, ``Resume S2 E4 from 12:40``."""
    verb = "Resume" if item.user.resume_position else "Play"
    from_there = f"from {clock(item.user.resume_position)}" if item.user.resume_position else ""
    return " ".join(filter(None, (verb, what, from_there)))


def picture_words(version: Version) -> str:
    """``2160p HDR10``; a wide picture counts by what its width would be in 16:9."""
    if not version.height:
        return ""
    lines = max(version.height, round((version.width or 0) * 9 / 16))
    rung = min(_RUNGS, key=lambda height: abs(height - lines))
    name = "4K" if rung == 2160 else f"{rung}p"
    return " ".join(filter(None, (name, _HDR.get(version.hdr or "", version.hdr))))


def channel_words(track: AudioTrack) -> str:
    return _LAYOUTS.get(track.channels, f"{track.channels} channels")


def audio_words(track: AudioTrack) -> str:
    """``English · Dolby Digital 5.1 · Commentary``."""
    language = language_name(track.language) or "Unknown language"
    sound = f"{codec_name(track.codec)} {channel_words(track)}"
    extra = track.title or ("Commentary" if track.commentary else "")
    if extra.lower() in f"{language} {sound}".lower():
        extra = ""
    return " · ".join(filter(None, (language, sound, extra)))


def subtitle_words(track: SubtitleTrack) -> str:
    """``German (forced)``, ``English (SDH)``."""
    name = language_name(track.language) or track.title or "Unknown language"
    notes = [
        words
        for words, on in (
            ("forced", track.forced),
            ("SDH", track.hearing_impaired),
            ("beside the file", track.path is not None),
        )
        if on
    ]
    return f"{name} ({', '.join(notes)})" if notes else name


def card_line(item: ItemCard) -> str:
    """The quiet second line of a card."""
    if item.kind is ItemKind.EPISODE:
        rest = left(item) or item.title
        return " · ".join(filter(None, (episode_code(item), rest)))
    if item.user.resume_position:
        return left(item)
    if item.kind is ItemKind.SEASON:
        return counted(item.child_count or 0, "episode")
    if item.kind is ItemKind.SHOW and item.child_count and not item.year:
        return counted(item.child_count, "episode")
    if item.kind is ItemKind.VIDEO:
        return " · ".join(filter(None, (item.date, duration_words(item.duration))))
    return str(item.year or duration_words(item.duration))
