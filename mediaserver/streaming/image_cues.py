"""Subtitles that are pictures: cropped to their ink, written as PNG, and placed over the film.

Pure. The palette stays a palette (an edge of text has a dozen shades, and no codec draws them
better than they are). Places are fractions of the picture as shown, so a player needs no more than
the rectangle its video fills.
"""

import io
import itertools
import struct
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from PIL import Image

MAX_CUES = 300
"""Of one window; what comes after them is left out."""
MAX_CUE_PIXELS = 4096 * 2304
MAX_WINDOW_PIXELS = 8 * MAX_CUE_PIXELS
MAX_WINDOW_BYTES = 8_000_000
_TALLEST_SD = 576
_CANVASES = ((720, 480), (720, 576), (1280, 720), (1920, 1080), (3840, 2160))
_CLUT = b"\x0f\x12"
_LONGEST = 30.0
"""Shown so long at most when nothing ever takes it away."""

Size = tuple[int, int]


class Ink(msgspec.Struct, frozen=True):
    """What one rectangle draws: palette indices, cropped, and where they lie on the canvas."""

    x: int
    y: int
    width: int
    height: int
    pixels: bytes
    palette: bytes
    """RGBA of each index."""


class Shown(msgspec.Struct, frozen=True):
    """Ink on the screen from one moment to another; ``end`` None: until the next."""

    start: float
    end: float | None
    ink: tuple[Ink, ...]


class ImageCue(msgspec.Struct, frozen=True):
    """Seconds from timeline zero; place and size as fractions of the picture as shown.

    A disc may draw into the black bars that the film was cropped of: then they leave 0..1.
    """

    start: float
    end: float
    x: float
    y: float
    width: float
    height: float
    src: str


class ImageCues(msgspec.Struct, frozen=True):
    """One window; a cue that reaches over its edge goes on in the next."""

    cues: tuple[ImageCue, ...]


class Drawn(msgspec.Struct, frozen=True):
    timeline: bytes
    """JSON."""
    pictures: tuple[bytes, ...]


def ink_of(box: tuple[int, int, int, int], pixels: bytes, palette: bytes) -> Ink | None:
    """``box``: x, y, width, height on the canvas. None when there is nothing to see."""
    x, y, width, height = box
    if not 0 < width * height <= MAX_CUE_PIXELS or len(pixels) < width * height:
        return None
    palette = palette[:1024].ljust(1024, b"\0")
    whole = Image.frombytes("L", (width, height), pixels[: width * height])
    edges = whole.point([255 if alpha else 0 for alpha in palette[3::4]]).getbbox()
    if edges is None:
        return None
    left, top, right, bottom = edges
    cropped = whole.crop(edges).tobytes()
    return Ink(x + left, y + top, right - left, bottom - top, cropped, palette)


def palettes(packet: bytes) -> list[bytes]:
    """RGBA palettes in a DVB subtitle packet (EN 300 743, section 7.2.4), one for each CLUT."""
    found = []
    at = 0
    while at + 6 <= len(packet) and packet[at] == 0x0F:
        kind, length = packet[at + 1], struct.unpack_from(">H", packet, at + 4)[0]
        if kind == _CLUT[1]:
            found.append(_palette(packet[at + 8 : at + 6 + length]))
        at += 6 + length
    return found


def _palette(entries: bytes) -> bytes:
    colors = bytearray(1024)
    for at in range(0, len(entries) - 5, 6):
        index, _flags, luma, red, blue, transparency = entries[at : at + 6]
        light, cr, cb = 1.164 * (luma - 16), red - 128, blue - 128
        rgb = (light + 1.596 * cr, light - 0.813 * cr - 0.391 * cb, light + 2.018 * cb)
        colors[4 * index : 4 * index + 4] = bytes(
            [*(min(255, max(0, round(value))) for value in rgb), 255 - transparency]
        )
    return bytes(colors)


def timed(shown: Iterable[Shown], start: float, end: float) -> list[tuple[float, float, Ink]]:
    """What is to be seen between ``start`` and ``end``, each until the next takes its place."""
    ordered = sorted(shown, key=lambda one: one.start)
    found: list[tuple[float, float, Ink]] = []
    for one, following in itertools.zip_longest(ordered, ordered[1:]):
        until = one.start + _LONGEST if one.end is None else one.end
        if following is not None:
            until = min(until, following.start)
        begin, until = max(start, one.start), min(end, until)
        if begin < until:
            found += [(begin, until, ink) for ink in one.ink]
    return list(_joined(found))[:MAX_CUES]


def _joined(cues: list[tuple[float, float, Ink]]) -> Iterator[tuple[float, float, Ink]]:
    """A disc draws the same again and again, so that a player may begin anywhere."""
    still: dict[Ink, tuple[float, float]] = {}
    for start, end, ink in cues:
        before = still.get(ink)
        if before is not None and abs(before[1] - start) < 0.001:
            still[ink] = (before[0], end)
            continue
        if before is not None:
            yield (*before, ink)
        still[ink] = (start, end)
    for ink, (start, end) in still.items():
        yield start, end, ink


def drawn(cues: Sequence[tuple[float, float, Ink]], canvas: Size, shown: Size, k: int) -> Drawn:
    """The window's timeline, and its pictures in the order of their numbers."""
    timeline: list[ImageCue] = []
    pictures: list[bytes] = []
    left = MAX_WINDOW_BYTES
    for start, end, ink in sorted(cues, key=lambda cue: cue[:2]):
        picture = _png(ink)
        left -= len(picture)
        if left < 0:
            break
        x, y, width, height = _place(ink, canvas, shown)
        src = f"{k}-{len(pictures)}.png"
        times = round(start, 3), round(end, 3)
        timeline.append(ImageCue(*times, x, y, width, height, src))
        pictures.append(picture)
    return Drawn(msgspec.json.encode(ImageCues(tuple(timeline))), tuple(pictures))


def canvas_for(inks: Iterable[Ink], video: Size) -> Size:
    """The smallest usual canvas that holds them all, for streams that do not tell theirs."""
    inks = list(inks)
    right = max((ink.x + ink.width for ink in inks), default=0)
    bottom = max((ink.y + ink.height for ink in inks), default=0)
    usual = _CANVASES if video[1] in {240, 480} else _CANVASES[1:]
    for width, height in usual:
        if right <= width and bottom <= height:
            return width, height
    return max(right, 1), max(bottom, 1)


def _place(ink: Ink, canvas: Size, shown: Size) -> tuple[float, float, float, float]:
    """Standard definition was never square and is stretched with the picture.

    A larger canvas is a disc's whole screen: the film is what remains in its middle when the
    black bars were cropped away.
    """
    across, down = 1 / canvas[0], 1 / canvas[1]
    if canvas[1] > _TALLEST_SD:
        scale = max(shown[0] / canvas[0], shown[1] / canvas[1])
        across, down = scale / shown[0], scale / shown[1]
    x = 0.5 + (ink.x - canvas[0] / 2) * across
    y = 0.5 + (ink.y - canvas[1] / 2) * down
    places = (x, y, ink.width * across, ink.height * down)
    return (round(places[0], 5), round(places[1], 5), round(places[2], 5), round(places[3], 5))


def _png(ink: Ink) -> bytes:
    picture = Image.frombytes("P", (ink.width, ink.height), ink.pixels)
    picture.putpalette(ink.palette, "RGBA")
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
