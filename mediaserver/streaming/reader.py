"""A demuxer and decoder of one track, positioned by time and kept warm between segments.

``seek`` ends on a keyframe at or before the time asked for, proved by its packet and not by what
the index promised; where a container cannot seek, the file is read from its start. One thread owns
a reader from opening to closing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import av
import msgspec
from av.container import InputContainer
from av.packet import Packet
from av.stream import Discard

from mediaserver.errors import Unplayable
from mediaserver.source import open_media
from mediaserver.streaming.models import Source
from mediaserver.streaming.timeline import TICKS, from_ticks, to_ticks

_STEPS_BACK = (0, TICKS, 4 * TICKS, 12 * TICKS, 40 * TICKS)
_BAD_PACKETS = 500


class Cancelled(Exception):
    """Raised between two frames; an Exception, because libav turns others into an end of file."""


class Opening(msgspec.Struct, frozen=True):
    """What a reader opens, where its timeline starts and how it learns that it should stop."""

    source: Source
    track: int
    zero_ticks: int
    frame_ticks: int
    check: Callable[[], None]
    """Raises Cancelled."""
    fast: bool = False
    one_thread: bool = False
    keys_only: bool = False
    """Decode keyframes, roughly, and nothing else."""


class Reader:
    """Packets and frames of one track, with their ticks from timeline zero."""

    def __init__(self, opening: Opening) -> None:
        self.opening = opening
        self._stack = ExitStack()
        self._packets: Iterator[Packet[Any]] = iter(())
        self._pending: Packet[Any] | None = None
        self.container: InputContainer
        self.stream: Any
        self.time_base = Fraction(1, TICKS)

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._close()

    def _open(self) -> None:
        source = self.opening.source
        self.container = self._stack.enter_context(
            open_media(Path(source.path), Path(source.root), fast=self.opening.fast)
        )
        if self.opening.track >= len(self.container.streams):
            raise Unplayable("The file does not hold this track any more.", code="track_gone")
        self.stream = self.container.streams[self.opening.track]
        if self.stream.codec_context is None:
            raise Unplayable("There is no decoder for this track.", code="undecodable")
        for stream in self.container.streams:
            if stream.index != self.opening.track:
                stream.discard = Discard.all
        self.time_base = self.stream.time_base or Fraction(1, TICKS)
        if self.stream.type == "video":
            self._prepare(self.stream.codec_context)
        self._packets = self.container.demux(self.stream)
        if self.stream.type == "video" and self.stream.codec_context.name == "h264":
            self._tell_encoder()

    def _prepare(self, context: Any) -> None:
        if self.opening.one_thread:
            context.thread_count = 1
        else:
            context.thread_type = "AUTO"
        if self.opening.keys_only:
            context.skip_frame = "NONKEY"
            context.options = {**context.options, "skip_loop_filter": "all"}

    def _tell_encoder(self) -> None:
        """Let the decoder see the first picture, where x264 left its version.

        Its 4:4:4 from before build 151 decodes wrongly unless the decoder knows, which it does not
        after a seek.
        """
        if self.stream.codec_context.profile != "High 4:4:4 Predictive":
            return
        with suppress(av.FFmpegError):
            first = next(self._packets, None)
            if first is not None:
                self.stream.codec_context.decode(first)
                self.stream.codec_context.flush_buffers()
                self._pending = first

    def _close(self) -> None:
        # A demux generator or a stream touched after the container closes ends the process.
        self._pending = None
        getattr(self._packets, "close", lambda: None)()
        self._packets = iter(())
        self.stream = None
        self._stack.close()

    def rewind(self) -> None:
        """To the start of the file, however badly it seeks."""
        self._close()
        self._open()

    def ticks(self, pts: int) -> int:
        return to_ticks(pts, self.time_base) - self.opening.zero_ticks

    def packet_ticks(self, packet: Packet[Any]) -> int | None:
        time = packet.pts if packet.pts is not None else packet.dts
        return None if time is None else self.ticks(time)

    def seek(self, ticks: int) -> None:
        """The next packet is a keyframe at or before ``ticks``, or the first of the file."""
        for step in _STEPS_BACK:
            if ticks - step < 0 and step:
                break
            if not self._jump(ticks - step):
                break
            first = self._next_keyframe()
            time = self.packet_ticks(first) if first is not None else None
            if first is not None and time is None:
                break
            if time is not None and time <= ticks:
                self._pending = first
                return
        self.rewind()

    def seek_near(self, ticks: int) -> None:
        """The next packet is at or before ``ticks``; sound has no need of keyframes."""
        guide = self._guide()
        for step in (TICKS // 2, *_STEPS_BACK[1:]):
            if ticks - step < 0 or not self._jump(ticks - step, guide):
                break
            first = next(self.packets(), None)
            time = self.packet_ticks(first) if first is not None else None
            if first is not None and time is not None and time <= ticks:
                self._pending = first
                return
        self.rewind()

    def _guide(self) -> Any:
        """The stream whose index leads a seek: Cues usually name pictures only."""
        video = self.container.streams.video
        if "matroska" in self.container.format.name and video:
            return video[0]
        return self.stream

    def _jump(self, ticks: int, guide: Any = None) -> bool:
        guide = guide or self.stream
        pts = from_ticks(ticks + self.opening.zero_ticks, guide.time_base or self.time_base)
        getattr(self._packets, "close", lambda: None)()
        self._pending = None
        try:
            self.container.seek(pts, stream=guide)
        except av.FFmpegError:
            return False
        self._packets = self.container.demux(self.stream)
        return True

    def _next_keyframe(self) -> Packet[Any] | None:
        try:
            for packet in self._packets:
                self.opening.check()
                if packet.size and packet.is_keyframe:
                    return packet
        except av.FFmpegError:
            pass
        return None

    def packets(self) -> Iterator[Packet[Any]]:
        """To the end of the file, or as far as it can be read."""
        if self._pending is not None:
            packet, self._pending = self._pending, None
            yield packet
        try:
            for packet in self._packets:
                self.opening.check()
                if packet.size:
                    yield packet
        except (av.FFmpegError, OSError):
            return

    def put_back(self, packet: Packet[Any]) -> None:
        """``packet`` comes first again."""
        self._pending = packet

    def frames(self, since: int | None = None) -> Iterator[tuple[int, Any]]:
        """``(ticks, frame)``, rising; damaged packets are left out.

        Before ``since`` only what later frames need is decoded.
        """
        last: int | None = None
        for frame in self._decoded(since):
            self.opening.check()
            time = frame.pts if frame.pts is not None else frame.dts
            if time is not None:
                at = to_ticks(time, frame.time_base or self.time_base) - self.opening.zero_ticks
            else:
                at = 0 if last is None else last + self.opening.frame_ticks
            if last is not None and at <= last:
                at = last + 1
            last = at
            yield at, frame

    def _decoded(self, since: int | None) -> Iterator[Any]:
        context = self.stream.codec_context
        bad = 0
        video = self.stream.type == "video"
        for packet in self.packets():
            early = since is not None and (self.packet_ticks(packet) or since) < since
            if video:
                context.skip_frame = "NONREF" if early else "DEFAULT"
            elif early:
                continue
            try:
                decoded = context.decode(packet)
                bad = 0
            except av.FFmpegError as err:
                bad += 1
                if bad > _BAD_PACKETS:
                    raise Unplayable("The track is damaged.", code="damaged") from err
                continue
            yield from decoded
        try:
            yield from context.decode(None)
        except av.FFmpegError:
            return
