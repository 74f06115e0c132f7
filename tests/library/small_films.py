"""Tiny real films for the library's tests, written with PyAV in a few milliseconds each."""

import io
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import av
import msgspec
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from PIL import Image

SHARED_MEDIA = Path(__file__).parents[3] / "shared" / "media"

Draw = Callable[[float], Image.Image]


class Small(msgspec.Struct, frozen=True, kw_only=True):
    seconds: float = 1.0
    fps: int = 10
    size: tuple[int, int] = (64, 48)
    codec: str = "mpeg4"
    gop: int = 5
    pix_fmt: str = "yuv420p"
    sounds: tuple[str, ...] = ()
    """A language for each AAC track."""
    rotation: float = 0.0
    """Degrees counter-clockwise, as FFmpeg counts."""
    mirrored: bool = False
    sample_aspect: Fraction = Fraction(1)
    options: dict[str, str] = {}
    tags: dict[str, str] = {}
    draw: Draw | None = None
    """The picture at a share (0 to 1) of the film; grey stripes without."""


def film(path: Path, small: Small | None = None) -> Path:
    """Write ``small`` in the container that the suffix names."""
    small = small or Small()
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), mode="w", options=small.options) as container:
        container.metadata.update(small.tags)
        _write(container, small)
    return path


def sound(path: Path, seconds: float = 1.0) -> Path:
    """Silence and no picture."""
    with av.open(str(path), mode="w") as container:
        _silence(container, container.add_stream("aac", rate=48_000, layout="mono"), seconds)
    return path


def film_bytes(small: Small | None = None, format_: str = "matroska") -> bytes:
    target = io.BytesIO()
    with av.open(target, mode="w", format=format_) as container:
        _write(container, small or Small())
    return target.getvalue()


def _write(container: Any, small: Small) -> None:
    video = container.add_stream(small.codec, rate=small.fps)
    video.width, video.height = small.size
    video.pix_fmt = small.pix_fmt
    video.gop_size = small.gop
    video.codec_context.sample_aspect_ratio = small.sample_aspect
    if small.rotation or small.mirrored:
        video.set_display_rotation(small.rotation, hflip=small.mirrored)
    sounds = [container.add_stream("aac", rate=48_000, layout="mono") for _ in small.sounds]
    for stream, language in zip(sounds, small.sounds, strict=True):
        stream.metadata["language"] = language
    count = round(small.seconds * small.fps)
    for number in range(count):
        frame = _frame(small, number / count)
        frame.pts = number
        container.mux(video.encode(frame))
    container.mux(video.encode(None))
    for stream in sounds:
        _silence(container, stream, small.seconds)


def _silence(container: Any, stream: Any, seconds: float) -> None:
    for number in range(int(seconds * 48_000 / 1024)):
        frame = AudioFrame(format="fltp", layout="mono", samples=1024)
        frame.sample_rate = 48_000
        frame.pts = number * 1024
        for plane in frame.planes:
            plane.update(bytes(plane.buffer_size))
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def _frame(small: Small, share: float) -> VideoFrame:
    image = small.draw(share) if small.draw else stripes(small.size, share)
    from_image = cast(Callable[[Image.Image], VideoFrame], VideoFrame.from_image)
    return from_image(image).reformat(format=small.pix_fmt)


def stripes(size: tuple[int, int], share: float) -> Image.Image:
    """A picture with edges in it."""
    (width, height), shift = size, int(share * size[0])
    across = bytes((x + shift) * 37 % 256 for x in range(width)) * height
    down = b"".join(bytes([y * 53 % 256]) * width for y in range(height))
    bands = [Image.frombytes("L", size, band) for band in (across, down, across[::-1])]
    return Image.merge("RGB", bands)
