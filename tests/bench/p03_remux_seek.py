"""P3: a seek in a remux, from GET to the last byte, against the best command line.

Cold: a segment nobody came near. Warm: the one that follows. The command copies picture and sound
of the same stretch into fragmented MP4 on its standard output.
"""

import random
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.bench.films import film
from tests.bench.house import House, Playing, house
from tests.bench.measure import Cost, Line, against, interleaved, settled, until

NEEDS = ("ffmpeg",)
N = 9
SECONDS = 2


def measure() -> Iterator[Line]:
    path = film("mkv")
    with house({"Film (2001).mkv": path}) as server:
        playing = server.play("Film", start=0)
        if playing.video != "original":
            raise RuntimeError(f"the film is not remuxed but played as {playing.video}")
        settled(server.pid)
        segments = random.Random(3).sample(range(10, 280, 5), N)
        cold, following, again = iter(segments), iter(segments), iter(segments)
        found = interleaved(
            {
                "cold": _ours(server, playing, lambda: next(cold)),
                "warm": _ours(server, playing, lambda: next(following) + 1),
                "ffmpeg": lambda: _ffmpeg(path, next(again) * SECONDS),
            },
            N,
        )
    for part, target in (("cold", 0.2), ("warm", 0.04)):
        note = against(found[part], found["ffmpeg"], N)
        ratio = found[part].wall / found["ffmpeg"].wall
        yield Line("P3", f"remux seek, {part}", ratio, target, note=note)


def _ours(server: House, playing: Playing, number: Callable[[], int]) -> Callable[[], Cost]:
    def run() -> Cost:
        k = number()
        cpu, wall = server.cpu, time.perf_counter()
        server.fetch(*(f"{playing.prefix}/{one}/{k}.m4s" for one in (playing.video, playing.audio)))
        cost = Cost(time.perf_counter() - wall, server.cpu - cpu)
        settled(server.pid)
        return cost

    return run


def _ffmpeg(path: Path, at: int) -> Cost:
    words: list[str | Path] = [
        "ffmpeg", "-nostdin", "-loglevel", "error", "-ss", str(at), "-i", path,
        "-map", "0:v:0", "-map", "0:a:0", "-c", "copy", "-t", str(SECONDS), "-copyts",
        "-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "pipe:1",
    ]  # fmt: skip
    return until(words, lambda process: process.stdout and process.stdout.read())
