"""Shooting: every loop of pictures and every tune is encoded once, into packets without a place.

A film of six minutes is a minute of pictures: its scenes loop, so the packets of a loop are written
as often as the film needs them. Every piece starts with a keyframe, holds an even number of closed
groups of pictures (H.264 tells neighbouring IDR frames apart by an alternating id) and has the same
reorder delay, so any piece may follow any other without a gap.
"""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import av
from av.audio.resampler import AudioResampler
from av.video.frame import PictureType
from av.video.reformatter import Colorspace, Interpolation, VideoReformatter
from PIL import Image

from mediaserver.demo.pictures import Size
from mediaserver.demo.sound import RATE, Tune, play

Step = Callable[[int], None]
"""Hears how many frames were just drawn."""
LEAD = 2.0
"""Seconds of music before the round that is kept."""


@dataclass(frozen=True)
class Picture:
    """How a film's pictures are coded; ``draft`` (for tests) is 1/16 the size and 1/4 the time."""

    codec: str
    size: Size
    fps: Fraction
    options: Mapping[str, str]
    pix_fmt: str = "yuv420p"
    draft: bool = False

    @property
    def canvas(self) -> Size:
        width, height = self.size
        return (width // 8 * 2, height // 8 * 2) if self.draft else self.size

    @property
    def matrix(self) -> Colorspace:
        """BT.709, but what players take for granted where a codec cannot say it."""
        return Colorspace.ITU601 if self.codec == "mpeg4" else Colorspace.ITU709

    @property
    def group(self) -> int:
        """Frames from keyframe to keyframe."""
        return round(self.fps / 2 if self.draft else self.fps * 2)

    def frames(self, seconds: float) -> int:
        """A whole number of pairs of groups; ``seconds`` is a multiple of four."""
        return max(1, round(seconds / 4)) * 2 * self.group

    def configure(self, stream: av.VideoStream) -> None:
        stream.width, stream.height = self.canvas
        stream.pix_fmt = self.pix_fmt
        context = stream.codec_context
        context.time_base = 1 / self.fps
        context.gop_size = self.group
        # films are made side by side instead, which uses two cores at no loss
        context.thread_count = 1
        context.options = dict(self.options)
        if self.matrix is Colorspace.ITU709:
            context.colorspace = context.color_primaries = context.color_trc = 1
            context.color_range = 1


@dataclass(frozen=True)
class Sound:
    """One audio track: its tunes in order, each once and the last one until the film ends."""

    codec: str
    tunes: tuple[Tune, ...]
    language: str
    title: str
    layout: str = "stereo"
    bit_rate: int = 96_000
    options: Mapping[str, str] = field(default_factory=dict)
    default: bool = False

    def configure(self, stream: av.AudioStream) -> None:
        stream.layout = self.layout
        stream.bit_rate = self.bit_rate
        stream.codec_context.options = dict(self.options)


@dataclass(frozen=True)
class Coded:
    """A packet without a place; times count frames (video) or samples (audio) from its piece."""

    data: bytes
    pts: int
    dts: int
    duration: int
    key: bool


@dataclass(frozen=True)
class Piece:
    """Some seconds of a film, painted frame by frame."""

    name: str
    frames: int
    paint: Callable[[int], Image.Image]


Reel = Mapping[str, Sequence[Coded]]


def shoot(picture: Picture, pieces: Sequence[Piece], step: Step) -> Reel:
    """Encode every piece once, with one encoder so that all share its parameter sets."""
    with av.open(io.BytesIO(), mode="w", format="matroska") as scratch:
        stream = scratch.add_stream(picture.codec, rate=picture.fps)
        assert isinstance(stream, av.VideoStream)  # noqa: S101 - narrows for mypy
        picture.configure(stream)
        convert = VideoReformatter()
        packets: list[av.Packet[av.VideoStream]] = []
        at = 0
        for piece in pieces:
            for k in range(piece.frames):
                drawn = av.VideoFrame.from_image(piece.paint(k))  # type: ignore[no-untyped-call]
                # bilinear: the default takes three times as long and nobody sees the difference
                frame = convert.reformat(
                    drawn,
                    format=picture.pix_fmt,
                    dst_colorspace=picture.matrix,
                    interpolation=Interpolation.BILINEAR,
                )
                frame.pts, frame.time_base = at + k, 1 / picture.fps
                if k == 0:
                    frame.pict_type = PictureType.I
                packets += stream.encode(frame)
                step(1)
            at += piece.frames
        packets += stream.encode(None)
    coded = [_coded(packet) for packet in packets]
    reel: dict[str, tuple[Coded, ...]] = {}
    first = 0
    for piece in pieces:
        mine = [one for one in coded if first <= one.pts < first + piece.frames]
        reel[piece.name] = tuple(moved(one, -first) for one in mine)
        first += piece.frames
    return reel


def _coded(packet: "av.Packet[av.VideoStream]") -> Coded:
    pts = packet.pts or 0
    dts = pts if packet.dts is None else packet.dts
    return Coded(bytes(packet), pts, dts, 1, packet.is_keyframe)


def moved(coded: Coded, by: int) -> Coded:
    return Coded(coded.data, coded.pts + by, coded.dts + by, coded.duration, coded.key)


def record(sound: Sound, tune: Tune) -> Sequence[Coded]:
    """The packets of one round of the tune."""
    with av.open(io.BytesIO(), mode="w", format="matroska") as scratch:
        stream = scratch.add_stream(sound.codec, rate=RATE)
        assert isinstance(stream, av.AudioStream)  # noqa: S101 - narrows for mypy
        sound.configure(stream)
        context = stream.codec_context
        context.open()
        size = context.frame_size
        whole, lead = (int(seconds * RATE) // size for seconds in (tune.seconds, LEAD))
        resampler = AudioResampler(context.format, sound.layout, RATE, size)
        packets: list[av.Packet[av.AudioStream]] = []
        for frame in play(tune, sound.layout, lead * size / RATE):
            for ready in resampler.resample(frame):
                packets += stream.encode(ready)
        packets += stream.encode(None)
    kept = packets[lead : lead + whole]
    return tuple(Coded(bytes(p), k * size, k * size, size, key=True) for k, p in enumerate(kept))


def laid_out(reel: Reel, order: Sequence[str]) -> Iterator[Coded]:
    """The packets of the named pieces, one after the other."""
    at = 0
    for name in order:
        yield from (moved(one, at) for one in reel[name])
        at += sum(one.duration for one in reel[name])


def looped(rounds: Sequence[Sequence[Coded]], end: int) -> Iterator[Coded]:
    """Every round once, then the last one over and over, until ``end``."""
    at, k = 0, 0
    while at < end:
        coded = rounds[min(k, len(rounds) - 1)]
        yield from (moved(one, at) for one in coded if at + one.pts + one.duration <= end)
        at += sum(one.duration for one in coded)
        k += 1
