"""How long a film truly is: what its packets prove, not what its header says.

Headers lie: one real file claims two hours and holds 22 seconds. MP4 has its whole index on open,
so entries that lie beyond the end of the file tell at once where the film ends. Everything else is
asked at its tail: seek near the end, read what is left. Where that fails, all packets are read, as
far as the time allowed goes.
"""

import time
from collections.abc import Sequence

import av
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream

TAIL_SECONDS = 4.0
_UNINDEXED = {"ivf", "h264", "hevc", "m4v", "mpegvideo", "vc1", "obu"}
"""Bare video streams: their packets carry no time that can be trusted, so they are counted."""
_INDEXED = "mov"


class Clock:
    """Seconds left for a job that may stop early with what it has."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds

    def left(self) -> float:
        return self._until - time.monotonic()

    def over(self) -> bool:
        return time.monotonic() >= self._until


def proven_end(
    container: InputContainer, streams: Sequence[Stream], size: int, clock: Clock
) -> float | None:
    """Where the last picture or sound ends, in container seconds; None when nothing proves it.

    Moves the container's position: read what you need from the head first.
    """
    name = container.format.name
    if name.startswith(_INDEXED):
        end = _indexed_end(streams, size)
        if end is not None:
            return end
    if name in _UNINDEXED:
        return _counted(container, streams, clock)
    header = _header_end(container)
    if header is not None:
        end = _end_from(container, streams, header - TAIL_SECONDS, clock)
        if end is not None:
            return end
    end = _end_from(container, streams, None, clock)
    return end if end is not None and not clock.over() else header or end


def _header_end(container: InputContainer) -> float | None:
    if container.duration is None or container.duration <= 0:
        return None
    start: int | None = container.start_time
    return ((start or 0) + container.duration) / av.time_base


def _indexed_end(streams: Sequence[Stream], size: int) -> float | None:
    """From MP4's complete index; None for fragments, whose index holds only what was read."""
    ends = []
    for stream in streams:
        entries = stream.index_entries
        count, base = len(entries), stream.time_base
        if not count or base is None:
            continue
        if stream.frames and count < stream.frames:
            return None
        last = entries[count - 1]
        if stream.duration is None or not stream.frames:
            return None
        inside = last.pos + last.size <= size
        if inside:
            ends.append(((stream.start_time or 0) + stream.duration) * float(base))
            continue
        low, high = 0, count - 1  # the first entry that the file no longer holds
        while low < high:
            middle = (low + high) // 2
            if entries[middle].pos + entries[middle].size > size:
                high = middle
            else:
                low = middle + 1
        ends.append(entries[low].timestamp * float(base))
    return max(ends, default=None)


def _end_from(
    container: InputContainer, streams: Sequence[Stream], seconds: float | None, clock: Clock
) -> float | None:
    """The greatest end among the packets from ``seconds`` (None: the start) to the file's end."""
    try:
        if seconds is not None:
            container.seek(max(0, int(seconds * av.time_base)))
        else:
            container.seek(0)
    except (av.FFmpegError, OverflowError):
        if seconds is not None:
            return None
    end: float | None = None
    try:
        for packet in container.demux(list(streams)):
            at = _packet_end(packet)
            if at is not None and (end is None or at > end):
                end = at
            if clock.over():
                return None if seconds is not None else end
    except av.FFmpegError:
        pass  # it breaks off here: what was read until now is what there is
    return end


def _packet_end(packet: "Packet[Stream]") -> float | None:
    if packet.size == 0 or packet.time_base is None:
        return None
    at = packet.pts if packet.pts is not None else packet.dts
    return None if at is None else (at + (packet.duration or 0)) * float(packet.time_base)


def _counted(container: InputContainer, streams: Sequence[Stream], clock: Clock) -> float | None:
    film = streams[0]
    rate = getattr(film, "average_rate", None) or getattr(film, "guessed_rate", None)
    header = _header_end(container)
    try:
        container.seek(0)
    except av.FFmpegError:
        return header
    count, end = 0, None
    try:
        for packet in container.demux(film):
            count += 1 if packet.size else 0
            at = _packet_end(packet)
            end = at if at is not None and (end is None or at > end) else end
            if clock.over():
                return header
    except av.FFmpegError:
        pass  # as above
    return end if end is not None else (count / float(rate) if rate else None)
