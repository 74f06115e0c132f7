"""Copied video: the packets between two keyframes, with decode times written anew."""

from __future__ import annotations

from types import TracebackType
from typing import Any, Self

from av.packet import Packet

from mediaserver.errors import Unplayable
from mediaserver.streaming.models import Made, Plan
from mediaserver.streaming.mux import Sample, SegmentFile
from mediaserver.streaming.nal_units import is_whole, length_size
from mediaserver.streaming.reader import Opening, Reader
from mediaserver.streaming.timeline import OFFSET_TICKS, decode_delay, decode_times

_SLACK = 90
"""A millisecond: containers that count in milliseconds round a keyframe's time."""
_TAGS = {"hevc": "hvc1"}
"""Apple's players want parameter sets out of band."""


class VideoCopy:
    """Makes copied segments, cheapest when asked for one after the other."""

    def __init__(self, opening: Opening, plan: Plan) -> None:
        self._plan = plan
        self._reader = Reader(opening)
        self._next = -1
        self._delay = decode_delay(plan.frame_ticks)
        self._length_size: int | None = None

    def __enter__(self) -> Self:
        self._reader.__enter__()
        context = self._reader.stream.codec_context
        if context is not None:
            self._length_size = length_size(context.codec.canonical_name, context.extradata)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, err, at)

    @property
    def count(self) -> int:
        return len(self._plan.copy_cuts) - 1

    def init(self) -> bytes:
        with SegmentFile() as file:
            self._stream(file)
            return file.init()

    def make(self, k: int, *, hasty: bool = False) -> Made:
        del hasty  # nothing here could be cheaper
        start, end = self._plan.copy_cuts[k], self._plan.copy_cuts[k + 1]
        if k != self._next:
            self._reader.seek(start)
        self._next = -1
        packets, times = self._collect(start, end)
        if not packets:
            raise Unplayable("The file holds no pictures here.", code="damaged")
        decoded = decode_times(times, end, self._delay)
        samples = [
            Sample(
                packet,
                time + OFFSET_TICKS,
                decoded[at] + OFFSET_TICKS,
                decoded[at + 1] - decoded[at],
            )
            for at, (packet, time) in enumerate(zip(packets, times, strict=True))
        ]
        with SegmentFile() as file:
            data = file.media(self._stream(file), samples)
        self._next = k + 1
        return Made(data)

    def _collect(self, start: int, end: int) -> tuple[list[Packet[Any]], list[int]]:
        packets: list[Packet[Any]] = []
        times: list[int] = []
        for packet in self._reader.packets():
            time = self._reader.packet_ticks(packet)
            if time is None or packet.is_discard:
                continue
            if packet.is_keyframe and packets and time >= end - _SLACK:
                self._reader.put_back(packet)
                break
            if not packets and (not packet.is_keyframe or time < start - _SLACK):
                continue
            if not packets:
                if time > start + _SLACK:
                    raise Unplayable("The file's index is wrong here.", code="index_wrong")
                # A container in milliseconds may be off by its rounding: the cut is the truth.
                time = start
            if not start <= time < end or (packets and time == start):
                continue
            if self._is_whole(packet):
                packets.append(packet)
                times.append(time)
            elif not packets:
                raise Unplayable("The picture to begin with is damaged here.", code="damaged")
        else:
            if packets and packets[-1].is_corrupt:  # the file breaks off inside it
                packets.pop()
                times.pop()
        return packets, times

    def _is_whole(self, packet: Packet[Any]) -> bool:
        return self._length_size is None or is_whole(memoryview(packet), self._length_size)

    def _stream(self, file: SegmentFile) -> Any:
        template = self._reader.stream
        stream = file.container.add_stream_from_template(template, opaque=True)
        stream.time_base = file.time_base
        tag = _TAGS.get(template.codec_context.name)
        if tag:
            stream.codec_context.codec_tag = tag
        return stream
