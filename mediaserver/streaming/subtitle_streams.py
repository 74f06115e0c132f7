"""Text subtitles inside a media file: only the window being watched is read.

A film's subtitles lie scattered between its pictures, so reading them all means reading the whole
file. Seeking to the window reads bytes that the player is about to read anyway. One visit brings
the cues of every text track, so changing the language costs nothing.
"""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import av
import msgspec
from av.container import InputContainer
from av.stream import Discard, Stream

from mediaserver.errors import Unplayable
from mediaserver.library import MediaInfo
from mediaserver.source import ReadingStopped, open_media
from mediaserver.streaming.cue_markup import mov_text, subrip, vtt
from mediaserver.streaming.cues import Cue
from mediaserver.streaming.ladder import TEXT_CODECS
from mediaserver.streaming.models import Source
from mediaserver.streaming.subtitle_files import AssScript, tidy

Cues = dict[int, list[Cue]]
"""Stream index to its cues."""
_LARGEST_SAMPLE = 1 << 16
_SECONDS_ALLOWED = 10.0
_INTERLEAVING = 1.0
"""A muxer may write text this much after the picture it belongs to."""
_UNTIMED = 4.0
"""Shown so long when neither the file nor a next cue says when it ends."""


class Window(msgspec.Struct, frozen=True):
    """Seconds from timeline zero, which is ``zero`` seconds into the container's own time."""

    zero: float
    start: float
    end: float


def read_window(source: Source, info: MediaInfo, window: Window) -> Cues:
    """Every text track's cues between ``start`` and ``end``; blocking."""
    try:
        with open_media(
            Path(source.path), Path(source.root), fast=True, seconds=_SECONDS_ALLOWED
        ) as container:
            return _Visit(container, info, window).cues()
    except ReadingStopped as err:
        raise Unplayable("Reading the subtitles took too long.", code="subtitles_too_slow") from err


class _Visit:
    """One open container, from seek to the end of the window."""

    def __init__(self, container: InputContainer, info: MediaInfo, window: Window) -> None:
        self._container = container
        self._window = window
        wanted = {track.index: track.codec for track in info.subtitles if track.text}
        self._codecs = {index: codec for index, codec in wanted.items() if codec in TEXT_CODECS}
        self._scripts: dict[int, AssScript] = {}
        self._found: Cues = {index: [] for index in self._codecs}
        # the sample table of an mp4 leads straight to the text; other containers interleave it,
        # and only the pictures passing by tell when the window is over
        self._by_table = "mov" in container.format.name

    def cues(self) -> Cues:
        texts = [s for s in self._container.streams if s.index in self._codecs]
        clocks = [] if self._by_table else list(self._container.streams.video[:1])
        reading = [*texts, *clocks]
        for stream in self._container.streams:
            if stream not in reading:
                stream.discard = Discard.all
        for stream in texts:
            self._scripts[stream.index] = _script(stream)
        if not texts:
            return {}
        before = self._window.zero + self._window.start
        self._container.seek(round(before * av.time_base), backward=True)
        self._read(reading, len(texts) if self._by_table else 1)
        return {index: tidy(_timed(found)) for index, found in self._found.items()}

    def _read(self, reading: list[Stream], until: int) -> None:
        """Until the streams that can tell, ``until`` of them, have passed the end."""
        passed: set[int] = set()
        for packet in self._container.demux(*reading):
            at = packet.pts if packet.pts is not None else packet.dts
            if at is None or packet.time_base is None:
                continue
            seconds = float(at * packet.time_base) - self._window.zero
            index = packet.stream.index
            if index in self._codecs:
                if seconds < self._window.end:
                    self._take(index, seconds, packet)
                elif self._by_table:
                    passed.add(index)
            elif seconds >= self._window.end + _INTERLEAVING:
                passed.add(index)
            if len(passed) >= until:
                return

    def _take(self, index: int, start: float, packet: av.Packet[Any]) -> None:
        if not 0 < packet.size <= _LARGEST_SAMPLE:
            return
        duration = float((packet.duration or 0) * packet.time_base)
        cue = _cue(self._codecs[index], self._scripts[index], start, start + duration, packet)
        if cue is not None:
            self._found[index].append(cue)


def _script(stream: Stream) -> AssScript:
    script = AssScript()
    context = stream.codec_context
    header = (context.extradata or b"") if context is not None else b""
    for line in header.decode("utf-8", "replace").splitlines():
        script.feed(line)
    return script


def _cue(
    codec: str, script: AssScript, start: float, end: float, packet: av.Packet[Any]
) -> Cue | None:
    sample = bytes(packet)
    if codec == "mov_text":
        return Cue(start, end, mov_text(sample))
    text = sample.decode("utf-8", "replace").replace("\r\n", "\n").rstrip("\0")
    if codec in {"ass", "ssa"}:
        return script.packet(start, end, text)
    if codec == "webvtt":
        return Cue(start, end, vtt(text))
    runs, place = subrip(text)
    return Cue(start, end, runs, place)


def _timed(cues: list[Cue]) -> list[Cue]:
    """A cue without a length lasts until the next one, and some seconds at most."""
    timed: list[Cue] = []
    for cue, following in itertools.zip_longest(cues, cues[1:]):
        end = cue.end
        if end <= cue.start:
            end = cue.start + _UNTIMED
            if following is not None and cue.start < following.start:
                end = min(end, following.start)
        timed.append(Cue(max(0.0, cue.start), end, cue.runs, cue.place))
    return timed
