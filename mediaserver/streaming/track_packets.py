"""The packets of one subtitle track around the window being watched, and no more of the file.

An mp4's sample table leads straight to them. Other containers interleave them with the pictures,
and only the pictures passing by tell when the window is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, cast

import av
from av.container import InputContainer
from av.stream import Discard, Stream
from av.subtitles.codeccontext import SubtitleCodecContext

from mediaserver.errors import NotFound
from mediaserver.streaming.subtitle_streams import Window

_LARGEST_PACKET = 1 << 21
_AHEAD = 2.0
"""A transport stream sends a subtitle this much before its time."""
_BEHIND = 1.0
"""A muxer may write one this much after the picture it belongs to."""


def subtitle_context(container: InputContainer, track: int) -> SubtitleCodecContext:
    for stream in container.streams:
        if stream.index == track and stream.type == "subtitle" and stream.codec_context:
            return cast("SubtitleCodecContext", stream.codec_context)
    raise NotFound("The film has no such subtitles.", code="no_such_rendition")


def track_packets(
    container: InputContainer, track: int, window: Window
) -> Iterator[av.Packet[Any]]:
    by_table = "mov" in container.format.name
    clocks = [] if by_table else list(container.streams.video[:1])
    reading = [*clocks, *(stream for stream in container.streams if stream.index == track)]
    for other in container.streams:
        if other not in reading:
            other.discard = Discard.all
    begin = window.start - _AHEAD
    if begin > 0:  # a container just opened stands at its beginning already
        _seek(container, reading, window.zero + begin)
    over = window.zero + window.end + (0.0 if by_table else _BEHIND)
    for packet in container.demux(*reading):
        at = packet.pts if packet.pts is not None else packet.dts
        tells = by_table or packet.stream.index != track
        seconds = None if at is None or packet.time_base is None else float(at * packet.time_base)
        if tells and seconds is not None and seconds >= over:
            return
        if packet.stream.index == track and 0 < packet.size <= _LARGEST_PACKET:
            yield packet


def _seek(container: InputContainer, reading: list[Stream], seconds: float) -> None:
    try:
        container.seek(round(seconds * av.time_base), backward=True)
    except av.FFmpegError:
        # a transport stream whose pictures cannot be told apart still knows its subtitles' times
        own = reading[-1]
        if own.time_base is None:
            raise
        container.seek(round(seconds / own.time_base), stream=own, backward=True)
