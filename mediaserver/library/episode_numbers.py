"""Finding an episode's number in a name: S01E02, 1x02, "Episode 16", "02 - Title", "Name - 136".

Each finder says where the number stands, so that what comes after can be the title. Guards keep
resolutions, years and clock times from being read as episodes.
"""

import re

import msgspec

from mediaserver.library.extensions import fold
from mediaserver.library.name_text import spaced
from mediaserver.library.release_tags import without_tags
from mediaserver.library.season_names import WORDS

_EPISODE = "episode|épisode|episodio|episódio|capítulo|capitulo|folge|avsnitt|aflevering|серия|ep"
_SEASON_EPISODE = re.compile(
    r"(?<![a-z0-9])s(?P<season>\d{1,4})[\s._]*-?[\s._]*x?(?:ep|e)[\s._]*(?P<number>\d{1,4})(?!\d)",
    re.IGNORECASE,
)
_CROSS = re.compile(
    r"(?<![a-z0-9])(?P<season>\d{1,4})x(?P<number>\d{1,4})(?!\d)(?![e-wyz])", re.IGNORECASE
)
_WORDED = re.compile(
    rf"(?<![^\W\d_])(?:{WORDS}|s)[\s._-]*(?P<season>\d{{1,4}})[\s._,-]*(?:{_EPISODE}|e)"
    r"[\s._]*(?P<number>\d{1,4})(?![\dpi])",
    re.IGNORECASE,
)
_EPISODE_WORD = re.compile(
    rf"(?<![^\W\d_])(?:(?:{_EPISODE})[\s._-]*|(?<!\d)e)(?P<number>\d{{1,4}})(?![\dpix])",
    re.IGNORECASE,
)
# what may follow a number to make it a run: E24, -E24, -24, x04, " - 02x04", -S01E02
_MORE = re.compile(
    r"(?:\s?-\s?|[\s._])?(?:s(?P<s>\d{1,4})[\s._]?)?(?:ep|e)(?P<e>\d{1,4})(?!\d)"
    r"|(?:\s?-\s?)(?P<c>\d{1,4})x(?P<ce>\d{1,3})(?!\d)"
    r"|-?x(?P<x>\d{1,2})(?!\d)"
    r"|-(?P<plain>\d{1,3})(?=$|[\s._\-\])x])",
    re.IGNORECASE,
)
_SUB = re.compile(r"(?P<letter>[a-d])(?![a-z0-9])|\.(?P<digit>\d)(?=$|\s|-)", re.IGNORECASE)
_LEADING = re.compile(r"\s*(?P<number>\d{1,4})(?:-(?P<end>\d{1,3}))?(?=$|[\s._-])")
_DELIMITED = re.compile(r"$|\s*-|\.")
_DASHED = re.compile(r"[\s_]-[\s_]*(?P<number>\d{1,4})(?:v\d)?(?=$|[\s_.\[(-])", re.IGNORECASE)
_BRACKETED = re.compile(r"\[(?P<number>\d{1,4})(?:v\d|\s?end)?\]", re.IGNORECASE)
_AFTER_SERIES = re.compile(
    r"(?:[\s._]*[(\[]?(?:19|20)\d\d[)\]]?)?[\s._-]+(?P<number>\d{1,4})(?:v\d)?(?=$|[\s._\-\[(])"
)
_TRAILING = re.compile(r"(?<=[\s._-])(?P<number>\d{1,4})$")
_LINES = frozenset([480, 540, 576, 720, 1080, 1440, 2160])


class Found(msgspec.Struct, frozen=True):
    """``start`` and ``stop`` are where the number stands in the text."""

    start: int
    stop: int
    episode: int
    confidence: float
    season: int | None = None
    end: int | None = None
    sub: str = ""


def numbers_in(text: str, *, worded: bool) -> Found | None:
    """A number that says itself what it is; ``worded`` looks for "Episode 16" and not for S01E02.

    A date is looked for between the two, as E1 puts it.
    """
    if worded:
        match = _EPISODE_WORD.search(text)
        return _run(text, match, None, 0.85) if match else None
    for pattern, confidence in ((_SEASON_EPISODE, 1.0), (_CROSS, 0.95), (_WORDED, 0.95)):
        for match in pattern.finditer(text):
            season = int(match["season"])
            if pattern is _CROSS and season >= 200 and int(match["number"]) >= 100:
                continue  # 1920x1080
            return _run(text, match, season, confidence)
    return None


def _run(text: str, match: re.Match[str], season: int | None, confidence: float) -> Found:
    """The number a match gives, with the run "-E03-E04" or the sub-episode "a" behind it."""
    first = last = int(match["number"])
    stop, sub = match.end(), ""
    while (more := _MORE.match(text, stop)) is not None:
        number = int(next(more[g] for g in ("e", "ce", "x", "plain") if more[g] is not None))
        of_season = more["s"] or more["c"]
        if number <= last or (of_season is not None and int(of_season) != season):
            break
        last, stop = number, more.end()
    if last == first and (found := _SUB.match(text, stop)) is not None:
        sub, stop = fold(found["letter"] or found["digit"]), found.end()
    end = last if last > first else None
    return Found(match.start(), stop, first, confidence, season, end, sub)


def leading_number(text: str, season: int | None) -> Found | None:
    """``02 - Title``, ``02. Title``, ``02``; inside a season folder also ``16 Some Title``."""
    match = _LEADING.match(text)
    if match is None:
        return None
    number, stop = int(match["number"]), match.end("number")
    if _is_year(number) and stop < len(text):
        return None
    delimited = _DELIMITED.match(text, stop) is not None
    if season is None and not delimited:
        return None
    end = int(match["end"]) if match["end"] else None
    if end is not None and end > number:
        return Found(0, match.end(), number, 0.8, end=end)
    of_season, number = _with_season(number, season)
    return Found(0, stop, number, 0.8 if season is not None else 0.6, of_season)


def absolute_number(text: str, series: str, season: int | None) -> Found | None:
    """``Name - 136 [720p]``, ``[Group][Name][04]``, ``Name 1001``, and at last ``name_102``."""
    for match in (_after_series(text, series), *_DASHED.finditer(text), *_BRACKETED.finditer(text)):
        if match is None or _is_year(number := int(match["number"])) or number in _LINES:
            continue
        if match.re is not _BRACKETED:
            of_season, number = _hundreds(text, number, season)
        else:
            of_season = None
        return Found(match.start(), match.end(), number, 0.6, of_season)
    cut = without_tags(text).rstrip(" ._-[(")
    last = _TRAILING.search(cut)
    if last is None or _is_year(int(last["number"])):
        return None
    of_season, number = _hundreds(text, int(last["number"]), season)
    return Found(last.start(), last.end(), number, 0.5, of_season)


def _after_series(text: str, series: str) -> re.Match[str] | None:
    """A number right behind the show's own name, so that "Log Horizon 2 03" is episode 3."""
    wanted = [c for c in fold(spaced(series)) if c.isalnum()]
    if not wanted or len(folded := fold(text)) != len(text):
        return None
    at = 0
    for letter in wanted:
        while at < len(folded) and not folded[at].isalnum():
            at += 1
        if at == len(folded) or folded[at] != letter:
            return None
        at += 1
    return _AFTER_SERIES.match(text, at)


def _hundreds(text: str, number: int, season: int | None) -> tuple[int | None, int]:
    """What 102 means: the second of season 1 in "name_102", the 102nd in "Name 102"."""
    if season is None and " " not in text.strip() and 100 <= number < 1000 and "_-_" not in text:
        return number // 100, number % 100
    return _with_season(number, season)


def _with_season(number: int, season: int | None) -> tuple[int | None, int]:
    if season and number >= 100 and number // 100 == season and 0 < number % 100 < 60:
        return season, number % 100
    return None, number


def _is_year(number: int) -> bool:
    return 1900 <= number < 2100
