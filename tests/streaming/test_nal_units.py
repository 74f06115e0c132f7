"""Damaged pictures are told by their NAL units and left out of what is copied."""

from __future__ import annotations

import io
import itertools
from pathlib import Path

import av
import pytest

from mediaserver.config import Streaming
from mediaserver.streaming.engine import Engine
from mediaserver.streaming.nal_units import is_whole, length_size
from tests import hls
from tests.media import Film, frame_number, write_film
from tests.streaming.engine_site import site_of


@pytest.mark.parametrize(
    ("codec", "extradata", "expected"),
    [
        ("h264", bytes([1, 100, 0, 31, 0xFF]), 4),
        ("h264", bytes([1, 100, 0, 31, 0xFD]), 2),
        ("hevc", bytes([1, *bytes(20), 0x0F]), 4),
        ("h264", bytes([0, 0, 0, 1, 0x67]), None),
        ("h264", b"", None),
        ("h264", None, None),
        ("vp9", bytes([1, *bytes(30)]), None),
    ],
)
def test_the_length_of_lengths_is_read_from_the_header(
    codec: str, extradata: bytes | None, expected: int | None
) -> None:
    assert length_size(codec, extradata) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ([0, 1, 9, 0, 2, 9, 9], True),
        ([0, 1, 9, 0, 3, 9, 9], False),
        ([0, 0, 0, 3, 9, 9, 9], False),
        ([0, 1, 9, 0], True),
        ([0, 1, 9, 0, 0], False),
    ],
)
def test_a_picture_is_whole_when_its_lengths_fill_it(data: list[int], *, expected: bool) -> None:
    assert is_whole(memoryview(bytes(data)), 2) == expected


async def test_a_damaged_picture_is_left_out_of_a_copy_and_the_rest_plays(tmp_path: Path) -> None:
    path = write_film(tmp_path / "damaged.mp4", Film(seconds=4, tones=()))
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    at = places[30]
    assert at is not None
    data[at] = 0x7F  # a length far beyond the picture
    path.write_bytes(data)
    async with Engine(Streaming()) as engine:
        site = await site_of(engine, path)
        init = await site.fetch("original/init.mp4")
        count = len(site.durations("original"))
        made = [await site.fetch(f"original/{k}.m4s") for k in range(count)]
    segments = [hls.Segment("", 0, one) for one in made]
    for segment in segments:
        hls.read_segment(segment)
    assert all(b.decode_time == a.end for a, b in itertools.pairwise(segments))
    with av.open(io.BytesIO(init + b"".join(made)), mode="r") as container:
        numbers = [frame_number(frame) for frame in container.decode(video=0)]
    assert numbers[:30] == list(range(30))
    assert len(numbers) == 99
