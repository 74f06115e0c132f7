"""What a walk means against what is known: which files to read, rewrite, welcome back or miss.

Pure: names, sizes and times in, a plan out. A file whose size and time are as they were is not
opened again; what it is called may still make it something else.
"""

import hashlib
from collections import defaultdict
from collections.abc import Collection, Sequence

import msgspec

from mediaserver import __version__
from mediaserver.db import as_json
from mediaserver.library.models import FileState, Identity, LibraryKind, SubtitleTrack
from mediaserver.library.naming import identify_all
from mediaserver.library.sidecars import external_subtitles
from mediaserver.library.store import KnownFile
from mediaserver.library.walk import Found, Walk

PROBE_VERSION = 1
"""Raise it when probing learns something new: every file is then read once more."""
RETRIED = frozenset({"too_slow", "unreadable", "vanished", "unexpected"})
"""Failures that may pass by themselves: such files are read again at each scan."""
HOLD_SHARE = 0.3


class Named(msgspec.Struct, frozen=True):
    """A video on disk with what its name says; ``known`` is its row, if it has one."""

    found: Found
    identity: Identity
    subtitles: tuple[SubtitleTrack, ...]
    known: KnownFile | None = None


class Changes(msgspec.Struct):
    """``missing`` is empty unless the walk was complete."""

    read: list[Named] = []
    rewrite: list[Named] = []
    """Known and not to be opened: called, placed or accompanied otherwise, or back again."""
    missing: list[KnownFile] = []
    unchanged: int = 0
    empty: int = 0
    """Files of no length: a copy that has not begun."""
    ignored: int = 0
    moved: int = 0


def compare(kind: LibraryKind, walk: Walk, known: Sequence[KnownFile]) -> Changes:
    """Takes about a second for 100,000 files: call it off the loop."""
    tree = walk.tree
    identities, subtitles = identify_all(kind, tree), external_subtitles(tree)
    rows = {row.path: row for row in known}
    changes = Changes()
    present: set[str] = set()
    for found in walk.files:
        identity = identities.get(found.path)
        if not isinstance(identity, Identity):
            changes.ignored += identity is not None
            continue
        present.add(found.path)
        named = Named(found, identity, subtitles.get(found.path, ()), rows.get(found.path))
        _sort(named, changes)
    if walk.complete:
        gone = [row for row in known if row.path not in present]
        _recognise_moves(changes, gone)
        taken = {named.known.id for named in changes.rewrite if named.known}
        changes.missing = [
            row for row in gone if row.state is not FileState.MISSING and row.id not in taken
        ]
    return changes


def held_back(changes: Changes, known: Sequence[KnownFile], *, marker_changed: bool) -> bool:
    """Whether so much is missing that a disk rather than a person took it away.

    One file of a small library may be deleted without asking; all of them may not.
    """
    live = sum(row.state is not FileState.MISSING for row in known)
    gone = len(changes.missing)
    if not gone:
        return False
    if marker_changed or gone == live:
        return True
    return gone > 1 and gone > live * HOLD_SHARE


def fingerprint(walk: Walk, kind: LibraryKind) -> str:
    """Equal when every name, size and time is, and the rules they are read by."""
    rules = f"{__version__}:{PROBE_VERSION}:{kind}"
    digest = hashlib.blake2b(rules.encode(), digest_size=16)
    for found in walk.files:
        digest.update(f"\n{found.path}\0{found.size}\0{found.mtime_ns}".encode())
    return digest.hexdigest()


def below(changes: Changes, places: Collection[str]) -> Changes:
    """Only what lies at or below one of ``places`` (relative; "" is the root)."""

    def inside(path: str) -> bool:
        return any(not at or path == at or path.startswith(f"{at}/") for at in places)

    return Changes(
        read=[named for named in changes.read if inside(named.found.path)],
        rewrite=[named for named in changes.rewrite if inside(named.found.path)],
        missing=[row for row in changes.missing if inside(row.path)],
        unchanged=changes.unchanged,
        empty=changes.empty,
        ignored=changes.ignored,
        moved=changes.moved,
    )


def _sort(named: Named, changes: Changes) -> None:
    found, row = named.found, named.known
    if found.size == 0:
        changes.empty += 1
    elif row is None or not _as_it_was(found, row):
        changes.read.append(named)
    elif (
        row.state in {FileState.AWAY, FileState.MISSING}
        or row.identity_text != as_json(named.identity)
        or row.subtitles_text != as_json(named.subtitles)
        or row.link_target != found.link_target
    ):
        changes.rewrite.append(named)
    else:
        changes.unchanged += 1


def _as_it_was(found: Found, row: KnownFile) -> bool:
    return (
        (row.size, row.mtime_ns) == (found.size, found.mtime_ns)
        and row.probe_version == PROBE_VERSION
        and row.reason_code not in RETRIED
    )


def _recognise_moves(changes: Changes, gone: Sequence[KnownFile]) -> None:
    """A new name with the very size and time of one file that is gone is that file, renamed.

    It keeps its id, so what was watched stays watched, and is not opened again.
    """
    by_content: dict[tuple[int, int], list[KnownFile]] = defaultdict(list)
    for row in gone:
        by_content[row.size, row.mtime_ns].append(row)
    arrivals: dict[tuple[int, int], list[Named]] = defaultdict(list)
    for named in changes.read:
        if named.known is None:
            arrivals[named.found.size, named.found.mtime_ns].append(named)
    moves: dict[str, KnownFile] = {
        candidates[0].found.path: by_content[content][0]
        for content, candidates in arrivals.items()
        if len(candidates) == 1 == len(by_content.get(content, ()))
        and _as_it_was(candidates[0].found, by_content[content][0])
    }
    changes.moved = len(moves)
    changes.rewrite += [
        msgspec.structs.replace(named, known=moves[named.found.path])
        for named in changes.read
        if named.found.path in moves
    ]
    changes.read = [named for named in changes.read if named.found.path not in moves]
