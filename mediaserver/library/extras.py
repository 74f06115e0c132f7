"""Trailers, featurettes, samples: videos that belong to an item and are none themselves (§6)."""

import re
from collections.abc import Callable, Mapping

from mediaserver.library.extensions import fold, nfc, stem, word_set
from mediaserver.library.models import Identity
from mediaserver.library.name_text import spaced
from mediaserver.library.tree import Folder, Ignored, base_name, parent

_FOLDERS = {
    "behind the scenes": "behind_the_scenes",
    "deleted scenes": "deleted_scene",
    "interviews": "interview",
    "scenes": "scene",
    "sample": "sample",
    "samples": "sample",
    "shorts": "short",
    "featurettes": "featurette",
    "clips": "clip",
    "other": "extra",
    "extras": "extra",
    "extra": "extra",
    "trailers": "trailer",
    "backdrops": "theme",
    "theme-music": "theme",
}
_SUFFIXES = {
    "trailer": "trailer",
    "sample": "sample",
    "scene": "scene",
    "clip": "clip",
    "interview": "interview",
    "behindthescenes": "behind_the_scenes",
    "deleted": "deleted_scene",
    "deletedscene": "deleted_scene",
    "featurette": "featurette",
    "short": "short",
    "other": "extra",
    "extra": "extra",
}
_SUFFIX = re.compile(
    r"(?P<sep>[._]|-\s?|\s)(?P<word>"
    + "|".join(sorted(_SUFFIXES, key=len, reverse=True))
    + r")[\s._-]?\d{0,3}",
    re.IGNORECASE,
)
_WHOLE = {"trailer": "trailer", "sample": "sample", "minta": "sample"}
_SHORT_SUFFIXES = word_set("trailer sample")
_SUFFIX_ROOM = 24
"""Longer than the longest suffix, so only the end of a name is looked at."""


def folder_extra(name: str) -> str | None:
    """The kind of extra a folder of this name holds."""
    return _FOLDERS.get(fold(name))


def name_extra(name: str) -> tuple[str, str, bool] | None:
    """The kind of extra a stem says it is, the name before the suffix, and whether that is sure.

    "Film trailer" is not sure: it is one only beside a film called "Film", for there are real
    titles like "I Live In A Trailer".
    """
    low = fold(name)
    if low in _WHOLE:
        return _WHOLE[low], "", True
    if low.startswith("sample-") or ".sample." in low:
        return "sample", "", True
    start = max(0, len(name) - _SUFFIX_ROOM)
    for match in _SUFFIX.finditer(name, start):
        if match.end() != len(name) or match.start() == 0:
            continue
        word, sep = match["word"].lower(), match["sep"]
        if word not in _SHORT_SUFFIXES and sep != "-":
            continue
        return _SUFFIXES[word], name[: match.start()].rstrip(), not sep.isspace()
    return None


def extra_folders(
    folders: Mapping[str, Folder], holds_item: Callable[[Folder], bool]
) -> dict[str, tuple[str, str] | None]:
    """For every folder the kind of extras it holds and the item's folder; None for most.

    A folder called like a keyword counts only inside the folder of an item: one that lies in the
    library root, or in a folder of folders, is an item's own (X4).
    """
    found: dict[str, tuple[str, str] | None] = {"": None}
    for path, folder in folders.items():
        if not path:
            continue
        above = parent(path)
        found[path] = found[above]
        kind = folder_extra(folder.name)
        if found[above] is None and kind and above and holds_item(folders[above]):
            found[path] = (kind, above)
    return found


def extra_identity(path: str, kind: str, owner: str | None) -> Identity | Ignored:
    """An extra's identity; samples are nothing anybody wants to see."""
    if kind == "sample":
        return Ignored("A sample of a film, not the film.")
    name = nfc(stem(base_name(path)))
    return Identity(
        kind="extra",
        key=f"extra:{path}",
        title=spaced(name) or name,
        rule="X1",
        extra_type=kind,
        extra_of=owner,
    )
