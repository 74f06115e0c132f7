"""Small readings every kind of name shares: id tags, spaces for dots, years, natural order."""

import re

from mediaserver.library.extensions import fold

_PROVIDERS = "tmdb|imdb|tvdb|tvmaze|anidb|anilist|anisearch"
_ID_TAG = re.compile(
    rf"\s*[\[({{](?P<who>{_PROVIDERS})(?:id)?[-=](?P<id>[^\s\])}}]+)[\])}}]", re.IGNORECASE
)
_BARE_IMDB = re.compile(r"(?<![^\W_])tt\d{7,8}(?![^\W_])", re.IGNORECASE)
_EMPTY_BRACKETS = re.compile(r"\(\s*\)|\[\s*\]|\{\s*\}")
_EDITION = re.compile(r"\s*\{edition-(?P<label>[^}]*)\}", re.IGNORECASE)
_ACRONYM = re.compile(r"(?<![^\W_])(?:[^\W\d_]\.){2,}[^\W\d_](?![^\W_])\.?")
_DIGITS = re.compile(r"(\d+)")
# what year a bracketed or free-standing number means; not one that is part of a date
_BRACKET_YEAR = re.compile(r"[(\[](?P<year>(?:19|20)\d\d)[)\]]")
_FREE_YEAR = re.compile(r"(?<=[\s._,\-])(?P<year>(?:19|20)\d\d)(?=[\s._,\-\[(]|$)")
_DATE_AFTER = re.compile(r"[-._ ]\d{1,2}[-._ ]\d{1,2}(?!\d)")
_DATE_BEFORE = re.compile(r"(?<!\d)\d{1,2}[-._ ]\d{1,2}[-._ ]$")


def take_ids(text: str, *, bare: bool = False) -> tuple[str, dict[str, str]]:
    """The text without its id tags, and the ids by provider. ``bare`` also reads a lone tt1234567.

    >>> take_ids("Movie (2021) [imdbid-tt12801262]")
    ('Movie (2021)', {'imdb': 'tt12801262'})
    """
    ids: dict[str, str] = {}
    for tag in _ID_TAG.finditer(text):
        ids.setdefault(tag["who"].lower(), tag["id"])
    text = _ID_TAG.sub("", text)
    if bare and (lone := _BARE_IMDB.search(text)) is not None:
        ids.setdefault("imdb", lone[0].lower())
        text = _EMPTY_BRACKETS.sub("", text[: lone.start()] + text[lone.end() :])
    return text.strip(), ids


def take_edition(text: str) -> tuple[str, str | None]:
    """Plex's ``{edition-Director's Cut}``, taken out of a name."""
    match = _EDITION.search(text)
    if match is None:
        return text, None
    return (text[: match.start()] + text[match.end() :]).strip(), match["label"].strip() or None


def spaced(text: str) -> str:
    """Dots and underscores as spaces, if the name has no spaces; S.W.A.T. keeps its dots."""
    text = text.strip()
    if " " not in text:
        kept = {match.start(): match[0] for match in _ACRONYM.finditer(text)}
        pieces, at = [], 0
        for start, acronym in kept.items():
            pieces += [_dots(text[at:start]), acronym.rstrip("."), "."]
            at = start + len(acronym)
            pieces.append(" " if acronym.endswith(".") else "")
        text = "".join([*pieces, _dots(text[at:])])
    return " ".join(text.split())


def _dots(text: str) -> str:
    return text.replace(".", " ").replace("_", " ")


def find_year(text: str) -> tuple[int, int, int] | None:
    """The year a name gives, and where it starts and ends, brackets included.

    A bracketed one beats a free-standing one, and the last beats those before it. A number at the
    very start is a title ("2001 A Space Odyssey", "1917").
    """
    found = [(int(m["year"]), m.start(), m.end()) for m in _BRACKET_YEAR.finditer(text)]
    if not found:
        found = [
            (int(m["year"]), m.start(), m.end())
            for m in _FREE_YEAR.finditer(text)
            if not _DATE_AFTER.match(text, m.end())
            and not _DATE_BEFORE.search(text[max(0, m.start() - 7) : m.start()])
        ]
    return found[-1] if found else None


def same(text: str) -> str:
    """A title reduced to what two spellings of it share: no case, no punctuation."""
    return "".join(c for c in fold(text) if c.isalnum()) or fold(text)


def natural(text: str) -> tuple[tuple[int, str], ...]:
    """A sort key under which 2 comes before 10."""
    return tuple(
        (int(piece[:18]), "") if piece.isdecimal() else (-1, piece)
        for piece in _DIGITS.split(fold(text))
        if piece
    )
