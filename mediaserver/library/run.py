"""One scan on its way: what it counts, what it collected, and the rows it makes of that."""

import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec

from mediaserver.errors import Unplayable
from mediaserver.ids import FileId, new_id
from mediaserver.library.changes import PROBE_VERSION, RETRIED, Changes, Named
from mediaserver.library.models import FileState, Library, MediaFile, ScanSummary
from mediaserver.library.reading import Outcome, ProbePool
from mediaserver.library.store import KnownRoot, Written
from mediaserver.library.walk import Walk

FLUSH_SECONDS = 1.0
GONE = frozenset({FileState.AWAY, FileState.MISSING})

Report = Callable[[float, str | None, dict[str, int]], Awaitable[None]]


class Look(msgspec.Struct, frozen=True):
    """One root, walked and compared."""

    root: KnownRoot
    walk: Walk
    changes: Changes
    fingerprint: str
    held: bool


class Run(msgspec.Struct, kw_only=True):
    """One scan of one library, on its way."""

    library: Library
    pool: ProbePool
    report: Report
    places: tuple[Path, ...] | None
    dry: bool
    accept_missing: bool
    summary: ScanSummary = msgspec.field(default_factory=ScanSummary)
    results: list[Written] = []
    began: float = msgspec.field(default_factory=time.monotonic)
    flushed_at: float = msgspec.field(default_factory=time.monotonic)
    to_read: int = 0
    read: int = 0
    settled: bool = True
    """Whether nothing of the current root is left for another time."""

    def count(self, changes: Changes) -> None:
        summary, read, rewrite = self.summary, changes.read, changes.rewrite
        summary.seen += len(read) + len(rewrite) + changes.unchanged + changes.empty
        summary.new += sum(one.known is None for one in read)
        summary.changed += sum(one.known is not None for one in read)
        summary.unchanged += changes.unchanged
        summary.moved += changes.moved
        summary.back += sum(one.known is not None and one.known.state in GONE for one in rewrite)
        summary.waiting += changes.empty
        summary.ignored += changes.ignored

    def take(self, root: KnownRoot, one: Named, outcome: Outcome) -> None:
        self.read += 1
        if isinstance(outcome, Unplayable):
            self.summary.failed += 1
            self.settled = self.settled and outcome.reason not in RETRIED
        self.results.append(row(self.library, root, one, outcome))

    def is_time_to_flush(self) -> bool:
        return time.monotonic() - self.flushed_at > FLUSH_SECONDS

    async def tell(self, current: str | None, *, finished: bool = False) -> None:
        elapsed = time.monotonic() - self.began
        counts = self.summary.counts()
        counts["per_second"] = int(self.read / elapsed) if elapsed > 0 else 0
        progress = 1.0 if finished else 0.99 * self.read / max(1, self.to_read)
        await self.report(progress, current, counts)


def renamed(file: MediaFile, one: Named) -> Written:
    """The row under its present name and identity, with what was read of it before."""
    found = one.found
    renewed = msgspec.structs.replace(
        file,
        path=found.path,
        state=FileState.FAILED if file.reason_code else FileState.OK,
        identity=one.identity,
        external_subtitles=one.subtitles,
    )
    return Written(renewed, PROBE_VERSION, found.link_target)


def row(library: Library, root: KnownRoot, one: Named, outcome: Outcome) -> Written:
    failure = outcome if isinstance(outcome, Unplayable) else None
    found, known = one.found, one.known
    file = MediaFile(
        id=known.id if known else FileId(new_id()),
        library_id=library.id,
        root_id=root.id,
        path=found.path,
        size=found.size,
        mtime_ns=found.mtime_ns,
        state=FileState.FAILED if failure else FileState.OK,
        added_at=known.added_at if known else time.time(),
        identity=one.identity,
        info=None if isinstance(outcome, Unplayable) else outcome,
        external_subtitles=one.subtitles,
        reason=failure.detail if failure else None,
        reason_code=failure.reason if failure else None,
    )
    return Written(file, PROBE_VERSION, found.link_target)
