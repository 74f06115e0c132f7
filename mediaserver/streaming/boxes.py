"""Reading ISO BMFF boxes: just enough to split a segment, check it, and index a film."""

import struct
from collections.abc import Iterator

import msgspec

from mediaserver.errors import Unplayable


class Fragment(msgspec.Struct, frozen=True):
    """The one track fragment of a media segment, in its track's timescale."""

    decode_time: int
    durations: list[int]
    offsets: list[int]
    """Presentation less decode time, per sample."""
    sizes: list[int]
    flags: list[int]

    @property
    def duration(self) -> int:
        return sum(self.durations)

    @property
    def shown(self) -> list[int]:
        """When each sample is presented, in decode order."""
        at, times = self.decode_time, []
        for duration, offset in zip(self.durations, self.offsets, strict=True):
            times.append(at + offset)
            at += duration
        return times


def children(data: bytes | memoryview, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """``(type, start of content, end)`` of each box between ``start`` and ``end``."""
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, start + 8)
            header = 16
        elif size == 0:
            size = end - start
        if size < header or start + size > end:
            return
        yield kind, start + header, start + size
        start += size


def find(data: bytes | memoryview, *path: bytes) -> tuple[int, int] | None:
    """Where the content of the first box at ``path`` lies."""
    start, end = 0, len(data)
    for wanted in path:
        for kind, first, last in children(data, start, end):
            if kind == wanted:
                start, end = first, last
                break
        else:
            return None
    return start, end


def split(data: bytes) -> tuple[bytes, bytes]:
    """A fragmented file at its first moof: init segment, media segment."""
    for kind, start, _ in children(data, 0, len(data)):
        if kind == b"moof":
            return data[: start - 8], data[start - 8 :]
    return data, b""


def read_fragment(media: bytes) -> Fragment:
    """The sample table of a media segment that holds exactly one moof, traf and trun."""
    head = find(media, b"moof", b"traf", b"tfhd")
    time = find(media, b"moof", b"traf", b"tfdt")
    run = find(media, b"moof", b"traf", b"trun")
    if head is None or time is None or run is None:
        raise Unplayable("A segment came out empty.", code="inexact_segment")
    defaults = _track_defaults(media, head[0])
    wide = media[time[0]] == 1
    (decode_time,) = struct.unpack_from(">Q" if wide else ">I", media, time[0] + 4)
    return _samples(media, run[0], decode_time, defaults)


def _track_defaults(media: bytes, at: int) -> tuple[int, int, int]:
    """Default duration, size and flags of tfhd."""
    (flags,) = struct.unpack_from(">I", media, at)
    at += 8 + 8 * bool(flags & 1) + 4 * bool(flags & 2)
    found = []
    for bit in (8, 16, 32):
        found.append(struct.unpack_from(">I", media, at)[0] if flags & bit else 0)
        at += 4 * bool(flags & bit)
    return found[0], found[1], found[2]


def _samples(media: bytes, at: int, decode_time: int, defaults: tuple[int, int, int]) -> Fragment:
    version_flags, count = struct.unpack_from(">II", media, at)
    signed = version_flags >> 24
    at += 8 + 4 * bool(version_flags & 1)
    first_flags: int | None = None
    if version_flags & 4:
        (first_flags,) = struct.unpack_from(">I", media, at)
        at += 4
    columns: list[list[int]] = [[], [], [], []]
    for _ in range(count):
        for column, (bit, default) in enumerate(
            zip((0x100, 0x200, 0x400, 0x800), (*defaults, 0), strict=True)
        ):
            value = default
            if version_flags & bit:
                form = ">i" if column == 3 and signed else ">I"
                (value,) = struct.unpack_from(form, media, at)
                at += 4
            columns[column].append(value)
    durations, sizes, flags, offsets = columns
    if first_flags is not None and flags:
        flags[0] = first_flags
    return Fragment(decode_time, durations, offsets, sizes, flags)
