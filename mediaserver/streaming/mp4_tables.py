"""The sample tables of an mp4 or mov track: time, size and kind of every picture, at one read.

libav's own index has decode times only; where pictures are reordered at a varying rate the time a
keyframe is shown cannot be told from it, and an open group of pictures not at all.
"""

import itertools
import os
import struct
from array import array
from collections.abc import Sequence
from pathlib import Path

import msgspec

from mediaserver.source import open_inside
from mediaserver.streaming.boxes import children
from mediaserver.streaming.frame_index import FrameIndex, usual_step
from mediaserver.streaming.timeline import TICKS

_LARGEST = 512 << 20
_EDITS = 64
_NORMAL_SPEED = 0x10000
_DEPTH = 32
"""Samples after a keyframe that may be shown before it: no decoder reorders further."""


class _Tables(msgspec.Struct, frozen=True):
    timescale: int
    decode: Sequence[int]
    """One more than samples: the last is the end."""
    offsets: Sequence[int]
    sizes: Sequence[int]
    sync: Sequence[int]
    """Numbers of the keyframes, from 0."""
    shift: int
    """Added to decode time and offset gives the presentation time."""
    plain: bool
    """The edit list only shifts."""
    until: int | None
    """Presentation time at which the edit list ends the track."""


def read_tables(path: Path, root: Path, track_id: int, first: int | None) -> FrameIndex | None:
    """The index of the track; None for fragmented files and whatever does not add up.

    ``first`` is where libav begins to show the track, in source ticks: it knows what an edit list
    hides.
    """
    descriptor = open_inside(path, root)
    try:
        moov = _moov(descriptor)
    finally:
        os.close(descriptor)
    if moov is None or any(kind == b"mvex" for kind, _, _ in children(moov, 0, len(moov))):
        return None
    try:
        tables = _track_tables(moov, track_id)
    except (struct.error, IndexError, ValueError, OverflowError):
        return None
    return None if tables is None else _index(tables, first)


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


def _track_tables(moov: bytes, track_id: int) -> _Tables | None:
    (movie_scale,) = _header(moov, 0, len(moov), b"mvhd", 12)
    for kind, start, end in children(moov, 0, len(moov)):
        if kind != b"trak" or _header(moov, start, end, b"tkhd", 12)[0] != track_id:
            continue
        media = _inside(moov, start, end, b"mdia")
        table = _inside(moov, *media, b"minf", b"stbl")
        (scale,) = _header(moov, *media, b"mdhd", 12)
        sizes = _sizes(moov, *_inside(moov, *table, b"stsz"))
        count = len(sizes)
        durations = _runs(moov, _maybe(moov, *table, b"stts"), count, "I", 0)
        offsets = _runs(moov, _maybe(moov, *table, b"ctts"), count, "i", 0)
        shift, until, plain = _edits(moov, start, end, (movie_scale, scale))
        decode = list(itertools.accumulate(durations, initial=0))
        sync = _sync(moov, _maybe(moov, *table, b"stss"), count)
        return _Tables(scale, decode, offsets, sizes, sync, shift, plain, until)
    return None


def _inside(data: bytes, start: int, end: int, *path: bytes) -> tuple[int, int]:
    for wanted in path:
        start, end = next(
            (a, b)
            for kind, a, b in [*children(data, start, end), (wanted, -1, -1)]
            if kind == wanted
        )
        if start < 0:
            raise ValueError(wanted)
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
    if len(values) != count:
        raise ValueError("a table is cut off")
    values.byteswap()
    return values


def _sizes(data: bytes, start: int, _end: int) -> Sequence[int]:
    same, count = struct.unpack_from(">II", data, start + 4)
    if same:
        return [same] * min(count, 10_000_000)
    return _numbers(data, start + 12, count, "I")


def _runs(
    data: bytes, box: tuple[int, int] | None, count: int, kind: str, default: int
) -> Sequence[int]:
    """A run-length table, written out for ``count`` samples."""
    if box is None:
        return [default] * count
    (entries,) = struct.unpack_from(">I", data, box[0] + 4)
    values = _numbers(data, box[0] + 8, 2 * entries, kind)
    lengths, of = values[::2], values[1::2]
    if max(lengths, default=0) == 1:
        found: list[int] = list(of)
    else:
        found = []
        for length, value in zip(lengths, of, strict=True):
            if length < 0 or len(found) + length > count + 1:
                raise ValueError("a table is too long")
            found.extend([value] * length)
    return found[:count] + [found[-1] if found else default] * (count - len(found))


def _sync(data: bytes, box: tuple[int, int] | None, count: int) -> Sequence[int]:
    if box is None:
        return range(count)
    (entries,) = struct.unpack_from(">I", data, box[0] + 4)
    return [
        number - 1 for number in _numbers(data, box[0] + 8, entries, "I") if 0 < number <= count
    ]


def _edits(
    moov: bytes, start: int, end: int, scales: tuple[int, int]
) -> tuple[int, int | None, bool]:
    """What the edit list adds to every time, where it ends, and whether that is all it does."""
    movie, media = max(scales[0], 1), scales[1]
    outer = _maybe(moov, start, end, b"edts")
    box = _maybe(moov, *outer, b"elst") if outer else None
    if box is None:
        return 0, None, True
    (count,) = struct.unpack_from(">I", moov, box[0] + 4)
    form, step = (">Qqi", 20) if moov[box[0]] == 1 else (">Iii", 12)
    edits = [
        struct.unpack_from(form, moov, box[0] + 8 + n * step) for n in range(min(count, _EDITS))
    ]
    empty = sum(length for length, at, _ in itertools.takewhile(lambda e: e[1] == -1, edits))
    real = [edit for edit in edits if edit[1] >= 0]
    if not real:
        return empty * media // movie, None, count == len(edits)
    length, begin, rate = real[0]
    plain = edits[-1] is real[0] and rate == _NORMAL_SPEED and count == len(edits)
    until = (empty + length) * media // movie if length else None
    return empty * media // movie - begin, until, plain


def _index(tables: _Tables, first: int | None) -> FrameIndex | None:
    scale, decode = tables.timescale, tables.decode
    count = len(tables.sizes)
    if not count or not scale or not tables.sync:
        return None
    shown = [at + by + tables.shift for at, by in zip(decode, tables.offsets, strict=False)]
    ordered = _inside_edit(tables, sorted(shown), first)
    if not ordered:
        return None
    times = [(2 * at * TICKS + scale) // (2 * scale) for at in ordered]
    keys = [(2 * shown[n] * TICKS + scale) // (2 * scale) for n in tables.sync]
    step = usual_step(times, 3600)
    last = (decode[count] - decode[count - 1]) * TICKS // scale
    total = list(itertools.accumulate(tables.sizes, initial=0))
    edges = [*tables.sync, count]
    return FrameIndex(
        keyframes=keys,
        first=times[0],
        end=times[-1] + (last if 0 < last < 10 * step else step),
        frame_ticks=step,
        sizes=[total[b] - total[a] for a, b in itertools.pairwise(edges)],
        times=times,
        refused=_refusal(tables, shown, ordered),
    )


def _inside_edit(tables: _Tables, ordered: list[int], first: int | None) -> list[int]:
    """What the edit list shows."""
    begin = None if first is None else first * tables.timescale // TICKS
    if begin is not None and ordered[0] < begin - 1:
        ordered = [at for at in ordered if at >= begin - 1]
    if tables.until is not None and ordered and ordered[-1] >= tables.until:
        ordered = [at for at in ordered if at < tables.until]
    return ordered


def _refusal(tables: _Tables, shown: Sequence[int], ordered: Sequence[int]) -> str | None:
    sync = tables.sync
    if not tables.plain:
        return "edit_list"
    if len(set(ordered)) != len(ordered) or any(a >= b for a, b in itertools.pairwise(sync)):
        return "timestamps_missing"
    if len(ordered) != len(shown):
        return "edit_list"
    if sync[0] != 0 or shown[0] != ordered[0]:
        return "starts_without_keyframe"
    for number in sync:
        if any(
            shown[n] < shown[number] for n in range(number + 1, min(number + _DEPTH, len(shown)))
        ):
            return "open_gop"
    return None
