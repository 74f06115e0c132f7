"""P6: the first scan, end to end (walk, probe, rows, search index), against ``find -exec ffprobe``.

2,000 small real files of ours; ffprobe visits some of them and its rate is compared.
"""

import asyncio
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from mediaserver.library import LibraryKind
from mediaserver.services import open_services
from tests.bench.films import fresh
from tests.bench.house import config
from tests.bench.measure import Cost, Line, command, middle
from tests.library.small_films import Small, film

NEEDS = ("ffprobe",)
FILES, FEW, VISITED = 2000, 500, 30


def measure() -> Iterator[Line]:
    root = fresh("scan")
    _fill(root / "few", FEW)
    _fill(root / "many", FILES)
    before = _visit(root / "many" / "000")
    few, few_peak = asyncio.run(_scan(root / "storage-few", root / "few"))
    many, many_peak = asyncio.run(_scan(root / "storage-many", root / "many"))
    visits = middle([before, _visit(root / "many" / "001"), _visit(root / "many" / "002")])
    rate, theirs = FILES / many.wall, VISITED / visits.wall
    note = (
        f"{rate:.0f} : {theirs:.1f} files/s; of {FEW}: {FEW / few.wall:.0f}/s; "
        f"CPU {VISITED and (visits.cpu / VISITED) / (many.cpu / FILES):.1f} times less"
    )
    yield Line("P6", f"files/s of a first scan of {FILES}", rate / theirs, 25, True, note)  # noqa: FBT003
    note = f"{few_peak:.1f} and {many_peak:.1f} MiB above the start"
    part = f"memory of a scan of {FILES} against {FEW}"
    yield Line("P6", part, many_peak / max(few_peak, 0.1), 1.5, note=note)


def _fill(home: Path, count: int) -> None:
    """Thirty films to a folder."""
    home.mkdir(parents=True)
    models = [
        film(home.parent / f"model-{n}.{suffix}", Small(sounds=("eng",) * sounds, seconds=seconds))
        for n, (suffix, sounds, seconds) in enumerate(
            [("mkv", 1, 2.0), ("mp4", 1, 2.0), ("mkv", 2, 1.0), ("mp4", 0, 3.0)]
        )
    ]
    for number in range(count):
        model = models[number % len(models)]
        folder = home / f"{number // VISITED:03}"
        folder.mkdir(exist_ok=True)
        shutil.copy(model, folder / f"Clip {number:05}{model.suffix}")


async def _scan(storage: Path, folder: Path) -> tuple[Cost, float]:
    """Its cost, and the peak of memory in MiB above where it began."""
    async with open_services(config(storage)) as services:
        library = await services.library.add("Clips", LibraryKind.HOMEVIDEOS, [str(folder)])
        _forget_peak()
        start = _memory("VmRSS")
        cpu, wall = time.process_time(), time.perf_counter()
        summary = await services.scanner.scan(library.id)
        cost = Cost(time.perf_counter() - wall, time.process_time() - cpu)
        if summary.failed or not summary.new:
            raise RuntimeError(f"the scan went wrong: {summary}")
        return cost, _memory("VmHWM") - start


def _forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def _memory(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name)) / 1024


def _visit(folder: Path) -> Cost:
    words = ("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", "{}", ";")
    return command("find", folder, "-type", "f", "-exec", *words)
