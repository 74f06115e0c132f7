"""P7: the rescan of 100,000 files of which none changed, against ``find -printf``.

Quick: the root is as the last scan left it. Full: every row is compared with the disk. The rows
are written by the scanner's own code with one film's facts; the files are of one byte.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

from mediaserver.library import Library, LibraryKind, RootState, probe
from mediaserver.library.changes import compare
from mediaserver.library.run import row
from mediaserver.library.store import BATCH
from mediaserver.library.walk import walk
from mediaserver.services import Services, open_services
from tests.bench.films import fresh
from tests.bench.house import config
from tests.bench.measure import Cost, Line, against, command, middle
from tests.library.small_films import film

NEEDS = ()
FOLDERS, EACH, N = 1000, 100, 3


def measure() -> Iterator[Line]:
    yield from asyncio.run(_measure(fresh("rescan")))


async def _measure(place: Path) -> list[Line]:
    home = place / "films"
    await asyncio.to_thread(_fill, home)
    model = film(place / "model.mkv")
    async with open_services(config(place / "storage")) as services:
        library = await services.library.add("Clips", LibraryKind.HOMEVIDEOS, [str(home)])
        await _make_known(services, library, home, model)
        (root,) = await services.library.known_roots(library.id)

        async def scan() -> None:
            summary = await services.scanner.scan(library.id)
            if summary.unchanged != FOLDERS * EACH:
                raise RuntimeError(f"something changed: {summary}")

        async def forget() -> None:
            await services.library.save_root(root.id, RootState.PRESENT, None, None)

        full, quick, find = [], [], []
        commits = 0
        for _ in range(N):
            await forget()
            full.append(await _cost(scan))
            before = await services.db.value("PRAGMA data_version")
            quick.append(await _cost(scan))
            commits += await services.db.value("PRAGMA data_version") - before
            find.append(await asyncio.to_thread(command, "find", home, "-printf", "%p %s %T@\n"))
    files = f"{FOLDERS * EACH} files"
    return [
        _line(f"quick rescan of {files}", middle(quick), middle(find), 0.1),
        _line(f"full rescan of {files}", middle(full), middle(find), 2),
        Line("P7", "commits during quick rescans", commits, 0),
    ]


def _line(part: str, ours: Cost, theirs: Cost, target: float) -> Line:
    return Line("P7", part, ours.wall / theirs.wall, target, note=against(ours, theirs, N))


async def _cost(work: Callable[[], Awaitable[None]]) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    await work()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def _fill(home: Path) -> None:
    for folder in range(FOLDERS):
        inside = home / f"Year {folder:04}"
        inside.mkdir(parents=True)
        for number in range(EACH):
            (inside / f"Clip {folder:04} {number:03}.mkv").write_bytes(b"x")


async def _make_known(services: Services, library: Library, home: Path, model: Path) -> None:
    info = probe(model, model.parent)
    (root,) = await services.library.known_roots(library.id)
    changes = await asyncio.to_thread(lambda: compare(library.kind, walk(home, [home]), []))
    rows = [row(library, root, one, info) for one in changes.read]
    for at in range(0, len(rows), BATCH):
        await services.library.write(rows[at : at + BATCH])
