"""Which maker makes the segments of a rendition, how many there are and how long each lasts."""

import itertools
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

import av
import msgspec

from mediaserver.errors import NotFound, Unplayable
from mediaserver.library import MediaInfo, VideoTrack
from mediaserver.streaming.audio_copy import AudioCopy, copied_packets, copy_timing
from mediaserver.streaming.audio_encode import AudioEncode, encoded_frames
from mediaserver.streaming.models import AudioRendition, Made, Plan, Source, VideoRendition
from mediaserver.streaming.pcm import RATE
from mediaserver.streaming.reader import Opening
from mediaserver.streaming.timeline import AAC_FRAME, TICKS
from mediaserver.streaming.video_copy import VideoCopy
from mediaserver.streaming.video_encode import VideoEncode

Rendition = VideoRendition | AudioRendition
_HEADER_SUFFICES = ("mov", "matroska")
"""Containers whose header holds all that copying packets needs."""


class Order(msgspec.Struct, frozen=True):
    """Everything that the bytes of a rendition depend on."""

    source: Source
    info: MediaInfo
    plan: Plan
    rendition: Rendition

    @property
    def key(self) -> tuple[object, ...]:
        source = self.source
        return (
            source.file_id,
            source.size,
            source.mtime_ns,
            self.plan.version,
            self.plan.zero_ticks,
            self.rendition,
        )

    @property
    def encodes_video(self) -> bool:
        return isinstance(self.rendition, VideoRendition) and not self.rendition.copy

    @property
    def count(self) -> int:
        """Media segments."""
        copied = isinstance(self.rendition, VideoRendition) and self.rendition.copy
        return len(self.plan.copy_cuts if copied else self.plan.cuts) - 1


class Maker(Protocol):
    """Makes the segments of one rendition; one thread owns it from opening to closing."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def init(self) -> bytes: ...

    def make(self, k: int, *, hasty: bool = False) -> Made:
        """Media segment ``k``; cheapest when ``k`` follows the one before.

        ``hasty``: somebody is waiting for a picture after a seek.
        """
        ...


def maker(order: Order, check: Callable[[], None], *, full: bool = False) -> Maker:
    """``check`` is called between any two frames and raises Cancelled.

    ``full``: what only a look at the packets tells is needed too, as it is for an init.
    """
    rendition, plan = order.rendition, order.plan
    opening = Opening(
        order.source,
        rendition.track,
        plan.zero_ticks,
        plan.frame_ticks,
        check,
        fast=rendition.copy and not full and order.info.container.startswith(_HEADER_SUFFICES),
    )
    if isinstance(rendition, AudioRendition):
        kind = AudioCopy if rendition.copy else AudioEncode
        return kind(opening, plan, rendition)
    if rendition.copy:
        if plan.copy_refused or not plan.copy_cuts:
            raise Unplayable("This video can only be encoded.", code="copy_refused")
        return VideoCopy(opening, plan)
    return VideoEncode(opening, plan, _track(order.info, rendition.track), rendition)


def make_init(order: Order) -> bytes:
    """The init segment; only a copy has to look into the file for it."""
    made = maker(order, lambda: None, full=True)
    try:
        if not order.rendition.copy:
            return made.init()
        with made:
            return made.init()
    except av.FFmpegError as err:
        raise Unplayable("This track cannot be delivered.", code="undeliverable") from err


def segment_durations(plan: Plan, rendition: Rendition) -> list[float]:
    """EXTINF of each segment, in seconds."""
    if isinstance(rendition, VideoRendition):
        cuts = plan.copy_cuts if rendition.copy else plan.cuts
        return [(b - a) / TICKS for a, b in itertools.pairwise(cuts)]
    count = range(len(plan.cuts) - 1)
    if not rendition.copy:
        spans = [encoded_frames(plan, k) for k in count]
        return [(last - first) * AAC_FRAME / RATE for first, last in spans]
    timing = copy_timing(plan, rendition.track)
    spans = [copied_packets(plan, timing, k) for k in count]
    return [(last - first) * timing.frame / timing.sample_rate for first, last in spans]


def _track(info: MediaInfo, index: int) -> VideoTrack:
    for track in info.video:
        if track.index == index:
            return track
    raise NotFound("There is no such video track.")
