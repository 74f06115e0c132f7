"""Season, episode, date and title read from the name of one episode's file (rules E1 to E4).

The forms are tried from the surest to the vaguest and the first that fits wins. What a bare number
means depends on the folder: the caller says which season it is, if it is one.
"""

import datetime as dt
import re
from collections.abc import Callable

import msgspec

from mediaserver.library.episode_numbers import Found, absolute_number, leading_number, numbers_in
from mediaserver.library.extensions import nfc
from mediaserver.library.name_text import spaced, take_ids
from mediaserver.library.release_tags import without_tags

_YEAR_FIRST = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<sep>[-._ ])(?P<m>\d\d)(?P=sep)(?P<d>\d\d)(?!\d)"
)
_DAY_FIRST = re.compile(
    r"(?<!\d)(?P<d>\d\d)(?P<sep>[-._ ])(?P<m>\d\d)(?P=sep)(?P<y>(?:19|20)\d\d)(?!\d)"
)
_SPECIAL = re.compile(r"(?P<title>.+)\.special", re.IGNORECASE)
_BRACKETS = re.compile(r"\[[^\[\]]*\]|\{[^{}]*\}")
_LEAD = " \t._-:–—)]}"
_TRAIL = " \t._-–—([{"


class EpisodeName(msgspec.Struct, frozen=True):
    rule: str
    confidence: float
    season: int | None = None
    episode: int | None = None
    episode_end: int | None = None
    date: str | None = None
    sub: str = ""
    """Kodi's sub-episode, "a" of S01E05a or "1" of S01E05.1."""
    title: str | None = None
    before: str = ""
    """What stands in front of the number, most often the name of the series."""


class Place(msgspec.Struct, frozen=True):
    """Where a file lies: the title of its show, and the season of its folder if that is one."""

    series: str = ""
    season: int | None = None


def episode_name(name: str, place: Place) -> EpisodeName | None:
    """Reads a stem; None when it tells no number and no date."""
    text = take_ids(nfc(name))[0]
    if (special := _SPECIAL.fullmatch(text)) is not None:
        return EpisodeName("E4", 0.9, season=0, title=_title(special["title"]))
    for read in _FORMS:
        if (found := read(text, place)) is not None:
            return found
    return None


def _named(text: str, found: Found | None) -> EpisodeName | None:
    if found is None:
        return None
    return EpisodeName(
        rule="E2" if found.end is not None else ("E4" if found.sub else "E1"),
        confidence=found.confidence,
        season=found.season,
        episode=found.episode,
        episode_end=found.end,
        sub=found.sub,
        title=_title(text[found.stop :]),
        before=text[: found.start],
    )


def _numbered(text: str, _place: Place) -> EpisodeName | None:
    return _named(text, numbers_in(text, worded=False))


def _worded(text: str, _place: Place) -> EpisodeName | None:
    return _named(text, numbers_in(text, worded=True))


def _dated(text: str, _place: Place) -> EpisodeName | None:
    for pattern in (_YEAR_FIRST, _DAY_FIRST):
        for match in pattern.finditer(text):
            try:
                day = dt.date(int(match["y"]), int(match["m"]), int(match["d"]))
            except ValueError:
                continue
            return EpisodeName(
                "E1",
                0.9,
                date=day.isoformat(),
                title=_title(text[match.end() :]),
                before=text[: match.start()],
            )
    return None


def _leading(text: str, place: Place) -> EpisodeName | None:
    return _named(text, leading_number(text, place.season))


def _absolute(text: str, place: Place) -> EpisodeName | None:
    return _named(text, absolute_number(text, place.series, place.season))


_FORMS: tuple[Callable[[str, Place], EpisodeName | None], ...] = (
    _numbered,
    _dated,
    _worded,
    _leading,
    _absolute,
)


def _title(rest: str) -> str | None:
    """The title after the number, without release tags; None when nothing is left."""
    text = _BRACKETS.sub(" ", rest) if " " in rest else _BRACKETS.sub(".", rest)
    text = without_tags(text.lstrip(_LEAD), from_start=True).rstrip(_TRAIL)
    return spaced(text) or None if any(c.isalnum() for c in text) else None
