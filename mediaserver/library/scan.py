"""The scanner: bring the database in line with the disk, reading no file twice without need.

Walk each root, compare names, sizes and times with what is known, then read what is new in a pool
of threads. One bad file is recorded with its reason and stops nothing. Nothing is ever deleted: a
vanished root, or a third of the files gone at once, means that a disk is away and not that its
films are; only a complete walk of a present root calls a file missing.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from mediaserver.config import Scan
from mediaserver.errors import Unplayable
from mediaserver.ids import LibraryId
from mediaserver.library.changes import (
    Named,
    below,
    compare,
    fingerprint,
    held_back,
)
from mediaserver.library.extensions import never_opened
from mediaserver.library.models import FileState, Library, MediaFile, RootState, ScanSummary
from mediaserver.library.reading import ProbePool, Task
from mediaserver.library.run import GONE, Look, Report, Run, renamed
from mediaserver.library.store import BATCH, KnownFile, KnownRoot, LibraryStore
from mediaserver.library.walk import walk

OnChange = Callable[[Library, Sequence[MediaFile]], Awaitable[None]]


class Scanner:
    """One scan at a time. ``on_change`` gets every file whose row changed, in batches."""

    def __init__(self, store: LibraryStore, config: Scan, *, on_change: OnChange) -> None:
        self._store = store
        self._config = config
        self._on_change = on_change
        self._scanning = asyncio.Lock()

    async def scan(
        self,
        library_id: LibraryId,
        report: Report | None = None,
        *,
        paths: Sequence[Path] | None = None,
        dry_run: bool = False,
        accept_missing: bool = False,
    ) -> ScanSummary:
        """Bring one library up to date; what ``report`` raises ends the scan where it is.

        ``paths``: only what lies at or below these. ``accept_missing``: a person's word that files
        which vanished in number are gone indeed.
        """
        run = Run(
            library=await self._store.library(library_id),
            pool=ProbePool(self._config.workers, self._config.probe_timeout),
            report=report or _silent,
            places=tuple(paths) if paths is not None else None,
            dry=dry_run,
            accept_missing=accept_missing,
        )
        try:
            async with self._scanning:
                await self._scan(run)
        finally:
            run.pool.close()
        return run.summary

    async def _scan(self, run: Run) -> None:
        if not run.dry:
            await self._tell_of_earlier(run.library)
        looks = []
        for root in await self._store.known_roots(run.library.id):
            await run.tell(root.path)
            look = await self._look(run, root)
            if look is not None:
                looks.append(look)
        run.to_read = sum(len(look.changes.read) for look in looks)
        for look in looks:
            await self._bring_up_to_date(run, look)
        await run.tell(None, finished=True)

    # -- what there is --------------------------------------------------------------------

    async def _look(self, run: Run, root: KnownRoot) -> Look | None:
        """None when there is nothing to do, or the root is away."""
        roots = await self._store.all_root_paths()
        walked = await asyncio.to_thread(walk, Path(root.path), roots)
        run.summary.notes += tuple(walked.problems)
        if walked.marker is None:
            await self._root_is_away(run, root)
            return None
        mark = await asyncio.to_thread(fingerprint, walked, run.library.kind)
        if run.places is None and walked.complete and mark == root.fingerprint:
            count = await self._store.count_files(root.id)
            run.summary.seen += count
            run.summary.unchanged += count
            return None
        known = await self._store.known_files(root.id)
        changes = await asyncio.to_thread(compare, run.library.kind, walked, known)
        if run.places is not None:
            changes = below(changes, _relative(run.places, root))
        moved_disk = root.inode is not None and walked.marker != (root.device, root.inode)
        held = held_back(changes, known, marker_changed=moved_disk) and not run.accept_missing
        run.count(changes)
        return Look(root, walked, changes, held=held, fingerprint=mark)

    async def _root_is_away(self, run: Run, root: KnownRoot) -> None:
        known = await self._store.known_files(root.id)
        run.summary.away += sum(row.state is not FileState.MISSING for row in known)
        if not run.dry:
            await self._store.save_root(root.id, RootState.AWAY, None, None)
            await self._set_state(
                run, [row for row in known if row.state not in GONE], FileState.AWAY
            )

    # -- bringing the rows in line ----------------------------------------------------------

    async def _bring_up_to_date(self, run: Run, look: Look) -> None:
        self._count_missing(run, look)
        if run.dry:
            return
        run.settled = not look.held and look.changes.empty == 0
        await self._rewrite(run, look.changes.rewrite)
        state = FileState.AWAY if look.held else FileState.MISSING
        await self._set_state(
            run, [row for row in look.changes.missing if row.state is not state], state
        )
        await self._read_all(run, look)
        clean = run.settled and run.places is None and look.walk.complete
        await self._store.save_root(
            look.root.id,
            RootState.PRESENT,
            None if look.held else look.walk.marker,
            look.fingerprint if clean else None,
        )

    def _count_missing(self, run: Run, look: Look) -> None:
        count = len(look.changes.missing)
        if not look.held:
            run.summary.missing += count
            return
        run.summary.away += count
        note = (
            f"{look.root.path}: {count} files are gone at once. They are kept as away until they "
            "come back or someone confirms that they were deleted."
        )
        run.summary.notes += (note,)

    async def _set_state(self, run: Run, rows: Sequence[KnownFile], state: FileState) -> None:
        for at in range(0, len(rows), BATCH):
            ids = [row.id for row in rows[at : at + BATCH]]
            await self._store.set_state(ids, state)
            await self._tell(run.library, await self._store.files(ids))

    async def _rewrite(self, run: Run, rewrite: Sequence[Named]) -> None:
        for at in range(0, len(rewrite), BATCH):
            some = {one.known.id: one for one in rewrite[at : at + BATCH] if one.known}
            stored = await self._store.files(some.keys())
            run.results += [renamed(file, some[file.id]) for file in stored]
            await self._flush(run)

    # -- reading --------------------------------------------------------------------------

    async def _read_all(self, run: Run, look: Look) -> None:
        fresh: list[Named] = []
        ready: list[Named] = []
        for one in look.changes.read:
            (fresh if self._is_fresh(one) else ready).append(one)
        await self._read(run, look.root, ready)
        await self._flush(run)
        if not fresh:
            return
        await run.tell("waiting for files that are still being written")
        settled = await self._settled(look.root, fresh)
        await self._read(run, look.root, settled)
        await self._flush(run)
        run.summary.waiting += len(fresh) - len(settled)
        run.settled = run.settled and len(fresh) == len(settled)

    def _is_fresh(self, one: Named) -> bool:
        """Written within the settling time, by a clock that agrees with ours."""
        return abs(time.time() - one.found.mtime_ns / 1e9) < self._config.settle_seconds

    async def _settled(self, root: KnownRoot, fresh: Sequence[Named]) -> list[Named]:
        """Those that nobody wrote to for the settling time, which is waited for at most once."""
        newest = max(one.found.mtime_ns for one in fresh) / 1e9
        quiet = newest + self._config.settle_seconds - time.time()
        await asyncio.sleep(min(max(quiet, 0.0), self._config.settle_seconds))
        return await asyncio.to_thread(
            lambda: [one for one in fresh if _is_unchanged(Path(root.path), one)]
        )

    async def _read(self, run: Run, root: KnownRoot, todo: Sequence[Named]) -> None:
        tasks = []
        for one in todo:
            refusal = never_opened(one.found.path)
            if refusal is not None:
                run.take(root, one, Unplayable(refusal, code="never_opened"))
            else:
                home, path = await self._store.place(
                    root.path, one.found.path, one.found.link_target
                )
                tasks.append(Task(one, home, path))
        async with contextlib.aclosing(run.pool.read(tasks)) as outcomes:
            async for task, outcome in outcomes:
                run.summary.reopened += 1
                run.take(root, task.named, outcome)
                await run.tell(task.named.found.path)
                if len(run.results) >= BATCH or run.is_time_to_flush():
                    await self._flush(run)

    async def _flush(self, run: Run) -> None:
        run.flushed_at = time.monotonic()
        while run.results:
            some, run.results = run.results[:BATCH], run.results[BATCH:]
            await self._store.write(some)
            await self._tell(run.library, [row.file for row in some])

    async def _tell(self, library: Library, files: Sequence[MediaFile]) -> None:
        await self._on_change(library, files)
        await self._store.told(file.id for file in files)

    async def _tell_of_earlier(self, library: Library) -> None:
        """Of what a scan wrote and then ended, by a crash or a fault, before it could tell."""
        ids = await self._store.untold(library.id)
        for at in range(0, len(ids), BATCH):
            await self._tell(library, await self._store.files(ids[at : at + BATCH]))


async def _silent(progress: float, current: str | None, counts: dict[str, int]) -> None:
    del progress, current, counts


def _relative(places: Sequence[Path], root: KnownRoot) -> list[str]:
    """``places`` as paths below the root; one that holds the root is all of it."""
    home = Path(root.path)
    inside = [place.relative_to(home).as_posix() for place in places if place.is_relative_to(home)]
    around = [""] if any(home.is_relative_to(place) for place in places) else []
    return ["" if path == "." else path for path in inside] + around


def _is_unchanged(root: Path, one: Named) -> bool:
    try:
        status = (root / one.found.path).stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (one.found.size, one.found.mtime_ns)
