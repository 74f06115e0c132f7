"""Finding out what a file's index says of its pictures, the cheapest exact way there is.

mp4 and mov: the sample tables. Matroska: the Cues, proved at a few places. Anything else that is
small: a whole scan. What remains has the keyframes that its container lists, or nothing.
"""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from mediaserver.library import MediaInfo, VideoTrack
from mediaserver.streaming.frame_index import FrameIndex, nominal_ticks
from mediaserver.streaming.models import Source
from mediaserver.streaming.mp4_tables import read_tables
from mediaserver.streaming.scan import scan
from mediaserver.streaming.timeline import TICKS, to_ticks

_SMALL = 64 << 20
_PROVED = 4
_AFTER_KEYFRAME = 8
_FIRST_PACKETS = 400


def frame_index(
    container: InputContainer,
    source: Source,
    info: MediaInfo,
    track: VideoTrack,
    starts: dict[int, int],
    check: Callable[[], None],
) -> FrameIndex:
    """``starts`` are the ``first_times`` of ``container``."""
    stream = container.streams[track.index]
    name = container.format.name
    index: FrameIndex | None = None
    if "mov" in name:
        index = read_tables(
            Path(source.path), Path(source.root), stream.id, starts.get(track.index)
        )
        if index is not None:
            return _truncated(index, stream, source.size)
    elif "matroska" in name:
        index = _cues(container, stream, source.size, info, starts.get(track.index))
    if index is None and source.size <= _SMALL:
        index = scan(source, track.index, check)
    return index or _listed(stream, info)


def _truncated(index: FrameIndex, stream: Any, size: int) -> FrameIndex:
    """``index`` without the pictures that the file breaks off before."""
    entries = stream.index_entries
    count = len(entries)
    if not count or entries[-1].pos + entries[-1].size <= size:
        return index
    whole = sum(1 for entry in entries if entry.pos + entry.size <= size)
    if whole == 0 or count != len(index.times):
        return index
    end = index.times[whole - 1] + index.frame_ticks
    keys = [key for key in index.keyframes if key < end]
    return FrameIndex(
        keys, index.first, end, index.frame_ticks, [], index.times[:whole], "breaks_off"
    )


def _cues(
    container: InputContainer, stream: Any, size: int, info: MediaInfo, first: int | None
) -> FrameIndex | None:
    try:
        container.seek(0, stream=stream)
    except av.FFmpegError:
        return None
    entries = [
        (to_ticks(entry.timestamp, stream.time_base), entry.pos)
        for entry in stream.index_entries
        if entry.is_keyframe
    ]
    if len(entries) < 2 or first is None:
        return None
    keys = sorted({time for time, _ in entries})
    end = max(keys[-1], round((info.start + info.duration) * TICKS))
    step = nominal_ticks(_rate(stream, info))
    return FrameIndex(
        keyframes=keys,
        first=min(first, keys[0]),
        end=end,
        frame_ticks=step,
        sizes=_between([pos for _, pos in sorted(entries)], size, info, keys, end),
        refused=_prove(container, stream, keys) if first == keys[0] else "starts_without_keyframe",
    )


def _between(places: list[int], size: int, info: MediaInfo, keys: list[int], end: int) -> list[int]:
    """Bytes of video between Cues: what lies there, less the sound that shares it."""
    sound = sum(track.bit_rate or 0 for track in info.audio)
    if len(places) != len(keys):
        return []
    sizes = [b - a for a, b in itertools.pairwise([*places, max(size, places[-1] + 1)])]
    times = [b - a for a, b in itertools.pairwise([*keys, end])]
    return [
        max(1, round(one - sound * time / TICKS / 8))
        for one, time in zip(sizes, times, strict=True)
    ]


def _prove(container: InputContainer, stream: Any, keys: list[int]) -> str | None:
    """Whether seeking to some of ``keys`` gives exactly them, and closed groups of pictures."""
    some = sorted({keys[at * (len(keys) - 1) // (_PROVED - 1)] for at in range(_PROVED)})
    for key in some:
        try:
            pts = (key * stream.time_base.denominator) // (stream.time_base.numerator * TICKS)
            container.seek(pts, stream=stream)
            reason = _prove_one(container, stream, key)
        except av.FFmpegError:
            reason = "no_index"
        if reason:
            return reason
    return None


def _prove_one(container: InputContainer, stream: Any, key: int) -> str | None:
    for number, packet in enumerate(container.demux(stream)):
        if packet.pts is None:
            return "timestamps_missing"
        time = to_ticks(packet.pts, stream.time_base)
        if number == 0 and (time != key or not packet.is_keyframe):
            return "no_index"
        if number and packet.is_keyframe:
            return None
        if time < key:
            return "open_gop"
        if number >= _AFTER_KEYFRAME:
            return None
    return None


def first_times(container: InputContainer) -> dict[int, int]:
    """Source ticks at which each track's first packet is heard or shown."""
    wanted = {
        stream.index: stream
        for stream in (*container.streams.video, *container.streams.audio)
        if stream.time_base
    }
    found: dict[int, int] = {}
    if "mov" in container.format.name:
        for index, stream in wanted.items():
            if stream.start_time is not None:
                found[index] = to_ticks(stream.start_time, stream.time_base)
        return found
    try:
        for packet in itertools.islice(container.demux(), _FIRST_PACKETS):
            time = packet.pts if packet.pts is not None else packet.dts
            if time is not None and packet.stream_index in wanted and not packet.is_discard:
                at = to_ticks(time, wanted[packet.stream_index].time_base)
                known = found.get(packet.stream_index)
                found[packet.stream_index] = at if known is None else min(at, known)
            if len(found) == len(wanted):
                break
    except (av.FFmpegError, OSError):
        pass
    for index, stream in wanted.items():
        if index not in found and stream.start_time is not None:
            found[index] = to_ticks(stream.start_time, stream.time_base)
    return found


def _listed(stream: Any, info: MediaInfo) -> FrameIndex:
    """The container's keyframes as places to start decoding, or an even grid."""
    first = round(info.start * TICKS)
    end = first + round(info.duration * TICKS)
    step = nominal_ticks(_rate(stream, info))
    keys = sorted(
        {
            to_ticks(entry.timestamp, stream.time_base)
            for entry in stream.index_entries
            if entry.is_keyframe
        }
    )
    keys = [key for key in keys if first <= key < end]
    if len(keys) < 2:
        keys = []
    return FrameIndex(keys, first, end, step, refused="no_index")


def _rate(stream: Any, info: MediaInfo) -> float | None:
    known = next((one.fps for one in info.video if one.index == stream.index), None)
    return known or stream.average_rate
