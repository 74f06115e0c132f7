"""The sample tables of an mp4 or mov file, read once and asked only where it matters.

libav's own index has decode times only; where pictures are reordered at a varying rate the time a
keyframe is shown cannot be told from it, and an open group of pictures not at all. A film has half
a million samples: tables stay as they are stored, and few samples are ever looked at.
"""

import bisect
import itertools
import os
import struct
from array import array
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mediaserver.source import open_inside
from mediaserver.streaming.boxes import children

_LARGEST = 512 << 20
_SAMPLES = 20_000_000
_EDITS = 64
_NORMAL_SPEED = 0x10000


class Edit(msgspec.Struct, frozen=True):
    """What the edit list does, in the track's timescale."""

    shift: int = 0
    """Added to every time."""
    begin: int = 0
    """What is shown earlier is hidden."""
    until: int | None = None
    plain: bool = True
    """It does nothing else."""


class Runs:
    """A run-length table: value and running total of the samples before it."""

    def __init__(self, lengths: Sequence[int], values: Sequence[int]) -> None:
        self.values = values
        self._steady = len(values) == 1
        self.starts = [] if self._steady else list(itertools.accumulate(lengths, initial=0))
        self._totals: list[int] | None = None
        self._lengths = lengths

    @property
    def usual(self) -> int:
        """The value of most samples."""
        counts: Counter[int] = Counter()
        for length, value in zip(self._lengths, self.values, strict=True):
            counts[value] += length
        return counts.most_common(1)[0][0]

    def value(self, n: int) -> int:
        if self._steady:
            return self.values[0]
        at = bisect.bisect_right(self.starts, n) - 1
        return self.values[min(at, len(self.values) - 1)]

    def total(self, n: int) -> int:
        """Sum of the values of samples 0 to ``n`` - 1."""
        if self._steady:
            return n * self.values[0]
        if self._totals is None:
            sums = (a * b for a, b in zip(self._lengths, self.values, strict=True))
            self._totals = list(itertools.accumulate(sums, initial=0))
        at = min(bisect.bisect_right(self.starts, n) - 1, len(self.values) - 1)
        return self._totals[at] + (n - self.starts[at]) * self.values[at]


class Track(msgspec.Struct, frozen=True):
    """The tables of one track."""

    handler: bytes
    timescale: int
    sizes: Sequence[int]
    durations: Runs
    offsets: Runs
    sync: Sequence[int]
    """Numbers of the keyframes, from 0."""
    edit: Edit
    last_byte: int
    """Where the samples of the last chunk end."""

    @property
    def count(self) -> int:
        return len(self.sizes)

    def shown(self, n: int) -> int:
        """When sample ``n`` is presented, in the track's timescale."""
        return self.durations.total(n) + self.offsets.value(n) + self.edit.shift


def read_tracks(path: Path, root: Path) -> list[Track] | None:
    """All tracks in the order of libav's streams; None for fragments and what does not add up."""
    descriptor = open_inside(path, root)
    try:
        moov = _moov(descriptor)
        size = os.fstat(descriptor).st_size
    finally:
        os.close(descriptor)
    if moov is None or _maybe(moov, 0, len(moov), b"mvex"):
        return None
    try:
        (movie_scale,) = _header(moov, 0, len(moov), b"mvhd", 12)
        tracks = [
            _track(moov, start, end, movie_scale)
            for kind, start, end in children(moov, 0, len(moov))
            if kind == b"trak"
        ]
    except (struct.error, IndexError, ValueError, OverflowError):
        return None
    return None if any(track.last_byte > size for track in tracks) else tracks


def _moov(descriptor: int) -> bytes | None:
    at, size = 0, os.fstat(descriptor).st_size
    while at + 8 <= size:
        head = os.pread(descriptor, 16, at)
        if len(head) < 8:
            return None
        length, kind = struct.unpack_from(">I4s", head)
        start = 8
        if length == 1 and len(head) == 16:
            (length,) = struct.unpack_from(">Q", head, 8)
            start = 16
        elif length == 0:
            length = size - at
        if length < start:
            return None
        if kind == b"moov":
            return os.pread(descriptor, length - start, at + start) if length < _LARGEST else None
        at += length
    return None


def _track(moov: bytes, start: int, end: int, movie_scale: int) -> Track:
    media = _inside(moov, start, end, b"mdia")
    table = _inside(moov, *media, b"minf", b"stbl")
    handler, _ = _inside(moov, *media, b"hdlr")
    (scale,) = _header(moov, *media, b"mdhd", 12)
    sizes = _sizes(moov, _inside(moov, *table, b"stsz")[0])
    if not scale:
        raise ValueError("no timescale")
    return Track(
        handler=moov[handler + 8 : handler + 12],
        timescale=scale,
        sizes=sizes,
        durations=_runs(moov, _maybe(moov, *table, b"stts"), "I"),
        offsets=_runs(moov, _maybe(moov, *table, b"ctts"), "i"),
        sync=_sync(moov, _maybe(moov, *table, b"stss"), len(sizes)),
        edit=_edit(moov, start, end, (max(movie_scale, 1), scale)),
        last_byte=_last_byte(moov, table, sizes),
    )


def _inside(data: bytes, start: int, end: int, *path: bytes) -> tuple[int, int]:
    for name in path:
        found = _maybe(data, start, end, name)
        if found is None:
            raise ValueError(name)
        start, end = found
    return start, end


def _maybe(data: bytes, start: int, end: int, name: bytes) -> tuple[int, int] | None:
    return next(((a, b) for kind, a, b in children(data, start, end) if kind == name), None)


def _header(data: bytes, start: int, end: int, name: bytes, at: int) -> tuple[int]:
    """The 32-bit field after the two times of a full box, which version 1 makes wider."""
    start, _ = _inside(data, start, end, name)
    found: tuple[int] = struct.unpack_from(">I", data, start + at + 8 * bool(data[start]))
    return found


def _numbers(data: bytes, start: int, count: int, kind: str) -> Sequence[int]:
    values = array(kind, data[start : start + 4 * count])
    if len(values) != count or count > _SAMPLES:
        raise ValueError("a table is cut off")
    values.byteswap()
    return values


def _sizes(data: bytes, start: int) -> Sequence[int]:
    same, count = struct.unpack_from(">II", data, start + 4)
    if not same:
        return _numbers(data, start + 12, count, "I")
    if count > _SAMPLES:
        raise ValueError("too many samples")
    uniform: Sequence[int] = array("I", [same]) * count
    return uniform


def _runs(data: bytes, box: tuple[int, int] | None, kind: str) -> Runs:
    (entries,) = struct.unpack_from(">I", data, box[0] + 4) if box else (0,)
    if box is None or not entries:
        return Runs([1], [0])
    values = _numbers(data, box[0] + 8, 2 * entries, kind)
    lengths = values[::2]
    if min(lengths) < 0 or sum(lengths) > _SAMPLES:
        raise ValueError("a table makes no sense")
    return Runs(lengths, values[1::2])


def _sync(data: bytes, box: tuple[int, int] | None, count: int) -> Sequence[int]:
    if box is None:
        return range(count)
    (entries,) = struct.unpack_from(">I", data, box[0] + 4)
    listed = _numbers(data, box[0] + 8, entries, "I")
    return [number - 1 for number in listed if 0 < number <= count]


def _last_byte(data: bytes, table: tuple[int, int], sizes: Sequence[int]) -> int:
    wide = _maybe(data, *table, b"co64")
    box = wide or _inside(data, *table, b"stco")
    (chunks,) = struct.unpack_from(">I", data, box[0] + 4)
    groups, _ = _inside(data, *table, b"stsc")
    (entries,) = struct.unpack_from(">I", data, groups + 4)
    if not chunks or not entries:
        return 0
    step, form = (8, ">Q") if wide else (4, ">I")
    (offset,) = struct.unpack_from(form, data, box[0] + 8 + step * (chunks - 1))
    _, held, _ = struct.unpack_from(">III", data, groups + 8 + 12 * (entries - 1))
    last = sum(sizes[max(0, len(sizes) - held) :])
    return int(offset) + last if held <= len(sizes) else 0


def _edit(moov: bytes, start: int, end: int, scales: tuple[int, int]) -> Edit:
    movie, media = scales
    outer = _maybe(moov, start, end, b"edts")
    box = _maybe(moov, *outer, b"elst") if outer else None
    if box is None:
        return Edit()
    (count,) = struct.unpack_from(">I", moov, box[0] + 4)
    form, step = (">Qqi", 20) if moov[box[0]] == 1 else (">Iii", 12)
    edits = [
        struct.unpack_from(form, moov, box[0] + 8 + n * step) for n in range(min(count, _EDITS))
    ]
    empty = sum(length for length, at, _ in itertools.takewhile(lambda e: e[1] == -1, edits))
    real = [edit for edit in edits if edit[1] >= 0]
    begin = empty * media // movie
    if not real:
        return Edit(begin, begin, plain=count == len(edits))
    length, at, rate = real[0]
    return Edit(
        shift=begin - at,
        begin=begin,
        until=(empty + length) * media // movie if length else None,
        plain=edits[-1] is real[0] and rate == _NORMAL_SPEED and count == len(edits),
    )
