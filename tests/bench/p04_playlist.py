"""P4: the complete playlist of a file never played, against an ffprobe scan of its packets.

Ours: open, read the index, lay out the cuts, write the text. Bytes are what the kernel handed out.
"""

import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from mediaserver.library import MediaInfo, probe
from mediaserver.streaming.makers import segment_durations
from mediaserver.streaming.models import VideoRendition
from mediaserver.streaming.plan import make_plan
from mediaserver.streaming.playlist import media_playlist, target_duration
from tests.bench.films import film
from tests.bench.measure import Cost, Line, against, command, here, interleaved
from tests.streaming.engine_site import source_of

NEEDS = ("ffprobe",)
N = 7
SPARE = 256 * 1024
_PICTURE = VideoRendition("original", 0, True, 1280, 720, 1, 1, "avc1.640028")  # noqa: FBT003
_SCAN = (
    "ffprobe", "-v", "error", "-select_streams", "v:0", "-show_entries", "packet=pts_time,flags",
    "-of", "csv=p=0",
)  # fmt: skip
_PADDING = 40_000
"""Bytes added to each picture: some ten times the bitrate."""


def measure() -> Iterator[Line]:
    for suffix in ("mp4", "mkv"):
        path, large = film(suffix), film(suffix, padded=_PADDING)
        info, large_info = probe(path, path.parent), probe(large, large.parent)
        found = interleaved(
            {
                "ours": partial(_ours, path, info),
                "ten times": partial(_ours, large, large_info),
                "ffprobe": partial(command, *_SCAN, path),
            },
            N,
        )
        ours, theirs = found["ours"], found["ffprobe"]
        ratio, note = ours.wall / theirs.wall, against(ours, theirs, N)
        yield Line("P4", f"{suffix}: playlist of ten minutes", ratio, 0.01, note=note)
        more = found["ten times"].wall / ours.wall
        times = large.stat().st_size / path.stat().st_size
        yield Line("P4", f"{suffix}: time at {times:.1f} times the bitrate", more, 1.2)
        before = _read_so_far()
        playlist(path, info)
        over = _read_so_far() - before - _index_bytes(path)
        part = f"{suffix}: bytes read beyond the index of {_index_bytes(path)}"
        yield Line("P4", part, over, SPARE)


def _ours(path: Path, info: MediaInfo) -> Cost:
    return here(lambda: playlist(path, info))


def playlist(path: Path, info: MediaInfo) -> str:
    plan = make_plan(source_of(path), info, lambda: None)
    if plan.copy_refused:
        raise RuntimeError(f"{path.name}: {plan.copy_refused}")
    return media_playlist(segment_durations(plan, _PICTURE), target_duration(plan))


def _read_so_far() -> int:
    fields = Path("/proc/self/io").read_text().split()
    return int(fields[fields.index("rchar:") + 1])


def _index_bytes(path: Path) -> int:
    return _moov(path) if path.suffix == ".mp4" else _cues(path)


def _moov(path: Path) -> int:
    with path.open("rb") as file:
        while head := file.read(8):
            size, kind = struct.unpack(">I4s", head)
            length = size
            if size == 1:
                (length,) = struct.unpack(">Q", file.read(8))
                file.seek(-8, 1)
            if kind == b"moov":
                return int(length)
            file.seek(length - 8, 1)
    raise RuntimeError("no index")


def _cues(path: Path) -> int:
    """The Cues stand at the end here; nothing else in a film holds their id so late."""
    with path.open("rb") as file:
        file.seek(-min(1 << 20, path.stat().st_size), 2)
        tail = file.read()
    return len(tail) - tail.rindex(b"\x1c\x53\xbb\x6b")
