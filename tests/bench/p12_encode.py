"""P12: CPU of encoding: one rendition against the command line, three together against three
commands, and one segment that ten clients want at once against one client.

The engine encodes in this process; the command has the same encoder's settings.
"""

import asyncio
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mediaserver.config import Streaming
from mediaserver.library import MediaInfo, probe
from mediaserver.streaming.engine import Engine
from mediaserver.streaming.models import VideoRendition
from tests.bench.films import film
from tests.bench.measure import Cost, Line, against, command, interleaved
from tests.streaming.engine_site import source_of

NEEDS = ("ffmpeg",)
N, SEGMENTS = 3, 8
_SIZES = {480: (854, 1_800_000), 360: (640, 1_100_000), 240: (426, 600_000)}
_PINNED = (
    "cabac=1:ref=2:bframes=2:b-pyramid=none:b-adapt=1:8x8dct=1:weightp=1:weightb=1"
    ":deblock=0,0:chroma-qp-offset=0:scenecut=0:open-gop=0:keyint=infinite:rc-lookahead=10"
)


def measure() -> Iterator[Line]:
    path = film("mkv", minutes=1)
    info = probe(path, path.parent)
    one, three = [480], list(_SIZES)
    found = interleaved(
        {
            "one": lambda: _ours(path, info, one),
            "command": lambda: _commands(path, one),
            "three": lambda: _ours(path, info, three),
            "commands": lambda: _commands(path, three),
            "a client": lambda: _clients(path, info, 1),
            "ten": lambda: _clients(path, info, 10),
        },
        N,
    )
    for name, rival, part, target in (
        ("one", "command", "one rendition against the command line, CPU", 1.05),
        ("three", "commands", "three renditions against three commands, CPU", 0.65),
        ("ten", "a client", "ten clients on one segment against one, CPU", 1.1),
    ):
        ours, theirs = found[name], found[rival]
        note = "wall " + against(Cost(ours.wall, 0), Cost(theirs.wall, 0), N)
        yield Line("P12", part, ours.cpu / theirs.cpu, target, note=note)


def _rendition(height: int) -> VideoRendition:
    width, peak = _SIZES[height]
    return VideoRendition(
        name=f"{height}p",
        track=0,
        copy=False,
        width=width,
        height=height,
        peak_bit_rate=peak,
        average_bit_rate=peak * 6 // 10,
        codec_string="avc1.64001F",
    )


def _ours(path: Path, info: MediaInfo, heights: list[int]) -> Cost:
    async def work(get: Callable[[int, int], object]) -> None:
        for k in range(SEGMENTS):
            await asyncio.gather(*(get(height, k) for height in heights))  # type: ignore[call-overload]

    return asyncio.run(_with_engine(path, info, work))


def _clients(path: Path, info: MediaInfo, count: int) -> Cost:
    async def work(get: Callable[[int, int], object]) -> None:
        await asyncio.gather(*(get(480, 5) for _ in range(count)))  # type: ignore[call-overload]

    return asyncio.run(_with_engine(path, info, work))


async def _with_engine(path: Path, info: MediaInfo, work: Callable[..., object]) -> Cost:
    source = source_of(path)
    async with Engine(Streaming(max_transcodes=8)) as engine:
        plan = await engine.plan(source, info)

        async def get(height: int, k: int) -> None:
            await engine.media_segment(source, info, plan, _rendition(height), k, session="bench")

        cpu, wall = time.process_time(), time.perf_counter()
        await work(get)  # type: ignore[misc]
        return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def _commands(path: Path, heights: list[int]) -> Cost:
    costs = [_command(path, height) for height in heights]
    return Cost(sum(cost.wall for cost in costs), sum(cost.cpu for cost in costs))


def _command(path: Path, height: int) -> Cost:
    width, peak = _SIZES[height]
    return command(
        "ffmpeg", "-nostdin", "-loglevel", "error", "-i", path, "-t", str(2 * SEGMENTS),
        "-map", "0:v:0", "-vf", f"scale={width}:{height}:flags=bilinear", "-c:v", "libx264",
        "-preset", "veryfast", "-crf", "23", "-maxrate", str(peak), "-bufsize", str(peak),
        "-x264-params", _PINNED, "-force_key_frames", "expr:gte(t,n_forced*2)", "-f", "mp4",
        "-movflags", "frag_keyframe+empty_moov", "pipe:1",
    )  # fmt: skip
