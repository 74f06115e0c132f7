"""AAC-LC on the absolute 1024-sample grid from timeline zero, joining wherever it is cut.

Each segment has its own encoder; four frames before the first are encoded and dropped, after which
a seam measures like any other place.
"""

from fractions import Fraction
from types import TracebackType
from typing import Any, Self

from mediaserver.errors import Unplayable
from mediaserver.streaming.models import AudioRendition, Made, Plan
from mediaserver.streaming.mux import Sample, SegmentFile
from mediaserver.streaming.pcm import RATE, Sound
from mediaserver.streaming.reader import Opening, Reader
from mediaserver.streaming.timeline import AAC_FRAME, OFFSET_SECONDS, TICKS, first_frame_at

_PRE_ROLL = 4
_LEAD = 3 * TICKS // 10
"""Decoders need packets before the first that is heard: overlap, bit reservoir, Opus' 80 ms."""
_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}


class AudioEncode:
    """Makes encoded audio segments; decoder and resampler stay warm from one to the next."""

    def __init__(self, opening: Opening, plan: Plan, rendition: AudioRendition) -> None:
        self._plan = plan
        self._rendition = rendition
        timing = next((one for one in plan.audio if one.track == rendition.track), None)
        self._reader = Reader(opening)
        self._sound = Sound(self._reader, rendition.channels, timing)
        self._next = -1

    def __enter__(self) -> Self:
        self._reader.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, err: BaseException | None, at: TracebackType | None
    ) -> None:
        self._sound.forget_reader()
        self._reader.__exit__(kind, err, at)

    @property
    def count(self) -> int:
        return len(self._plan.cuts) - 1

    def init(self) -> bytes:
        with SegmentFile(Fraction(1, RATE)) as file:
            self._stream(file)
            return file.init()

    def make(self, k: int, *, hasty: bool = False) -> Made:
        del hasty  # nothing here could be cheaper
        first, last = encoded_frames(self._plan, k)
        begin = (first - _PRE_ROLL) * AAC_FRAME
        if k != self._next:
            self._sound.position(begin, _LEAD)
        self._next = -1
        pcm = self._sound.pcm
        with SegmentFile(Fraction(1, RATE)) as file:
            stream = self._stream(file)
            packets: list[Any] = []
            for at in range(first - _PRE_ROLL, last + 1):
                self._sound.fill((at + 1) * AAC_FRAME)
                frame = pcm.frame(at * AAC_FRAME, AAC_FRAME)
                frame.pts, frame.time_base = at * AAC_FRAME, Fraction(1, RATE)
                packets += stream.encode(frame)
            packets += stream.encode(None)
            wanted = {at * AAC_FRAME: at for at in range(first, last)}
            samples = [
                Sample(packet, shown, shown, AAC_FRAME)
                for packet in packets
                if packet.pts in wanted
                for shown in [packet.pts + OFFSET_SECONDS * RATE]
            ]
            if len(samples) != last - first:
                raise Unplayable("The sound could not be encoded.", code="inexact_segment")
            data = file.media(stream, samples)
        pcm.forget((last - _PRE_ROLL) * AAC_FRAME)
        self._next = k + 1
        return Made(data)

    def _stream(self, file: SegmentFile) -> Any:
        stream: Any = file.container.add_stream("aac", rate=RATE)
        stream.codec_context.layout = _LAYOUTS[self._rendition.channels]
        stream.codec_context.format = "fltp"
        stream.codec_context.bit_rate = self._rendition.bit_rate
        stream.codec_context.time_base = Fraction(1, RATE)
        stream.time_base = Fraction(1, RATE)
        return stream


def encoded_frames(plan: Plan, k: int) -> tuple[int, int]:
    """First AAC frame of segment ``k`` and of the next."""
    start = 0 if k == 0 else plan.cuts[k]
    return first_frame_at(start, RATE), first_frame_at(plan.cuts[k + 1], RATE)
