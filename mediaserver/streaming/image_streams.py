"""Picture subtitles inside a media file: only the window being watched is read and decoded.

The decoders hand out pixels; their palettes PyAV keeps to itself. So each decoded set is given to
libav's own DVB encoder, which writes the palette down where it can be read: one way for Blu-ray,
DVD, DVB and DivX, and none of their formats has to be parsed a second time here.
"""

from __future__ import annotations

import re
import struct
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
from av.codec import CodecContext
from av.container import InputContainer
from av.subtitles.codeccontext import SubtitleCodecContext
from av.subtitles.subtitle import BitmapSubtitle, SubtitleSet

from mediaserver.errors import Unplayable
from mediaserver.library import MediaInfo
from mediaserver.source import ReadingStopped, open_media
from mediaserver.streaming.decide import main_video
from mediaserver.streaming.image_cues import (
    MAX_CUE_PIXELS,
    MAX_WINDOW_PIXELS,
    Ink,
    Shown,
    Size,
    canvas_for,
    ink_of,
    palettes,
)
from mediaserver.streaming.models import Source
from mediaserver.streaming.subtitle_streams import Window
from mediaserver.streaming.track_packets import subtitle_context, track_packets

_MOST_SETS = 600
_SECONDS_ALLOWED = 15.0
_UNTIL_NEXT = 0xFFFFFFFF
_NO_TIME = -(1 << 63)
_SIZE = re.compile(rb"^size:\s{0,9}(\d{2,4})x(\d{2,4})", re.MULTILINE)
_DVB_CANVAS = (720, 576)


def read_images(
    source: Source, info: MediaInfo, track: int, window: Window
) -> tuple[list[Shown], Size]:
    """What ``track`` shows in the window, and the canvas it is drawn on; blocking."""
    try:
        with open_media(
            Path(source.path), Path(source.root), fast=True, seconds=_SECONDS_ALLOWED
        ) as container:
            return _Visit(container, info, track, window).images()
    except ReadingStopped as err:
        raise Unplayable("Reading the subtitles took too long.", code="subtitles_too_slow") from err


class _Visit:
    """One open container, from seek to the end of the window."""

    def __init__(
        self, container: InputContainer, info: MediaInfo, track: int, window: Window
    ) -> None:
        self._container = container
        self._track = track
        self._window = window
        video = main_video(info)
        self._video: Size = (video.width, video.height)
        self._canvas: Size | None = None
        self._shown: list[Shown] = []
        self._pixels = MAX_WINDOW_PIXELS
        self._sets = 0

    def images(self) -> tuple[list[Shown], Size]:
        context = subtitle_context(self._container, self._track)
        self._canvas = self._told(context)
        for packet in track_packets(self._container, self._track, self._window):
            self._take(context, packet)
            if self._sets > _MOST_SETS or self._pixels <= 0:
                break
        inks = [ink for one in self._shown for ink in one.ink]
        return self._shown, self._canvas or canvas_for(inks, self._video)

    def _told(self, context: SubtitleCodecContext) -> Size | None:
        """What the header says of the canvas."""
        if context.name == "dvbsub":
            return _DVB_CANVAS
        if context.name == "xsub":
            return self._video
        size = _SIZE.search(context.extradata or b"")
        return (int(size.group(1)), int(size.group(2))) if size else None

    def _take(self, context: SubtitleCodecContext, packet: av.Packet[Any]) -> None:
        self._canvas = _canvas_in(context.name, bytes(packet)) or self._canvas
        try:
            found = context.decode2(packet)
        except av.FFmpegError:
            return  # one damaged picture is no reason to lose the rest
        if found is None:
            return
        self._sets += 1
        at = self._start(found, packet)
        if at is None:
            return
        start = at + found.start_display_time / 1000
        end: float | None = None
        if found.start_display_time < found.end_display_time < _UNTIL_NEXT:
            end = at + found.end_display_time / 1000
        elif packet.duration:
            end = at + float(packet.duration * packet.time_base)
        self._shown.append(Shown(start, end, self._inks(found)))

    def _start(self, found: SubtitleSet, packet: av.Packet[Any]) -> float | None:
        if found.pts != _NO_TIME:
            return found.pts / av.time_base - self._window.zero
        if packet.pts is None or packet.time_base is None:
            return None
        return float(packet.pts * packet.time_base) - self._window.zero

    def _inks(self, found: SubtitleSet) -> tuple[Ink, ...]:
        rects = [rect for rect in found if isinstance(rect, BitmapSubtitle)]
        sizes = [rect.width * rect.height for rect in rects]
        self._pixels -= sum(sizes)
        if not rects or self._pixels < 0 or max(sizes) > MAX_CUE_PIXELS:
            return ()
        inks = [
            ink_of(
                (rect.x, rect.y, rect.width, rect.height),
                memoryview(cast("Any", rect.planes[0])).tobytes(),
                palette,
            )
            for rect, palette in zip(rects, _palettes_of(found), strict=False)
            if rect.planes
        ]
        return tuple(ink for ink in inks if ink is not None)


def _palettes_of(found: SubtitleSet) -> list[bytes]:
    found.start_display_time = 0  # the encoder insists
    encoder = CodecContext.create("dvbsub", "w")
    encoder.time_base = Fraction(1, 1000)
    try:
        return palettes(bytes(encoder.encode_subtitle(found)))
    except av.FFmpegError:
        return []


def _canvas_in(codec: str, packet: bytes) -> Size | None:
    """Blu-ray says it in each composition, DVB in a display definition."""
    if codec == "pgssub":
        at = 0
        while at + 7 <= len(packet):
            kind, length, width, height = struct.unpack_from(">BHHH", packet, at)
            if kind == 0x16 and width and height:
                return width, height
            at += 3 + length
    if codec == "dvbsub":
        at = 0
        while at + 11 <= len(packet) and packet[at] == 0x0F:
            kind, length = packet[at + 1], struct.unpack_from(">H", packet, at + 4)[0]
            if kind == 0x14:
                width, height = struct.unpack_from(">HH", packet, at + 7)
                return width + 1, height + 1
            at += 6 + length
    return None
