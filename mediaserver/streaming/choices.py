"""What a person asked for, matched to the tracks a file has. Pure."""

from mediaserver.errors import Invalid
from mediaserver.library import AudioTrack, MediaInfo, SubtitleTrack
from mediaserver.streaming.ladder import IMAGE_CODECS, TEXT_CODECS
from mediaserver.streaming.languages import language_tag
from mediaserver.streaming.models import Choice

Asked = int | str | None
"""A stream index, a subtitle name ("sub-3", "sub-x0"), or a language code."""
NO_SUBTITLES = frozenset({"none", "off", ""})


def choose(
    info: MediaInfo,
    external: tuple[SubtitleTrack, ...],
    audio: Asked = None,
    subtitle: Asked = None,
    max_height: int | None = None,
) -> Choice:
    """A language that the file lacks is no error: a series asks for the same on every episode."""
    return Choice(_sound(info, audio), _text(info, external, subtitle), max_height)


def subtitle_names(
    info: MediaInfo, external: tuple[SubtitleTrack, ...]
) -> list[tuple[str, SubtitleTrack]]:
    """Every track with its name, those that cannot be shown included."""
    inside = [(f"sub-{track.index}", track) for track in info.subtitles]
    return inside + [(f"sub-x{number}", track) for number, track in enumerate(external)]


def becomes_text(track: SubtitleTrack) -> bool:
    return track.text and track.codec in TEXT_CODECS


def is_drawn(track: SubtitleTrack) -> bool:
    """A picture subtitle that we can hand out."""
    return track.codec in IMAGE_CODECS and track.undecodable is None and track.path is None


def _sound(info: MediaInfo, asked: Asked) -> int | None:
    if asked is None:
        return None
    if isinstance(asked, int) or asked.isdecimal():
        if any(track.index == int(asked) for track in info.audio):
            return int(asked)
        raise Invalid("The file has no such sound track.", fields={"audio": "a stream index"})
    spoken = [track for track in info.audio if _same(track.language, asked)]
    return min(spoken, key=_commentary_last).index if spoken else None


def _commentary_last(track: AudioTrack) -> tuple[bool, bool]:
    return track.commentary, not track.default


def _text(info: MediaInfo, external: tuple[SubtitleTrack, ...], asked: Asked) -> str | None:
    if asked is None or (isinstance(asked, str) and asked.lower() in NO_SUBTITLES):
        return None
    readable = [
        (n, track)
        for n, track in subtitle_names(info, external)
        if becomes_text(track) or is_drawn(track)
    ]
    name = f"sub-{asked}" if isinstance(asked, int) or asked.isdecimal() else asked
    if name.startswith("sub-"):
        if any(name == known for known, _ in readable):
            return name
        raise Invalid("The file has no such subtitles.", fields={"subtitle": "name or index"})
    written = [
        (track.forced, is_drawn(track), n) for n, track in readable if _same(track.language, name)
    ]
    return min(written)[2] if written else None


def _same(language: str | None, asked: str) -> bool:
    """Who wants "en" is content with "eng" and "en-US"."""
    has, wants = language_tag(language), language_tag(asked)
    return has is not None and wants is not None and has.split("-")[0] == wants.split("-")[0]
