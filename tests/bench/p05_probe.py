"""P5: the CPU of probing a file, against ``ffprobe -show_streams -show_format``.

Our own films, and the shared ones of other makers where they lie beside the repository.
"""

import statistics
from collections.abc import Iterator
from pathlib import Path

from mediaserver.errors import Unplayable
from mediaserver.library import probe
from tests.bench.films import film, folder
from tests.bench.measure import Cost, Line, command, here, interleaved
from tests.library.small_films import SHARED_MEDIA, Small
from tests.library.small_films import film as small_film

NEEDS = ("ffprobe",)
N = 5
_MOST_SHARED = 16
_OURS_A_TURN = 4


def measure() -> Iterator[Line]:
    films = [film("mp4"), film("mkv"), small_film(folder() / "small.mkv", Small(sounds=("eng",)))]
    ratios = {path: _ratio(path) for path in films}
    for path, ratio in ratios.items():
        yield Line("P5", f"probe, CPU: {path.name}", ratio, 0.02)
    shared = sorted(SHARED_MEDIA.glob("*.mp4")) + sorted(SHARED_MEDIA.glob("*.mkv"))
    found = [
        _ratio(path) for path in shared[:: max(1, len(shared) // _MOST_SHARED)] if _opens(path)
    ]
    if found:
        note = f"{min(found):.3f} to {max(found):.3f}"
        part = f"probe, CPU: median of {len(found)} shared mp4 and mkv"
        yield Line("P5", part, statistics.median(found), 0.02, note=note)


def _opens(path: Path) -> bool:
    try:
        probe(path, path.parent)
    except Unplayable:
        return False
    return True


def _ratio(path: Path) -> float:
    def ours() -> Cost:
        cost = here(lambda: [probe(path, path.parent) for _ in range(_OURS_A_TURN)])
        return Cost(cost.wall / _OURS_A_TURN, cost.cpu / _OURS_A_TURN)

    words = ("ffprobe", "-v", "error", "-show_streams", "-show_format", "-of", "json", path)
    found = interleaved({"ours": ours, "ffprobe": lambda: command(*words)}, N)
    return found["ours"].cpu / found["ffprobe"].cpu
