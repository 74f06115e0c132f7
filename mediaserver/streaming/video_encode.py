"""Encoded video: the pictures of one cut to the next, each shown exactly when it was.

A cut that falls between two pictures begins the segment at the next picture; when none comes soon,
the one still shown is repeated, so every segment has a first picture of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import TracebackType
from typing import Any, Self

from av.packet import Packet
from av.video.frame import VideoFrame

from mediaserver.errors import Unplayable
from mediaserver.library import VideoTrack
from mediaserver.streaming.encoder import encode, open_encoder, shape
from mediaserver.streaming.models import Made, Plan, VideoRendition
from mediaserver.streaming.mux import Sample, SegmentFile
from mediaserver.streaming.picture import Picture
from mediaserver.streaming.reader import Opening, Reader
from mediaserver.streaming.timeline import OFFSET_TICKS, TICKS, decode_delay, decode_times

_STILL_SHOWN = TICKS // 2
"""Before a cut: the picture that may be held lies here, so all are decoded."""
Shown = tuple[int, VideoFrame]


class VideoEncode:
    """Makes encoded segments; decoder and filters stay warm from one to the next."""

    def __init__(
        self, opening: Opening, plan: Plan, track: VideoTrack, rendition: VideoRendition
    ) -> None:
        self._plan = plan
        self._track = track
        self._shape = shape(track, rendition, plan.frame_ticks)
        self._reader = Reader(opening)
        self._delay = decode_delay(plan.frame_ticks)
        self._soon = min(max(plan.frame_ticks * 3 // 2, TICKS // 10), TICKS)
        self._frames: Iterator[Shown] = iter(())
        self._ahead: Shown | None = None
        self._held: VideoFrame | None = None
        self._next = -1

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._frames, self._ahead, self._held = iter(()), None, None
        self._reader.__exit__(kind, err, at)

    @property
    def count(self) -> int:
        return len(self._plan.cuts) - 1

    def init(self) -> bytes:
        with SegmentFile() as file:
            open_encoder(file, self._shape)
            return file.init()

    def make(self, k: int, *, hasty: bool = False) -> Made:
        if k != self._next:
            self._position(self._plan.cuts[k])
        self._next = -1
        times: list[int] = []
        packets: list[Packet[Any]] = []
        with SegmentFile() as file:
            stream = open_encoder(file, self._shape, hasty=hasty)
            for time, frame in self._shown(k):
                packets += encode(stream, frame, at=time, first=not times)
                times.append(time)
            packets += encode(stream, None, at=0, first=False)
            if not packets or len(packets) != len(times):
                raise Unplayable("The pictures could not be encoded.", code="inexact_segment")
            shown = [packet.pts or 0 for packet in packets]
            decoded = decode_times(shown, self._finish(k), self._delay)
            data = file.media(
                stream,
                [
                    Sample(
                        packet,
                        shown[at] + OFFSET_TICKS,
                        decoded[at] + OFFSET_TICKS,
                        decoded[at + 1] - decoded[at],
                    )
                    for at, packet in enumerate(packets)
                ],
            )
        self._next = k + 1
        return Made(data, final=not hasty)

    def _position(self, start: int) -> None:
        self._reader.seek(start)
        self._frames = self._filtered(start)
        self._ahead = self._held = None

    def _filtered(self, start: int) -> Iterator[Shown]:
        """Delivered frames from ``start`` on, led by the one shown before."""
        picture = Picture(self._track, self._shape.width, self._shape.height)
        before: Shown | None = None
        for time, frame in self._reader.frames(since=start - _STILL_SHOWN):
            if time < start:
                before = (time, frame)
                continue
            if before is not None:
                yield from picture.push(*before)
                before = None
            yield from picture.push(time, frame)
        if before is not None:
            yield from picture.push(*before)
        yield from picture.flush()

    def _shown(self, k: int) -> Iterator[Shown]:
        """What segment ``k`` shows, and when; leaves the first frame beyond in ``_ahead``."""
        start, end = self._plan.cuts[k], self._plan.cuts[k + 1]
        item = self._ahead or next(self._frames, None)
        while item is not None and item[0] < start:
            self._held = item[1]
            item = next(self._frames, None)
        if item is None or item[0] >= end or item[0] - start > self._soon:
            held = self._held or (item[1] if item is not None else None)
            if held is None:
                raise Unplayable("The file holds no pictures here.", code="damaged")
            yield start, held
        while item is not None and item[0] < end:
            self._held = item[1]
            yield item
            item = next(self._frames, None)
        self._ahead = item

    def _finish(self, k: int) -> int:
        """Where segment ``k`` ends: where the next will begin."""
        cuts = self._plan.cuts
        end = cuts[k + 1]
        if self._ahead is None or k + 2 >= len(cuts):
            return end
        ahead = self._ahead[0]
        return ahead if ahead < cuts[k + 2] and ahead - end <= self._soon else end
