"""Decoded sound on an absolute sample grid: gaps become silence, overlaps are dropped.

A head decodes and resamples without a break; only a real gap in the source starts the resampler
anew, never the border of a segment.
"""

from collections.abc import Iterator
from typing import Any

from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler

from mediaserver.streaming.models import AudioTiming
from mediaserver.streaming.reader import Reader
from mediaserver.streaming.timeline import TICKS

RATE = 48_000
_BYTES = 4
_TOLERANCE = RATE // 25
"""40 ms: less is the jitter of containers that count coarsely, more is a gap."""
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}
# Without a bound the sum of six channels clips; 1.0 would make dialogue quiet.
_DOWNMIX = {"rematrix_maxval": "1.4"}


class Pcm:
    """Planar 32-bit float at 48 kHz from one absolute sample on."""

    def __init__(self, channels: int, start: int) -> None:
        self.channels = channels
        self.start = self.end = start
        self._planes = [bytearray() for _ in range(channels)]

    def append(self, frame: AudioFrame, skip: int = 0) -> None:
        size = frame.samples * _BYTES
        for plane, source in zip(self._planes, frame.planes, strict=True):
            plane.extend(memoryview(source)[skip * _BYTES : size])
        self.end += max(0, frame.samples - skip)

    def silence(self, samples: int) -> None:
        for plane in self._planes:
            plane.extend(bytes(samples * _BYTES))
        self.end += samples

    def forget(self, before: int) -> None:
        """Drop what lies before sample ``before``."""
        count = min(before, self.end) - self.start
        if count > 0:
            for plane in self._planes:
                del plane[: count * _BYTES]
            self.start += count

    def frame(self, at: int, samples: int) -> AudioFrame:
        """A frame of ``samples`` from absolute sample ``at``; silent where nothing is known."""
        frame = AudioFrame("fltp", _LAYOUTS[self.channels], samples)
        low, high = max(at, self.start), min(at + samples, self.end)
        for plane, target in zip(self._planes, frame.planes, strict=True):
            data = bytearray(target.buffer_size)
            if high > low:
                first = (low - self.start) * _BYTES
                data[(low - at) * _BYTES : (high - at) * _BYTES] = plane[
                    first : first + (high - low) * _BYTES
                ]
            target.update(bytes(data))
        frame.sample_rate = RATE
        return frame


class Sound:
    """Fills a Pcm from a reader, frame by frame."""

    def __init__(self, reader: Reader, channels: int, timing: AudioTiming | None) -> None:
        self._reader = reader
        self._timing = timing
        self._channels = channels
        self._frames: Iterator[tuple[int, Any]] = iter(())
        self._resampler: AudioResampler | None = None
        self._kind: tuple[object, ...] | None = None
        self._fed = 0.0
        self._written = 0
        self.pcm = Pcm(channels, 0)

    def forget_reader(self) -> None:
        """Before the reader closes: nothing may touch it later."""
        self._frames = iter(())

    def position(self, sample: int, lead: int) -> None:
        """Begin at absolute ``sample``, decoding from ``lead`` ticks before it."""
        start = sample * TICKS // RATE
        self._reader.seek_near(start - lead)
        self._frames = self._reader.frames(since=start - lead)
        self._resampler = self._kind = None
        self.pcm = Pcm(self._channels, sample)

    def fill(self, until: int) -> None:
        """Until absolute sample ``until`` is known; silence past the end."""
        while self.pcm.end < until:
            item = next(self._frames, None)
            if item is None:
                self._drain()
                if self.pcm.end < until:
                    self.pcm.silence(until - self.pcm.end)
                return
            self._take(*item)

    def _take(self, ticks: int, frame: AudioFrame) -> None:
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        at = self._sample(ticks, frame)
        if kind != self._kind or abs(at - self._fed) > _TOLERANCE:
            self._drain()
            self._resampler, self._kind = self._open_resampler(), kind
            self._written = at
            self._fed = float(at)
        self._fed += frame.samples * RATE / frame.sample_rate
        frame.pts = None
        assert self._resampler is not None  # noqa: S101 - opened just above
        for piece in self._resampler.resample(frame):
            self._put(piece)

    def _put(self, piece: AudioFrame) -> None:
        """``piece`` begins at ``_written``."""
        begin, self._written = self._written, self._written + piece.samples
        if self._written <= self.pcm.end:
            return
        if begin > self.pcm.end:
            self.pcm.silence(begin - self.pcm.end)
        self.pcm.append(piece, skip=self.pcm.end - begin)

    def _drain(self) -> None:
        if self._resampler is not None:
            for piece in self._resampler.resample(None):
                self._put(piece)
        self._resampler = self._kind = None

    def _open_resampler(self) -> AudioResampler:
        return AudioResampler("fltp", _LAYOUTS[self._channels], RATE, options=_DOWNMIX)

    def _sample(self, ticks: int, frame: AudioFrame) -> int:
        """Absolute sample at which ``frame`` starts.

        Containers that count in milliseconds round each packet; counted in packets from the first,
        the place is exact and the same from wherever the reading began.
        """
        timing = self._timing
        rate = frame.sample_rate
        if timing is not None and timing.frame and timing.sample_rate == rate:
            raw = ticks * rate / TICKS - timing.first
            place = round(raw / timing.frame) * timing.frame
            if abs(place - raw) <= rate / 500:
                return round((place + timing.first) * RATE / rate)
        return round(ticks * RATE / TICKS)
