"""Which folders of a show are seasons, and the season and series a folder's name tells (S1, S2)."""

import re

import msgspec

from mediaserver.library.extensions import fold, nfc
from mediaserver.library.name_text import same

WORDS = (
    "season|series|seasong|sæson|säsong|saison|staffel|stagione|seizoen|temporada|kausi|sezon|"
    "sezona|sezóna|sezonul|série|séria|serie|seria|сезон|시즌|シーズン"
)
_ALL = "|".join(sorted(WORDS.split("|"), key=len, reverse=True))
_WORDED = re.compile(
    rf"(?P<before>(?:.*[\s._\-\])])?)(?:{_ALL})[\s._-]*(?P<number>\d{{1,4}})(?P<after>$|[\s._\-(\[].*)"
)
_NUMBER_FIRST = re.compile(rf"(?P<number>\d{{1,4}})(?:st|nd|rd|th)?[\s._-]*(?:{_ALL})")
_RELEASE = re.compile(
    r"(?:^|(?P<before>.*?)[\s._\-(\[])s(?P<number>\d{1,4})(?P<after>$|[\s._\-)\]].*)"
)
_BARE = re.compile(r"\d{1,3}|(?:19|20)\d\d")
_SPECIALS = frozenset(["specials", "special"])
_EPISODE = re.compile(r"\bepisode\b")


class SeasonName(msgspec.Struct, frozen=True):
    """``before`` is what stands in front of the season, the series' name in release folders."""

    number: int
    before: str = ""
    exact: bool = True
    """The whole name is the season; False for a release name that holds one somewhere."""


def season_name(name: str, series: str = "") -> SeasonName | None:
    """The season a folder's name tells. ``series`` is the title of the show it lies in."""
    low = fold(name).strip()
    if low in _SPECIALS or (series and low == f"{fold(series)} specials"):
        return SeasonName(0)
    if _BARE.fullmatch(low):
        return SeasonName(int(low)) if series and same(low) != same(series) else None
    if (match := _NUMBER_FIRST.fullmatch(low)) is not None:
        return SeasonName(int(match["number"]))
    for pattern in (_WORDED, _RELEASE):
        match = pattern.fullmatch(low)
        if match is None:
            continue
        before = match["before"] or ""
        if _EPISODE.search(before):
            return None
        # folding may change lengths, and then the exact spelling is lost and the folded one is kept
        spelled = nfc(name).strip()
        if len(spelled) == len(low):
            before = spelled[: len(before)]
        exact = not before.strip(" ._-([") or bool(series and same(before) == same(series))
        return SeasonName(int(match["number"]), before, exact)
    return None
