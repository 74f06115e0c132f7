"""Subtitles that are drawn, with known pixels: Blu-ray pictures, and ASS with shapes for words.

The segments are written by hand, so nothing of what reads them has a part in making them.
"""

import struct
from pathlib import Path
from typing import Any

import av
import msgspec

CLOCK = 90_000


class Patch(msgspec.Struct, frozen=True):
    """A rectangle of one colour with a clear margin of ``margin`` pixels around it."""

    start: float
    end: float
    x: int
    y: int
    width: int
    height: int
    luma: int = 63
    cr: int = 240
    cb: int = 102
    """The three are red in BT.709, which high definition is read in."""
    margin: int = 0


def write_sup(path: Path, patches: tuple[Patch, ...], canvas: tuple[int, int]) -> Path:
    """A Blu-ray presentation graphics stream."""
    written = b"".join(
        _set(patch, canvas, number) + _clear(patch.end, canvas, number)
        for number, patch in enumerate(patches)
    )
    path.write_bytes(written)
    return path


def add_subtitles(film: Path, subtitles: Path, to: Path) -> Path:
    """``film`` with the streams of ``subtitles`` added, nothing encoded."""
    with av.open(str(film)) as one, av.open(str(subtitles)) as two, av.open(str(to), "w") as out:
        places = {}
        for container in (one, two):
            for stream in container.streams:
                places[stream] = out.add_stream_from_template(stream)
        packets = [
            packet
            for container in (one, two)
            for packet in container.demux()
            if packet.size and packet.pts is not None
        ]
        packets.sort(key=_written_at)
        for packet in packets:
            packet.stream = places[packet.stream]
            out.mux(packet)
    return to


def _written_at(packet: Any) -> float:
    at = packet.dts if packet.dts is not None else packet.pts
    return float((at or 0) * packet.time_base)


def write_ass(path: Path, x: int, y: int, side: int) -> Path:
    """A red square from second 1 to second 9, on a canvas of 320 by 192, and hostile words."""
    square = f"{{\\pos({x},{y})\\p1}}m 0 0 l {side} 0 {side} {side} 0 {side}"
    looks = "&H00FFFFFF,&H00000000,&H00000000,0,0,0,0,100,100,0,0,1,0,0,7,0,0,0,1"
    path.write_text(
        "\n".join(
            (
                "[Script Info]",
                "ScriptType: v4.00+",
                "PlayResX: 320",
                "PlayResY: 192",
                "",
                "[V4+ Styles]",
                (
                    "Format: Name, Fontname, Fontsize, PrimaryColour, SecondaryColour,"
                    " OutlineColour, BackColour, Bold, Italic, Underline, StrikeOut,"
                    " ScaleX, ScaleY, Spacing, Angle,"
                    " BorderStyle, Outline, Shadow, Alignment, MarginL, MarginR, MarginV, Encoding"
                ),
                f"Style: Default,Arial,20,&H00FFFFFF,{looks}",
                f"Style: Sign,Arial,20,&H000000FF,{looks}",
                "",
                "[Events]",
                "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text",
                f"Dialogue: 0,0:00:01.00,0:00:09.00,Sign,,0,0,0,,{square}",
                (
                    "Dialogue: 0,0:00:01.00,0:00:09.00,Default,,0,0,0,,"
                    "{\\an8}<img src=x onerror=alert(1)> words"
                ),
                "",
            )
        )
    )
    return path


def _set(patch: Patch, canvas: tuple[int, int], number: int) -> bytes:
    width, height = patch.width + 2 * patch.margin, patch.height + 2 * patch.margin
    x, y = patch.x - patch.margin, patch.y - patch.margin
    composition = struct.pack(">HHBHBBBB", *canvas, 0x10, number, 0x80, 0, 0, 1)
    composition += struct.pack(">HBBHH", 0, 0, 0, x, y)
    window = struct.pack(">BBHHHH", 1, 0, x, y, width, height)
    palette = struct.pack(">BB", 0, 0) + bytes([1, patch.luma, patch.cr, patch.cb, 255])
    blank = b"\0" + struct.pack(">H", 0x4000 | width) + b"\0\0"
    row = _run(0, patch.margin) + _run(1, patch.width) + _run(0, patch.margin) + b"\0\0"
    lines = blank * patch.margin + row * patch.height + blank * patch.margin
    size = (len(lines) + 4).to_bytes(3, "big")
    picture = struct.pack(">HBB", 0, 0, 0xC0) + size + struct.pack(">HH", width, height) + lines
    kinds = ((0x16, composition), (0x17, window), (0x14, palette), (0x15, picture), (0x80, b""))
    return b"".join(_segment(patch.start, kind, body) for kind, body in kinds)


def _run(color: int, length: int) -> bytes:
    if not length:
        return b""
    if color:
        return b"\0" + struct.pack(">HB", 0xC000 | length, color)
    return b"\0" + struct.pack(">H", 0x4000 | length)


def _clear(at: float, canvas: tuple[int, int], number: int) -> bytes:
    composition = struct.pack(">HHBHBBBB", *canvas, 0x10, number + 1000, 0, 0, 0, 0)
    return _segment(at, 0x16, composition) + _segment(at, 0x80, b"")


def _segment(at: float, kind: int, body: bytes) -> bytes:
    pts = round(at * CLOCK)
    return b"PG" + struct.pack(">IIBH", pts, 0, kind, len(body)) + body
