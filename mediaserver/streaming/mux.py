"""Independent fMP4 segments, written to memory and split into init and media segment.

Exactly these flags gave absolute decode times and an init that is byte-identical whoever makes it;
the defaults write a decode time of 0 into every segment. Never mix flag sets between renditions.
What was written is read back from the raw boxes before it leaves.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from fractions import Fraction
from types import TracebackType
from typing import Self

import av
import msgspec
from av.container import OutputContainer
from av.packet import Packet
from av.stream import Stream

from mediaserver.errors import Unplayable
from mediaserver.streaming.boxes import read_fragment, split
from mediaserver.streaming.timeline import TICK, TICKS

_FLAGS = {
    "movflags": "frag_custom+frag_discont+empty_moov+default_base_moof+skip_trailer",
    "avoid_negative_ts": "disabled",
    "use_editlist": "0",
    "video_track_timescale": str(TICKS),
}
_BUFFER = 1 << 20


class Sample(msgspec.Struct, frozen=True):
    """One packet and when it is decoded and shown, in the track's time base."""

    packet: Packet[Stream]
    shown: int
    decoded: int
    duration: int


class SegmentFile:
    """One init and at most one media segment of one track."""

    def __init__(self, time_base: Fraction = TICK) -> None:
        self._target = io.BytesIO()
        self.time_base = time_base
        self.container: OutputContainer = av.open(
            self._target, mode="w", format="mp4", container_options=_FLAGS, buffer_size=_BUFFER
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self.container.close()

    def init(self) -> bytes:
        """The init segment alone."""
        self.container.start_encoding()
        self.container.close()
        return split(self._target.getvalue())[0]

    def media(self, stream: Stream, samples: Sequence[Sample]) -> bytes:
        """The media segment of ``samples``, checked box by box."""
        for sample in samples:
            packet = sample.packet
            packet.stream = stream
            packet.time_base = self.time_base
            packet.pts, packet.dts = sample.shown, sample.decoded
            packet.duration = sample.duration
            self.container.mux_one(packet)
        self.container.close()
        media = split(self._target.getvalue())[1]
        _check(media, samples)
        return media


def _check(media: bytes, samples: Sequence[Sample]) -> None:
    fragment = read_fragment(media)
    wanted = sum(sample.duration for sample in samples)
    if (
        fragment.decode_time != samples[0].decoded
        or fragment.durations != [sample.duration for sample in samples]
        or sum(fragment.durations) != wanted
    ):
        raise Unplayable("A segment could not be written exactly.", code="inexact_segment")
