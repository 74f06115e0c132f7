"""Title, year, ids, version and parts of one movie's name (rules M1, M2, V1 and §4)."""

import re
from collections import defaultdict
from collections.abc import Sequence

import msgspec

from mediaserver.library.extensions import extension, fold, nfc, stem
from mediaserver.library.name_text import (
    find_year,
    natural,
    same,
    spaced,
    take_edition,
    take_ids,
)
from mediaserver.library.release_tags import quality, resolution, tags_start, without_tags
from mediaserver.library.tree import base_name, parent

_EDGES = " ._-,"
_GROUP = re.compile(r"^\[(?!rec\])[^\]]*\][\s._-]*(?=[^\s._\-\[(])", re.IGNORECASE)
_TAIL_BRACKETS = re.compile(r"(?<=[^\s\]])[\s._-]*(?:\[[^\[\]]*\][\s._-]*)+$")
_PART = re.compile(
    r"(?:(?P<open>[ ._-]*[(\[])|[ ._-]+|(?<=[)\]}]))(?:cd|dvd|part|pt|disc|disk)"
    r"[ ._-]?(?P<number>\d{1,3}|[a-d])(?(open)[)\]])(?![^\W_])",
    re.IGNORECASE,
)
_LABEL = re.compile(r"\s-\s*(?P<dash>\S.*)|\s*[-._](?P<mark>[^\s-].*)|\s*(?P<set>\[[^\]]+\].*)")


class MovieName(msgspec.Struct, frozen=True):
    title: str
    year: int | None = None
    ids: dict[str, str] = {}
    edition: str | None = None
    quality: str | None = None


def movie_name(name: str) -> MovieName:
    """What a file's stem or a folder's name says. Never empty: the name itself, at the worst."""
    text, ids = take_ids(nfc(name), bare=True)
    text, edition = take_edition(text)
    text = _GROUP.sub("", text)
    # "Monsters, Inc. (2001)" keeps its dot; in "Monsters.2001" it is a space
    edges = " _-," if " " in text else " ._-,"
    year = find_year(text)
    if year is None:
        title = without_tags(text)
        label = quality(text[len(title) :])
        title = _title(_TAIL_BRACKETS.sub("", title), name, edges)
        return MovieName(title, None, ids, edition, label)
    number, start, end = year
    label = quality(text[end:])
    before = text[:start].lstrip(_EDGES).rstrip(edges + "([{")
    if not before:
        title = _title(without_tags(text[end:]), name, edges)
        return MovieName(title, number, ids, edition, label)
    # "Extended Family (2010)": only a tag that means nothing else may cut before the year
    cut = tags_start(before) if "(" not in text[start:end] else len(before)
    return MovieName(_title(before[:cut], name, edges), number, ids, edition, label)


def _title(text: str, name: str, edges: str) -> str:
    return spaced(text.lstrip(_EDGES).rstrip(edges)) or spaced(nfc(name).strip(_EDGES)) or nfc(name)


def bare_name(name: str) -> str:
    """A stem or folder name without id and edition tags, for comparing."""
    return fold(take_edition(take_ids(nfc(name))[0])[0])


def version_label(folder: str, name: str) -> str | None:
    """The label of a file that is a version of its folder's movie, "" for the plain file (V1).

    None when the name does not start with the folder's name exactly, or goes on in another way.
    """
    text, edition = take_edition(take_ids(nfc(name))[0])
    start = take_edition(take_ids(nfc(folder))[0])[0]
    if not start or fold(text[: len(start)]) != fold(start):
        return None
    rest = text[len(start) :]
    if not rest.strip():
        return edition or ""
    match = _LABEL.fullmatch(rest)
    if match is None:
        begins = len(rest) - len(rest.lstrip(" ([{"))
        return rest.strip() if tags_start(rest, from_start=True) == begins else None
    if (match["mark"] or "").isdecimal():
        return None  # "Alien.3" is another film
    label = (match["dash"] or match["mark"] or match["set"]).strip(" ._-")
    if label.startswith("[") and label.endswith("]") and label.count("[") == 1:
        label = label[1:-1]
    return edition or label.strip() or ""


def version_order(path: str) -> tuple[object, ...]:
    """Sorts the files of one movie or episode, the one to play first in front (V3).

    The file called like its folder is first, then the highest resolution, then names naturally.
    """
    name = stem(base_name(path))
    plain = bare_name(name) == bare_name(base_name(parent(path)))
    return (not plain, -(resolution(name) or 0), natural(name), path)


class Part(msgspec.Struct, frozen=True):
    """One of several files that play as one.

    ``whole`` is their common name without the number, ``group`` what binds them.
    """

    whole: str
    number: int
    group: str


def parts_of(names: Sequence[str]) -> dict[str, Part]:
    """Which files of one folder are parts of a whole: equal names but for the number (§4)."""
    groups: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
    clashes: set[str] = set()
    for name in names:
        ending, text = extension(name), stem(name)
        for match in _PART.finditer(text):
            kind = "number" if match["number"].isdecimal() else "letter"
            whole = text[: match.start()] + text[match.end() :]
            head, tail = fold(text[: match.start()]), fold(text[match.end() :])
            group = f"{head}\0{kind}\0{tail}\0{ending}"
            number = int(match["number"]) if kind == "number" else "abcd".index(_low(match)) + 1
            if number in groups[group]:
                clashes.add(group)
            groups[group][number] = (name, whole)
    found: dict[str, Part] = {}
    for group, numbered in groups.items():
        if len(numbered) < 2 or group in clashes:
            continue
        for number, (name, whole) in numbered.items():
            found.setdefault(name, Part(whole.strip(" ._-") or whole, number, group))
    return found


def _low(match: re.Match[str]) -> str:
    return match["number"].lower()


def same_movie(one: MovieName, other: MovieName) -> bool:
    return one.year == other.year and same(one.title) == same(other.title)
