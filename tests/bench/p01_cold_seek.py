"""P1: a cold seek in a transcode, from GET to the last byte, against two servers' recipes.

Jellyfin: one ffmpeg at the wanted time writes 3 s segments; a segment is served only once the next
one exists (DynamicHlsController). Kyoo: one ffmpeg makes a head of up to 100 segments that begins
with a padding segment, and a segment is served once ffmpeg lists it (transcoder/src/stream.go).
Ours goes through the real server over HTTP, picture and sound fetched together. Theirs is the bare
command line without their HTTP, and Kyoo's the picture only: both in their favour.
"""

import itertools
import random
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from tests.bench.films import film, fresh
from tests.bench.house import House, Playing, house
from tests.bench.measure import Cost, Line, against, interleaved, settled, until

NEEDS = ("ffmpeg",)
N = 5
HEIGHT, WIDTH, PEAK = 480, 854, 1_800_000
_X264 = ("-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-sc_threshold:v:0", "0")


def measure() -> Iterator[Line]:
    even, long = film("mkv"), film("mkv", gop=250)
    with house({"Even (2001).mkv": even, "Long (2001).mkv": long}) as server:
        rivals: dict[str, Callable[[float], Cost]] = {
            "ours": _ours(server, server.play("Even", max_height=HEIGHT, start=0)),
            "jellyfin": lambda at: jellyfin(even, at, 3),
            "jellyfin 2 s": lambda at: jellyfin(even, at, 2),
            "kyoo": lambda at: kyoo(even, at),
        }
        found = _race(rivals, itertools.cycle([0]))
        ours = found["ours"]
        for name, part, target in (
            ("jellyfin", "seek to a keyframe, against Jellyfin's recipe", 0.25),
            ("jellyfin 2 s", "segments of equal duration", 0.5),
            ("kyoo", "against Kyoo's recipe", 0.35),
        ):
            note = against(ours, found[name], N)
            yield Line("P1", part, ours.wall / found[name].wall, target, note=note)
        rivals = {
            "ours": _ours(server, server.play("Long", max_height=HEIGHT, start=0)),
            "jellyfin": lambda at: jellyfin(long, at, 3),
        }
        # inside a group of ten seconds, which begins at a multiple of ten in each clip of twelve
        found = _race(rivals, itertools.cycle([6]))
        ours, theirs = found["ours"], found["jellyfin"]
        note = against(ours, theirs, N)
        yield Line("P1", "seek into the middle of a GOP", ours.wall / theirs.wall, 0.35, note=note)


def _race(rivals: dict[str, Callable[[float], Cost]], into: Iterator[int]) -> dict[str, Cost]:
    places = random.Random(1).sample(range(4, 48), 4 * N)
    times = iter([12 * place + next(into) for place in places] * 2)
    return interleaved({name: partial(_next, run, times) for name, run in rivals.items()}, N)


def _next(run: Callable[[float], Cost], times: Iterator[int]) -> Cost:
    return run(float(next(times)))


def _ours(server: House, playing: Playing) -> Callable[[float], Cost]:
    starts = _starts(server, playing)
    settled(server.pid)

    def run(at: float) -> Cost:
        k = min(range(len(starts)), key=lambda n: abs(starts[n] - at))
        cpu, wall = server.cpu, time.perf_counter()
        server.fetch(*(f"{playing.prefix}/{one}/{k}.m4s" for one in (playing.video, playing.audio)))
        cost = Cost(time.perf_counter() - wall, server.cpu - cpu)
        settled(server.pid)
        return cost

    return run


def _starts(server: House, playing: Playing) -> list[float]:
    (text,) = server.fetch(f"{playing.prefix}/{playing.video}/index.m3u8")
    lengths = [
        float(line[8:].rstrip(",")) for line in text.decode().split() if line.startswith("#EXTINF:")
    ]
    return [0.0, *itertools.accumulate(lengths)][:-1]


def jellyfin(path: Path, at: float, seconds: int) -> Cost:
    out, number = fresh("jellyfin"), round(at / seconds)
    wanted, following = out / f"{number}.mp4", out / f"{number + 1}.mp4"
    words: list[str | Path] = [
        "ffmpeg", "-nostdin", "-analyzeduration", "200M", "-probesize", "1G",
        "-ss", f"{at:.3f}", "-i", path, "-map_metadata", "-1", "-map_chapters", "-1",
        "-threads", "0", "-map", "0:v:0", "-map", "0:a:0", *_X264, "-crf", "23",
        "-maxrate", str(PEAK), "-bufsize", str(2 * PEAK), "-profile:v:0", "high",
        "-x264opts:0", "subme=0:me_range=16:rc_lookahead=10:me=hex:open_gop=0",
        "-force_key_frames:0", f"expr:gte(t,n_forced*{seconds})",
        "-vf", f"scale={WIDTH}:{HEIGHT}", "-c:a", "aac", "-ac", "2", "-ab", "128000",
        "-copyts", "-avoid_negative_ts", "disabled", "-max_muxing_queue_size", "2048",
        "-f", "hls", "-max_delay", "5000000", "-hls_time", str(seconds),
        "-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", "init.mp4",
        "-start_number", str(number), "-hls_segment_filename", out / "%d.mp4",
        "-hls_playlist_type", "vod", "-hls_list_size", "0", "-y", out / "index.m3u8",
    ]  # fmt: skip

    def ready(_: object) -> None:
        patience = time.monotonic() + 60
        while not following.exists():
            if time.monotonic() > patience:
                raise RuntimeError("Jellyfin's recipe made nothing")
            time.sleep(0.002)
        wanted.read_bytes()

    return until(words, ready)


def kyoo(path: Path, at: float) -> Cost:
    """Keyframes every two seconds; the head begins in the middle of the padding segment."""
    out, number, step = fresh("kyoo"), round(at / 2), 2.0
    first = number - 1
    cuts = ",".join(f"{n * step:.6f}" for n in range(1, 101))
    keys = ",".join(f"{n * step:.6f}" for n in range(number, number + 100))
    words: list[str | Path] = [
        "ffmpeg", "-nostats", "-hide_banner", "-loglevel", "warning", "-noaccurate_seek",
        "-ss", f"{first * step + step / 2:.6f}", "-to", f"{(number + 100) * step + step / 2:.6f}",
        "-fflags", "+genpts", "-i", path, "-start_at_zero", "-copyts", "-muxdelay", "0",
        "-map", "0:V:0", *_X264, "-vf", f"scale={WIDTH}:{HEIGHT}", "-bufsize", str(PEAK * 3),
        "-b:v", str(PEAK * 6 // 10), "-maxrate", str(PEAK), "-forced-idr", "1",
        "-force_key_frames", keys, "-f", "segment", "-segment_time_delta", "0.05",
        "-segment_format", "mpegts", "-segment_times", cuts, "-segment_list_type", "flat",
        "-segment_list", "pipe:1", "-segment_start_number", str(first), out / "segment-%d.ts",
    ]  # fmt: skip
    wanted = f"segment-{number}.ts"

    def ready(process: "object") -> None:
        for line in process.stdout:  # type: ignore[attr-defined]
            if line.decode().strip().endswith(wanted):
                break
        else:
            raise RuntimeError("Kyoo's recipe made nothing")
        (out / wanted).read_bytes()

    return until(words, ready)
