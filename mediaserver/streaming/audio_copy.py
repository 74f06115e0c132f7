"""Copied sound: packets of constant length on their own grid, holes filled with silent packets.

The playlist promises a duration for each segment before a byte is read, so the grid has to hold
where the source has a gap: there, packets of encoded silence of the same codec stand in.
"""

from __future__ import annotations

from fractions import Fraction
from types import TracebackType
from typing import Any, Self

import av
from av.audio.codeccontext import AudioCodecContext
from av.audio.frame import AudioFrame
from av.codec import CodecContext
from av.packet import Packet

from mediaserver.errors import Unplayable
from mediaserver.streaming.adts import adts_config, without_adts
from mediaserver.streaming.models import AudioRendition, AudioTiming, Made, Plan
from mediaserver.streaming.mux import Sample, SegmentFile
from mediaserver.streaming.reader import Opening, Reader
from mediaserver.streaming.timeline import OFFSET_SECONDS, TICKS, first_frame_at

_SILENCE_BY = {"aac": "aac", "ac3": "ac3", "eac3": "eac3", "opus": "libopus", "mp3": "libmp3lame"}


class AudioCopy:
    """Makes copied audio segments of one track."""

    def __init__(self, opening: Opening, plan: Plan, rendition: AudioRendition) -> None:
        self._plan = plan
        self._timing = copy_timing(plan, rendition.track)
        self._reader = Reader(opening)
        self._next = -1
        self._silent: bytes | None = None
        self._config: bytes | None = None

    def __enter__(self) -> Self:
        self._reader.__enter__()
        context = self._reader.stream.codec_context
        if context.name.startswith("aac") and not context.extradata:
            self._config = self._read_config()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._reader.__exit__(kind, err, at)

    @property
    def count(self) -> int:
        return len(self._plan.cuts) - 1

    def init(self) -> bytes:
        with SegmentFile(self._time_base()) as file:
            self._stream(file)
            return file.init()

    def make(self, k: int, *, hasty: bool = False) -> Made:
        del hasty  # nothing here could be cheaper
        timing = self._timing
        first, last = copied_packets(self._plan, timing, k)
        if k != self._next:
            start = (_origin(timing) + first * timing.frame) * TICKS // timing.sample_rate
            self._reader.seek_near(start)
        self._next = -1
        found = self._collect(first, last)
        offset = OFFSET_SECONDS * timing.sample_rate + _origin(timing)
        with SegmentFile(self._time_base()) as file:
            stream = self._stream(file)
            samples = [
                Sample(packet, shown, shown, timing.frame)
                for place in range(first, last)
                for packet in [found.get(place) or self._silence()]
                for shown in [offset + place * timing.frame]
            ]
            data = file.media(stream, samples)
        self._next = k + 1
        return Made(data)

    def _collect(self, first: int, last: int) -> dict[int, Packet[Any]]:
        found: dict[int, Packet[Any]] = {}
        for packet in self._reader.packets():
            time = self._reader.packet_ticks(packet)
            if time is None:
                continue
            place = self._place(time)
            if place >= last:
                self._reader.put_back(packet)
                break
            if place >= first and place not in found:
                found[place] = without_adts(packet) if self._config else packet
        return found

    def _place(self, ticks: int) -> int:
        timing = self._timing
        sample = ticks * timing.sample_rate / TICKS - _origin(timing)
        return round(sample / timing.frame)

    def _time_base(self) -> Fraction:
        return Fraction(1, self._timing.sample_rate)

    def _stream(self, file: SegmentFile) -> Any:
        template = self._reader.stream
        stream: Any = file.container.add_stream_from_template(template, opaque=True)
        stream.time_base = file.time_base
        if self._config is not None:
            stream.codec_context.extradata = self._config
        return stream

    def _read_config(self) -> bytes:
        """AudioSpecificConfig from the first ADTS header."""
        packet = next(self._reader.packets(), None)
        if packet is None:
            raise Unplayable("The sound cannot be read.", code="damaged")
        self._reader.put_back(packet)
        return adts_config(bytes(packet))

    def _silence(self) -> Packet[Any]:
        """One packet of silence in the codec of the track."""
        if self._silent is None:
            self._silent = _encode_silence(self._reader.stream.codec_context, self._timing)
        return Packet(self._silent)


def copy_timing(plan: Plan, track: int) -> AudioTiming:
    """The packet grid of ``track``; raises Unplayable when its packets have no constant length."""
    for timing in plan.audio:
        if timing.track == track and timing.frame:
            return timing
    raise Unplayable("This sound can only be encoded.", code="audio_packets_vary")


def copied_packets(plan: Plan, timing: AudioTiming, k: int) -> tuple[int, int]:
    """First packet of segment ``k`` and of the next, counted on the track's own grid."""
    origin = _origin(timing)
    first, last = (
        first_frame_at(cut, timing.sample_rate, timing.frame, origin)
        for cut in (0 if k == 0 else plan.cuts[k], plan.cuts[k + 1])
    )
    return first, last


def _origin(timing: AudioTiming) -> int:
    return timing.first % timing.frame


def _encode_silence(source: Any, timing: AudioTiming) -> bytes:
    name = _SILENCE_BY.get(source.name.removesuffix("_latm").removesuffix("float"))
    try:
        context = CodecContext.create(name or "", "w")
        assert isinstance(context, AudioCodecContext)  # noqa: S101 - by its name
        context.sample_rate = timing.sample_rate
        context.layout = source.layout.name
        context.format = (context.codec.audio_formats or [])[0]
        context.time_base = Fraction(1, timing.sample_rate)
        context.open()
        packets: list[bytes] = []
        for at in range(6):
            frame = AudioFrame(context.format.name, source.layout.name, timing.frame)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate = timing.sample_rate
            frame.pts, frame.time_base = at * timing.frame, context.time_base
            packets += [bytes(packet) for packet in context.encode(frame)]
        return packets[-1]
    except (av.FFmpegError, ValueError, IndexError) as err:
        raise Unplayable("This sound has gaps and can only be encoded.", code="audio_gaps") from err
