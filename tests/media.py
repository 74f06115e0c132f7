"""Real media written with PyAV, which tell what they are: the picture carries its frame number as
a row of black and white blocks, the tone carries the second by its frequency.

Decoding a delivered segment and calling ``frame_number`` therefore *sees* which frame came out,
and ``tone_second`` hears when.
"""

from __future__ import annotations

import itertools
import math
from array import array
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import msgspec
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame

BITS = 16
TICK = Fraction(1, 90_000)
BASE_TONE, TONE_STEP, TONES = 400, 25, 40
_LOW, _HIGH = 40, 215
_CODECS = {
    "h264": "libx264", "hevc": "libx265", "vp9": "libvpx-vp9", "vp8": "libvpx",
    "av1": "libaom-av1", "mpeg4": "mpeg4", "mpeg2video": "mpeg2video", "mjpeg": "mjpeg",
}  # fmt: skip


class Tone(msgspec.Struct, frozen=True):
    """One audio track."""

    codec: str = "aac"
    channels: int = 2
    rate: int = 48_000
    language: str = "eng"
    start: float = 0.0
    gap: tuple[float, float] | None = None
    """Seconds without packets."""
    steady: bool = False
    """One frequency throughout, so that any roughness is a fault."""


class Line(msgspec.Struct, frozen=True):
    """One subtitle."""

    start: float
    end: float
    text: str


class Film(msgspec.Struct, frozen=True):
    """What to write. ``times`` overrides ``fps`` with an own time for each frame, in seconds."""

    seconds: float = 12.0
    fps: Fraction = Fraction(25)
    width: int = 320
    height: int = 192
    codec: str = "h264"
    gop: int = 50
    bframes: int = 0
    start: float = 0.0
    """When the first frame is shown in the file."""
    times: tuple[float, ...] = ()
    tones: tuple[Tone, ...] = (Tone(),)
    lines: tuple[Line, ...] = ()
    pix_fmt: str = "yuv420p"
    options: dict[str, str] = {}
    codec_options: dict[str, str] = {}

    @property
    def shown(self) -> list[float]:
        """Seconds from the first frame at which each is shown."""
        if self.times:
            return list(self.times)
        return [float(n / self.fps) for n in range(round(self.seconds * self.fps))]


def vfr_times(seconds: float) -> tuple[float, ...]:
    """A camera phone: 30, 24, 15 and 60 frames a second by turns, never on a grid."""
    times, at, n = [], 0.0, 0
    while at < seconds:
        times.append(round(at, 3))
        at += (1 / 30, 1 / 24, 1 / 15, 1 / 60)[(n // 7) % 4]
        n += 1
    return tuple(times)


# ---- pictures ---------------------------------------------------------------------------------


def numbered_frame(number: int, width: int, height: int) -> VideoFrame:
    """Blocks for the bits of ``number`` in the middle band, a moving gradient elsewhere."""
    frame = VideoFrame(width, height, "yuv420p")
    luma = frame.planes[0]
    band = bytearray(luma.line_size)
    for bit in range(BITS):
        value = _HIGH if number >> bit & 1 else _LOW
        first, last = bit * width // BITS, (bit + 1) * width // BITS
        band[first:last] = bytes([value]) * (last - first)
    ramp = bytes(60 + (x + 3 * number) * 120 // width % 120 for x in range(luma.line_size))
    top, bottom = height // 3, height - height // 3
    rows = [bytes(band) if top <= y < bottom else ramp for y in range(height)]
    luma.update(b"".join(rows))
    for plane in list(frame.planes)[1:]:
        plane.update(b"\x80" * plane.buffer_size)
    return frame


def frame_number(frame: VideoFrame) -> int:
    """The number drawn by ``numbered_frame``, at any size."""
    grey = frame.reformat(format="gray")
    plane = grey.planes[0]
    return row_number(bytes(plane)[grey.height // 2 * plane.line_size :][: grey.width])


def row_number(row: bytes) -> int:
    """The same from the grey levels of a picture's middle row."""
    number = 0
    for bit in range(BITS):
        at = (2 * bit + 1) * len(row) // (2 * BITS)
        number |= (row[at] > (_LOW + _HIGH) // 2) << bit
    return number


# ---- sound ------------------------------------------------------------------------------------


def tone_samples(first: int, count: int, rate: int, *, steady: bool = False) -> array[float]:
    """A sine whose frequency rises a step each second (unless ``steady``), never its phase."""
    samples = array("f")
    sin, full = math.sin, 2 * math.pi
    for n in range(first, first + count):
        second, rest = divmod(n, rate)
        # Whole seconds are whole turns: only the rest has a phase.
        samples.append(0.4 * sin(full * (_tone(0 if steady else second) * rest / rate)))
    return samples


def _tone(second: int) -> int:
    return BASE_TONE + TONE_STEP * (second % TONES)


def tone_second(samples: Sequence[float], rate: int) -> int:
    """Which second (modulo TONES) a stretch of the tone comes from."""
    crossings = sum(1 for a, b in itertools.pairwise(samples) if a < 0 <= b)
    return round((crossings * rate / len(samples) - BASE_TONE) / TONE_STEP)


# ---- files ------------------------------------------------------------------------------------


def write_film(path: Path, film: Film) -> Path:
    """Write ``film`` in the container that the suffix names, interleaved by time."""
    with av.open(str(path), mode="w", options=film.options) as container:
        packets = [
            *_video(container, film),
            *(
                packet
                for number, tone in enumerate(film.tones)
                for packet in _audio(container, film, tone, default=number == 0)
            ),
            *_subtitles(container, film),
        ]
        packets.sort(key=lambda item: item[0])
        for _, packet in packets:
            container.mux(packet)
    return path


Timed = tuple[float, Any]


def _video(container: Any, film: Film) -> list[Timed]:
    options = {"preset": "veryfast"} if film.codec in {"h264", "hevc"} else {}
    if film.codec == "h264":
        options |= {"sc_threshold": "0", "bf": str(film.bframes)}
    if film.codec == "hevc":
        options["x265-params"] = f"log-level=none:bframes={film.bframes}:open-gop=0:scenecut=0"
    if film.codec.startswith("vp"):
        options |= {"deadline": "realtime", "cpu-used": "8"}
    if film.codec in {"mpeg4", "mpeg2video"}:
        options["bf"] = str(film.bframes)
    rate = film.fps if not film.times else Fraction(30)
    stream = container.add_stream(
        _CODECS[film.codec], rate=rate, options={**options, **film.codec_options}
    )
    stream.width, stream.height, stream.pix_fmt = film.width, film.height, film.pix_fmt
    stream.codec_context.gop_size = film.gop
    # MPEG-4's own header has no room for more.
    base = Fraction(1, 1000) if film.codec == "mpeg4" and film.times else TICK
    if film.codec in {"mpeg4", "mpeg2video"} and not film.times:
        base = 1 / film.fps
    stream.codec_context.time_base = base
    timed: list[Timed] = []
    for number, shown in enumerate(film.shown):
        frame = numbered_frame(number, film.width, film.height)
        if film.pix_fmt != "yuv420p":
            frame = frame.reformat(format=film.pix_fmt)
        frame.pts = round((film.start + shown) / base)
        frame.time_base = base
        timed += _timed(stream.encode(frame))
    return timed + _timed(stream.encode(None))


def _timed(packets: Sequence[Any]) -> list[Timed]:
    return [
        (float((packet.dts if packet.dts is not None else packet.pts) * packet.time_base), packet)
        for packet in packets
    ]


def _audio(container: Any, film: Film, tone: Tone, *, default: bool) -> list[Timed]:
    stream = container.add_stream(tone.codec, rate=tone.rate)
    stream.layout = {1: "mono", 2: "stereo", 6: "5.1"}[tone.channels]
    stream.metadata["language"] = tone.language
    stream.disposition = 1 if default else 0
    context = stream.codec_context
    known = {one.name for one in context.codec.audio_formats}
    context.format = next(name for name in ("fltp", "flt", "s16p", "s16") if name in known)
    context.open()
    size = context.frame_size or 1024
    total = round(film.seconds * tone.rate)
    name = context.format.name
    timed: list[Timed] = []
    offset = round((film.start + tone.start) * tone.rate)
    for first in range(0, total, size):
        count = min(size, total - first)
        if tone.gap and tone.gap[0] <= first / tone.rate < tone.gap[1]:
            continue
        samples = tone_samples(first, count, tone.rate, steady=tone.steady)
        frame = _sound_frame(samples, tone, name)
        frame.pts, frame.time_base = offset + first, Fraction(1, tone.rate)
        timed += _timed(stream.encode(frame))
    return timed + _timed(stream.encode(None))


def _sound_frame(samples: array[float], tone: Tone, name: str) -> AudioFrame:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[tone.channels]
    frame = AudioFrame(name, layout, len(samples))
    planar = name.endswith("p")
    if name.startswith("s16"):
        values: array[Any] = array("h", [int(32767 * one) for one in samples])
    else:
        values = samples
    if not planar:
        values = array(values.typecode, [one for one in values for _ in range(tone.channels)])
    data = values.tobytes()
    for plane in frame.planes:
        plane.update(data + bytes(plane.buffer_size - len(data)))
    frame.sample_rate = tone.rate
    return frame


def _subtitles(container: Any, film: Film) -> list[Timed]:
    if not film.lines:
        return []
    name = "mov_text" if container.format.name in {"mp4", "mov"} else "srt"
    stream = container.add_mux_stream(name)
    timed: list[Timed] = []
    for line in film.lines:
        text = line.text.encode()
        packet: Any = av.Packet(len(text).to_bytes(2, "big") + text if name == "mov_text" else text)
        packet.stream = stream
        packet.time_base = Fraction(1, 1000)
        packet.pts = packet.dts = round((film.start + line.start) * 1000)
        packet.duration = round((line.end - line.start) * 1000)
        timed.append((film.start + line.start, packet))
    return timed
