"""The server's HLS as a black box: playlists, boxes, decoded frames, against written tolerances.

``check`` follows a multivariant playlist with nothing but ``fetch(url) -> bytes`` and RFC 8216 in
hand, and raises ``Wrong`` with everything that does not hold. It uses none of the program's code.
"""

from __future__ import annotations

import io
import itertools
import re
import struct
from collections.abc import Awaitable, Callable, Iterator, Sequence
from typing import Any
from urllib.parse import urljoin

import av
import msgspec

Fetch = Callable[[str], Awaitable[bytes]]

MAX_OVER_BANDWIDTH = 1.10
_SYNC_FLAGS = 0x02000000
_NOT_SYNC = 0x00010000


class Wrong(AssertionError):
    """All that the checker found."""


class Segment(msgspec.Struct):
    """One line of a media playlist and what was found behind it."""

    url: str
    extinf: float
    data: bytes = b""
    decode_time: int = 0
    durations: list[int] = []
    shown: list[int] = []
    flags: list[int] = []

    @property
    def end(self) -> int:
        return self.decode_time + sum(self.durations)


class Rendition(msgspec.Struct):
    """A media playlist with all its segments."""

    url: str
    kind: str
    target: float
    segments: list[Segment]
    init: bytes = b""
    timescale: int = 0
    bandwidth: int = 0
    numbers: list[int] = []
    """Frame numbers read from the picture, when asked for."""


class Report(msgspec.Struct):
    video: list[Rendition] = []
    audio: list[Rendition] = []
    subtitles: list[str] = []


class Expected(msgspec.Struct, frozen=True):
    """What the caller knows of the film."""

    read_number: Callable[[Any], int] | None = None
    frames: int | None = None
    """How many there are, numbered from 0."""
    frame_seconds: float = 0.05
    """The longest a frame lasts; EXTINF may be off by one."""
    decode_each: bool = True
    """Also decode every video segment on its own."""


# ---- playlists --------------------------------------------------------------------------------


def attributes(line: str) -> dict[str, str]:
    """The attribute list of a tag (RFC 8216 section 4.2)."""
    pairs = re.findall(r'([A-Z0-9-]+)=("[^"]*"|[^",]+)', line.partition(":")[2])
    return {name: value.strip('"') for name, value in pairs}


def parse_media(text: str, url: str, kind: str) -> tuple[Rendition, str]:
    """A media playlist without its segments' bytes, and the URL of its init segment."""
    lines = text.split("\n")
    _require(lines[0].strip() == "#EXTM3U", f"{url}: does not begin with #EXTM3U")
    _require("#EXT-X-ENDLIST" in lines, f"{url}: is not complete (no ENDLIST)")
    _require("#EXT-X-PLAYLIST-TYPE:VOD" in lines, f"{url}: is not VOD")
    target, init, extinf = 0.0, "", 0.0
    segments: list[Segment] = []
    for line in map(str.strip, lines):
        if line.startswith("#EXT-X-TARGETDURATION:"):
            target = float(line.partition(":")[2])
        elif line.startswith("#EXT-X-MAP:"):
            _require(not init, f"{url}: more than one EXT-X-MAP")
            init = urljoin(url, attributes(line)["URI"])
        elif line.startswith("#EXTINF:"):
            extinf = float(line.partition(":")[2].partition(",")[0])
        elif line and not line.startswith("#"):
            segments.append(Segment(urljoin(url, line), extinf))
    _require(bool(segments), f"{url}: has no segments")
    _require(target > 0, f"{url}: has no TARGETDURATION")
    return Rendition(url, kind, target, segments), init


# ---- boxes ------------------------------------------------------------------------------------


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """``(type, content start, end)``."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        _require(size >= 8 and start + size <= end, f"box {kind!r} of {size} bytes does not fit")
        yield kind, start + 8, start + size
        start += size


def box(data: bytes, *path: bytes) -> tuple[int, int]:
    start, end = 0, len(data)
    for name in path:
        found = [one for one in boxes(data, start, end) if one[0] == name]
        _require(len(found) == 1, f"{len(found)} boxes {name!r} in {path!r}")
        start, end = found[0][1:]
    return start, end


def timescale(init: bytes) -> int:
    start, _ = box(init, b"moov", b"trak", b"mdia", b"mdhd")
    version = init[start]
    return int.from_bytes(init[start + (20 if version else 12) :][:4], "big")


def read_segment(segment: Segment) -> None:
    """Fill in what the one moof of ``segment`` says."""
    data = segment.data
    start, _ = box(data, b"moof", b"traf", b"tfdt")
    size = 8 if data[start] else 4
    segment.decode_time = int.from_bytes(data[start + 4 : start + 4 + size], "big")
    start, _ = box(data, b"moof", b"traf", b"tfhd")
    head = int.from_bytes(data[start + 1 : start + 4], "big")
    at = start + 8 + 8 * (head & 1) + 4 * (head >> 1 & 1)
    defaults = []
    for bit in (0x8, 0x10, 0x20):
        defaults.append(int.from_bytes(data[at : at + 4], "big") if head & bit else 0)
        at += 4 if head & bit else 0
    start, _ = box(data, b"moof", b"traf", b"trun")
    flags = int.from_bytes(data[start + 1 : start + 4], "big")
    count = int.from_bytes(data[start + 4 : start + 8], "big")
    at = start + 8 + 4 * (flags & 1)
    first_flags = int.from_bytes(data[at : at + 4], "big") if flags & 4 else None
    at += 4 if flags & 4 else 0
    decode_time = segment.decode_time
    segment.durations, segment.shown, segment.flags = [], [], []
    for number in range(count):
        values = []
        for bit, default in zip((0x100, 0x200, 0x400, 0x800), [*defaults, 0], strict=True):
            signed = bit == 0x800 and data[start] == 1
            values.append(
                int.from_bytes(data[at : at + 4], "big", signed=signed) if flags & bit else default
            )
            at += 4 if flags & bit else 0
        segment.durations.append(values[0])
        segment.flags.append(first_flags if number == 0 and first_flags is not None else values[2])
        segment.shown.append(decode_time + values[3])
        decode_time += values[0]
    _require(count > 0, f"{segment.url}: holds no samples")


# ---- checks -----------------------------------------------------------------------------------


async def check(fetch: Fetch, url: str, expected: Expected | None = None) -> Report:
    """Fetch and verify everything below the multivariant playlist at ``url``."""
    expected = expected or Expected()
    report = Report()
    text = (await fetch(url)).decode()
    _require(text.startswith("#EXTM3U"), f"{url}: does not begin with #EXTM3U")
    lines = text.split("\n")
    for at, line in enumerate(lines):
        if line.startswith("#EXT-X-STREAM-INF:"):
            found = attributes(line)
            video = await check_rendition(
                fetch, urljoin(url, lines[at + 1].strip()), "video", expected
            )
            video.bandwidth = int(found["BANDWIDTH"])
            _require("CODECS" in found, f"{line}: no CODECS")
            report.video.append(video)
        elif line.startswith("#EXT-X-MEDIA:"):
            found = attributes(line)
            if "URI" not in found:
                continue
            where = urljoin(url, found["URI"])
            if found["TYPE"] == "AUDIO":
                report.audio.append(await check_rendition(fetch, where, "audio", expected))
            elif found["TYPE"] == "SUBTITLES":
                report.subtitles.append(where)
    _require(bool(report.video), f"{url}: offers no video")
    _check_together(report)
    return report


async def check_rendition(
    fetch: Fetch, url: str, kind: str, expected: Expected | None = None
) -> Rendition:
    """One media playlist, its init segment and every media segment."""
    expected = expected or Expected()
    rendition, init_url = parse_media((await fetch(url)).decode(), url, kind)
    _require(bool(init_url), f"{url}: has no EXT-X-MAP")
    rendition.init = await fetch(init_url)
    for segment in rendition.segments:
        segment.data = await fetch(segment.url)
        read_segment(segment)
    _require(await fetch(init_url) == rendition.init, f"{init_url}: the init segment changed")
    check_timing(rendition, expected)
    check_decoding(rendition, expected)
    return rendition


def check_timing(rendition: Rendition, expected: Expected) -> None:
    """Decode times join, EXTINF tells the truth, no segment is above the target."""
    rendition.timescale = scale = timescale(rendition.init)
    faults = []
    frame = expected.frame_seconds if rendition.kind == "video" else 1.0 / scale
    total_said = total_true = 0.0
    for number, segment in enumerate(rendition.segments):
        true = sum(segment.durations) / scale
        total_said += segment.extinf
        total_true += true
        if abs(true - segment.extinf) > frame + 1e-5:
            faults.append(f"{number}: EXTINF {segment.extinf:.5f}, holds {true:.5f} s")
        if true > rendition.target + 0.5:
            faults.append(f"{number}: lasts {true:.3f} s, target is {rendition.target}")
        if any(duration <= 0 for duration in segment.durations):
            faults.append(f"{number}: a sample has no duration")
        if number:
            gap = segment.decode_time - rendition.segments[number - 1].end
            if gap:
                faults.append(f"{number}: decode time is off by {gap}/{scale}")
    if abs(total_said - total_true) > frame + 1e-3:
        faults.append(f"EXTINF sums to {total_said:.4f}, samples to {total_true:.4f}")
    if max(segment.extinf for segment in rendition.segments) > rendition.target + 0.5:
        faults.append("an EXTINF is above TARGETDURATION")
    faults += _audio_grid(rendition) if rendition.kind == "audio" else _video_order(rendition)
    _report(rendition.url, faults)


def _audio_grid(rendition: Rendition) -> list[str]:
    lengths = {duration for one in rendition.segments for duration in one.durations}
    if len(lengths) != 1:
        return [f"audio frames of several lengths: {sorted(lengths)}"]
    (length,) = lengths
    first = rendition.segments[0].decode_time
    return [
        f"{number}: off the audio grid"
        for number, one in enumerate(rendition.segments)
        if (one.decode_time - first) % length
    ]


def _video_order(rendition: Rendition) -> list[str]:
    """Shown times are unique, lie between the cuts, and each segment starts with a sync sample."""
    faults: list[str] = []
    last = -1
    for number, segment in enumerate(rendition.segments):
        ordered = sorted(segment.shown)
        if len(set(ordered)) != len(ordered):
            faults.append(f"{number}: two pictures at one time")
        if ordered[0] != segment.shown[0]:
            faults.append(f"{number}: does not start with its first picture")
        if ordered[0] <= last:
            faults.append(f"{number}: shown before the end of the segment before")
        if segment.flags[0] & _NOT_SYNC:
            faults.append(f"{number}: does not start with a sync sample")
        last = ordered[-1]
    return faults


def check_decoding(rendition: Rendition, expected: Expected) -> None:
    """As one stream nothing is missing or doubled; alone each segment gives all it holds."""
    whole = rendition.init + b"".join(segment.data for segment in rendition.segments)
    samples = sum(len(segment.durations) for segment in rendition.segments)
    faults: list[str] = []
    times: list[int] = []
    for frame in _frames(whole):
        times.append(frame.pts)
        if rendition.kind == "video" and expected.read_number is not None:
            rendition.numbers.append(expected.read_number(frame))
    if rendition.kind == "video" and len(times) != samples:
        faults.append(f"{samples} samples gave {len(times)} frames")
    if times != sorted(set(times)):
        faults.append("frames come out of order")
    if rendition.numbers:
        faults += _numbers(rendition.numbers, expected.frames)
    if rendition.kind == "video" and expected.decode_each:
        for number, segment in enumerate(rendition.segments):
            alone = sum(1 for _ in _frames(rendition.init + segment.data))
            if alone != len(segment.durations):
                faults.append(f"{number}: alone gives {alone} of {len(segment.durations)} frames")
    _report(rendition.url, faults)


def _numbers(numbers: Sequence[int], frames: int | None) -> list[str]:
    faults = [f"frame {b} follows frame {a}" for a, b in itertools.pairwise(numbers) if b != a + 1]
    if frames is not None and (numbers[0] != 0 or len(numbers) != frames):
        faults.append(f"{len(numbers)} frames from {numbers[0]}, expected {frames} from 0")
    return faults[:8]


def _frames(data: bytes) -> Iterator[Any]:
    with av.open(io.BytesIO(data), mode="r") as container:
        yield from container.decode(container.streams[0])


def _check_together(report: Report) -> None:
    """Bandwidth holds; sound is as long as the picture; all playlists agree on their length."""
    faults: list[str] = []
    loudest = max((peak(one) for one in report.audio), default=0.0)
    for video in report.video:
        measured = peak(video) + loudest
        if measured > MAX_OVER_BANDWIDTH * video.bandwidth:
            faults.append(f"{video.url}: peaks at {measured:.0f}, BANDWIDTH {video.bandwidth}")
    lengths = [sum(one.extinf for one in r.segments) for r in (*report.video, *report.audio)]
    if max(lengths) - min(lengths) > 1.0:
        faults.append(f"playlists differ in length: {lengths}")
    _report("presentation", faults)


def peak(rendition: Rendition) -> float:
    """Highest bitrate of any segment, in bits per second."""
    scale = rendition.timescale
    return max(len(one.data) * 8 * scale / sum(one.durations) for one in rendition.segments)


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise Wrong(message)


def _report(where: str, faults: Sequence[str]) -> None:
    if faults:
        raise Wrong(f"{where}:\n  " + "\n  ".join(faults[:20]))
