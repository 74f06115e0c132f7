"""Which files and folders the scanner passes over: fixed names, and .ignore files.

Fixed names are the droppings of operating systems, NAS boxes and download programs. An ``.ignore``
or ``.plexignore`` file holds patterns in gitignore's language
(https://git-scm.com/docs/gitignore#_pattern_format); they are matched here by hand and in time
proportional to name and pattern, because a translated regular expression can take for ever.
"""

import re

import msgspec

from mediaserver.library.extensions import fold, is_picture, is_subtitle

IGNORE_FILES = (".ignore", ".plexignore", ".nomedia")
"""Files the walk reads in every folder, the strongest first."""

_FOLDERS = frozenset(
    [
        "@eadir", "eadir", "#recycle", "@recycle", "$recycle.bin", "system volume information",
        "lost+found", "ps3_update", "ps3_vprm", "temprec", "tempsbe",
    ]
)  # fmt: skip
_FILES = frozenset(["thumbs.db", "small.jpg", "albumart.jpg", "desktop.ini"])
_FILE_ENDINGS = (".bts", ".sync", ".part", ".!qb", ".crdownload")
_PICTURES_ONLY = frozenset(["metadata", "extrafanart", "extrathumbs"])
_SUBTITLES_ONLY = frozenset(["subs", "subtitles"])


def is_ignored(path: str, *, folder: bool = False) -> bool:
    """Whether fixed names rule a path out. A folder that is ignored need not be walked.

    ``metadata/`` and its like count for their pictures only, ``subs/`` for its subtitles: such a
    folder is walked and any other file in it is ignored.
    """
    *above, name = [fold(part) for part in path.split("/")]
    if any(_is_ignored_folder(part) for part in above):
        return True
    if folder:
        return _is_ignored_folder(name)
    if name.startswith((".", "~")) or name in _FILES or name.endswith(_FILE_ENDINGS):
        return True
    if not _PICTURES_ONLY.isdisjoint(above):
        return not is_picture(name)
    return not _SUBTITLES_ONLY.isdisjoint(above) and not is_subtitle(name)


def _is_ignored_folder(name: str) -> bool:
    return name.startswith(".") or name in _FOLDERS or name.endswith(".trickplay")


class _Pattern(msgspec.Struct, frozen=True):
    segments: tuple[str, ...]
    negated: bool
    folders_only: bool


class IgnoreRules(msgspec.Struct, frozen=True):
    """What one ignore file says about the folder it lies in and everything below.

    The nearest file upward wins: where a folder has rules of its own, those above it do not count.
    """

    everything: bool = False
    patterns: tuple[_Pattern, ...] = ()

    def ignores(self, path: str, *, folder: bool = False) -> bool:
        """``path`` is relative to the folder that holds the ignore file."""
        if self.everything:
            return True
        parts = [fold(part) for part in path.split("/") if part]
        # as in git, what lies in an ignored folder cannot be taken back
        return any(
            self._last_word(parts[:depth], folder=folder or depth < len(parts))
            for depth in range(1, len(parts) + 1)
        )

    def _last_word(self, parts: list[str], *, folder: bool) -> bool:
        for pattern in reversed(self.patterns):
            if (folder or not pattern.folders_only) and _path_fits(pattern.segments, parts):
                return not pattern.negated
        return False


def ignore_rules(text: str, *, name: str = ".ignore") -> IgnoreRules:
    """The rules in an ignore file. An empty ``.ignore`` and any ``.nomedia`` mean everything."""
    if fold(name) == ".nomedia":
        return IgnoreRules(everything=True)
    patterns = tuple(p for line in text.splitlines() if (p := _pattern(line)) is not None)
    return IgnoreRules(everything=not patterns and fold(name) == ".ignore", patterns=patterns)


def _pattern(line: str) -> _Pattern | None:
    line = line.lstrip("\ufeff").rstrip("\r\n")
    while line.endswith((" ", "\t")) and not line.endswith("\\ "):
        line = line[:-1]
    if not line or line.startswith("#"):
        return None
    negated = line.startswith("!")
    line = line[negated:]
    folders_only = line.endswith("/")
    body = line.strip("/")
    if not body:
        return None
    anchored = "/" in line.rstrip("/")
    segments = [fold(part) for part in body.split("/") if part]
    if not anchored:
        segments.insert(0, "**")
    return _Pattern(tuple(segments), negated, folders_only)


def _path_fits(segments: tuple[str, ...], parts: list[str]) -> bool:
    """``**`` stands for any number of folders; at the end it needs at least one more name."""
    if segments[-1] == "**" and len(segments) > 1:
        return any(_path_fits(segments[:-1], parts[:depth]) for depth in range(1, len(parts)))
    at = here = 0
    star, resume = -1, 0
    while here < len(parts):
        if at < len(segments) and segments[at] == "**":
            star, resume, at = at, here, at + 1
        elif at < len(segments) and _name_fits(segments[at], parts[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            resume += 1
            at, here = star + 1, resume
        else:
            return False
    return all(segment == "**" for segment in segments[at:])


_TOKEN = re.compile(
    r"\\(?P<plain>.)|(?P<set>\[[!^]?\]?[^\]]*\])|(?P<star>\*+)|(?P<any>\?)|.", re.DOTALL
)


def _name_fits(pattern: str, name: str) -> bool:
    r"""One name against one pattern with ``*``, ``?``, ``[sets]`` and ``\\`` escapes."""
    tokens = list(_TOKEN.finditer(pattern))
    at = here = 0
    star, resume = -1, 0
    while here < len(name):
        if at < len(tokens) and tokens[at]["star"]:
            star, resume, at = at, here, at + 1
        elif at < len(tokens) and _letter_fits(tokens[at], name[here]):
            at, here = at + 1, here + 1
        elif star >= 0:
            resume += 1
            at, here = star + 1, resume
        else:
            return False
    return all(token["star"] for token in tokens[at:])


def _letter_fits(token: re.Match[str], letter: str) -> bool:
    if token["any"]:
        return True
    if not token["set"]:
        return letter == (token["plain"] or token[0])
    inside = token["set"][1:-1]
    negated = inside[:1] in ("!", "^")
    inside = inside[negated:]
    found = any(
        low <= letter <= (high or low)
        for low, high in re.findall(r"\\?(.)(?:-\\?(.))?", inside, re.DOTALL)
    )
    return found != negated
