"""A picture of one library root in memory: every file under it, grouped by folder.

The scanner walks the disk and hands a tree over; the naming rules read it and never touch a disk.
Paths are relative to the root, parted by "/", spelled exactly as the disk spells them.
"""

from collections.abc import Sequence

import msgspec


class Entry(msgspec.Struct, frozen=True):
    """One file of any sort: video, picture, subtitle. ``size`` is bytes."""

    path: str
    size: int


Tree = Sequence[Entry]


class Ignored(msgspec.Struct, frozen=True):
    """A video file that is no item of its own and nobody's extra; the reason is for a person."""

    reason: str


class Folder(msgspec.Struct):
    """One folder and what lies directly in it, in the order of the tree."""

    path: str
    files: list[Entry]
    folders: list[str]
    """Names, not paths."""

    @property
    def name(self) -> str:
        return base_name(self.path)


def base_name(path: str) -> str:
    return path.rpartition("/")[2]


def parent(path: str) -> str:
    """The folder a path lies in; the root is the empty string."""
    return path.rpartition("/")[0]


def child(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name


def by_folder(tree: Tree) -> dict[str, Folder]:
    """Every folder of the tree by its path, the root under the empty string."""
    folders = {"": Folder("", [], [])}
    for entry in tree:
        _folder(folders, parent(entry.path)).files.append(entry)
    return folders


def _folder(folders: dict[str, Folder], path: str) -> Folder:
    missing = []
    while path not in folders:
        missing.append(path)
        path = parent(path)
    for inner in reversed(missing):
        folders[parent(inner)].folders.append(base_name(inner))
        folders[inner] = Folder(inner, [], [])
    return folders[missing[0] if missing else path]
