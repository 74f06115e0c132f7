"""Walking one library root: which files there are, and whether all of it could be seen.

A folder that cannot be read makes the walk incomplete; then nothing may be called missing. Links
are followed only where they end inside some library root, and no folder is entered twice, so a
loop of links ends.
"""

import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from mediaserver.library.ignore import IGNORE_FILES, IgnoreRules, ignore_rules, is_ignored
from mediaserver.library.tree import Entry, child

IGNORE_FILE_BYTES = 64 << 10
MAX_DEPTH = 64
Marker = tuple[int, int]


class Found(msgspec.Struct, frozen=True):
    """One file of any sort. ``path`` is relative to the root and parted by "/"."""

    path: str
    size: int
    mtime_ns: int
    link_target: str | None = None
    """Where it truly lies, when links lead it into another library root."""


class Walk(msgspec.Struct):
    """``marker`` is the root folder's device and inode, None when the root is away."""

    marker: Marker | None = None
    files: list[Found] = []
    complete: bool = True
    problems: list[str] = []
    """What could not be seen or is passed over, one line each, for a person."""

    @property
    def tree(self) -> list[Entry]:
        return [Entry(found.path, found.size) for found in self.files]


class _Folder(msgspec.Struct, frozen=True):
    path: str
    rules: IgnoreRules | None
    rules_at: str
    depth: int
    linked: bool = False


def walk(root: Path, roots: Sequence[Path], cancelled: Callable[[], bool] = lambda: False) -> Walk:
    """Every file under ``root`` that no rule ignores. ``roots``: where links may lead."""
    result = Walk()
    try:
        status = root.stat()
    except OSError as err:
        result.complete = False
        result.problems.append(f"{root}: {err.strerror}")
        return result
    if not stat.S_ISDIR(status.st_mode):
        result.complete = False
        result.problems.append(f"{root}: not a folder")
        return result
    result.marker = (status.st_dev, status.st_ino)
    _Walker(root, [os.path.realpath(one) for one in roots], result).run(cancelled)
    result.files.sort(key=lambda found: found.path)
    return result


class _Walker:
    def __init__(self, root: Path, homes: list[str], result: Walk) -> None:
        self._root = root
        self._home = os.path.realpath(root)
        self._homes = homes
        self._result = result
        self._entered: set[Marker] = set()
        # Real folders first: a link to one that is also walked for itself is then a repetition.
        self._todo = [_Folder("", None, "", 0)]
        self._linked: list[_Folder] = []

    def run(self, cancelled: Callable[[], bool]) -> None:
        while self._todo or self._linked:
            if cancelled():
                self._result.complete = False
                return
            folder = self._todo.pop() if self._todo else self._linked.pop()
            try:
                self._enter(folder)
            except OSError as err:
                self._result.complete = False
                self._result.problems.append(f"{folder.path or self._root}: {err.strerror}")

    def _enter(self, folder: _Folder) -> None:
        place = self._root / folder.path
        status = place.stat()
        marker = (status.st_dev, status.st_ino)
        if marker in self._entered or folder.depth > MAX_DEPTH:
            return
        self._entered.add(marker)
        with os.scandir(place) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
        folder = self._with_rules(folder, place, {entry.name for entry in entries})
        if folder.rules is not None and folder.rules.everything:
            return
        for entry in entries:
            self._take(folder, entry)

    def _with_rules(self, folder: _Folder, place: Path, names: set[str]) -> _Folder:
        """The nearest file upward wins; here the strongest one that exists."""
        for name in IGNORE_FILES:
            if name in names:
                rules = ignore_rules(_text(place / name), name=name)
                return msgspec.structs.replace(folder, rules=rules, rules_at=folder.path)
        return folder

    def _take(self, folder: _Folder, entry: "os.DirEntry[str]") -> None:
        path = child(folder.path, entry.name)
        try:
            path.encode()
        except UnicodeEncodeError:
            shown = os.fsencode(path).decode("utf-8", "replace")
            self._result.problems.append(f"{shown}: its name is not UTF-8; rename it")
            return
        try:
            link = entry.is_symlink()
            if link and not self._may_follow(entry.path):
                return
            inner = entry.is_dir()
            if is_ignored(path, folder=inner) or _ruled_out(folder, path, inner=inner):
                return
            if inner:
                (self._linked if link else self._todo).append(
                    _Folder(
                        path, folder.rules, folder.rules_at, folder.depth + 1, link or folder.linked
                    )
                )
            elif entry.is_file():
                status = entry.stat()
                target = self._elsewhere(entry.path) if link or folder.linked else None
                self._result.files.append(Found(path, status.st_size, status.st_mtime_ns, target))
        except OSError as err:
            if not link:  # a link that leads nowhere is no fault of the disk
                self._result.complete = False
            self._result.problems.append(f"{path}: {err.strerror}")

    def _may_follow(self, path: str) -> bool:
        target = os.path.realpath(path)
        if any(_lies_in(target, home) for home in self._homes):
            return True
        name = os.path.relpath(path, self._root)
        self._result.problems.append(f"{name}: a link out of the library is not followed")
        return False

    def _elsewhere(self, path: str) -> str | None:
        target = os.path.realpath(path)
        return None if _lies_in(target, self._home) else target


def _lies_in(path: str, home: str) -> bool:
    return path == home or path.startswith(home.rstrip(os.sep) + os.sep)


def _ruled_out(folder: _Folder, path: str, *, inner: bool) -> bool:
    if folder.rules is None:
        return False
    below = path[len(folder.rules_at) + 1 :] if folder.rules_at else path
    return folder.rules.ignores(below, folder=inner)


def _text(path: Path) -> str:
    """Of a small text file; a device or fifo of that name is not waited for."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return ""
        return os.read(descriptor, IGNORE_FILE_BYTES).decode("utf-8", "replace")
    finally:
        os.close(descriptor)
