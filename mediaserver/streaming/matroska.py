"""Keyframes from Matroska's Cues, proved where it is cheap.

Cues name the keyframes but may be partial, and tell nothing of open groups of pictures; so some
are sought, and what the file gives there must be what they say.
"""

import itertools
from collections import defaultdict
from typing import Any

import av
from av.container import InputContainer

from mediaserver.library import MediaInfo, VideoTrack
from mediaserver.streaming.frame_index import FrameIndex, nominal_ticks
from mediaserver.streaming.timeline import TICKS, from_ticks, to_ticks

_PROVED = 4
_AFTER_KEYFRAME = 8
_SAMPLE = 40
"""Packets looked at in each place, to learn what share of the file is not video."""


def cue_index(
    container: InputContainer, size: int, info: MediaInfo, track: VideoTrack
) -> FrameIndex | None:
    """None when there are no Cues. Moves the container's position."""
    stream = container.streams[track.index]
    first = _first_picture(container, stream)
    try:
        container.seek(0, stream=stream)
    except av.FFmpegError:
        return None
    entries = sorted(
        (to_ticks(entry.timestamp, stream.time_base), entry.pos)
        for entry in stream.index_entries
        if entry.is_keyframe
    )
    if len(entries) < 2 or first is None:
        return None
    keys = sorted({time for time, _ in entries})
    end = max(keys[-1], round((info.start + info.duration) * TICKS))
    proof = _Proof(container, stream)
    refused = proof.of(keys) if first == keys[0] else "starts_without_keyframe"
    places = [place for _, place in entries]
    return FrameIndex(
        keyframes=keys,
        first=min(first, keys[0]),
        end=end,
        frame_ticks=nominal_ticks(track.fps or stream.average_rate),
        sizes=_sizes([*places, size], [*keys, end], proof) if len(places) == len(keys) else [],
        refused=refused,
    )


def _first_picture(container: InputContainer, stream: Any) -> int | None:
    try:
        container.seek(0)
        times = [
            packet.pts
            for packet in itertools.islice(container.demux(stream), _AFTER_KEYFRAME)
            if packet.pts is not None
        ]
    except av.FFmpegError:
        return None
    return to_ticks(min(times), stream.time_base) if times else None


def _sizes(places: list[int], times: list[int], proof: "_Proof") -> list[int]:
    """Bytes of video between Cues: what lies there, less what else shares it."""
    other = proof.other_bytes_per_tick
    spans = [max(1, b - a) for a, b in itertools.pairwise(times)]
    rates = [
        max(0.0, (b - a) / span - other)
        for (a, b), span in zip(itertools.pairwise(places), spans, strict=True)
    ]
    # Cues and tags usually lie behind the last picture.
    rates[-1] = min(rates[-1], max(rates[:-1], default=rates[-1]))
    return [max(1, round(rate * span)) for rate, span in zip(rates, spans, strict=True)]


class _Proof:
    """Looks at some keyframes, and weighs what else lies beside them."""

    def __init__(self, container: InputContainer, stream: Any) -> None:
        self._container = container
        self._stream = stream
        self._bytes: defaultdict[int, int] = defaultdict(int)
        self._ticks: defaultdict[int, int] = defaultdict(int)

    @property
    def other_bytes_per_tick(self) -> float:
        return sum(
            size / self._ticks[track] for track, size in self._bytes.items() if self._ticks[track]
        )

    def of(self, keys: list[int]) -> str | None:
        """Why ``keys`` are no places to cut a copy."""
        some = {keys[at * (len(keys) - 1) // (_PROVED - 1)] for at in range(_PROVED)}
        for key in sorted(some):
            try:
                self._container.seek(from_ticks(key, self._stream.time_base), stream=self._stream)
                reason = self._one(key)
            except av.FFmpegError:
                reason = "no_index"
            if reason:
                return reason
        return None

    def _one(self, key: int) -> str | None:
        count, closed = 0, False
        for packet in itertools.islice(self._container.demux(), _SAMPLE):
            if packet.stream_index != self._stream.index:
                if packet.size and packet.duration:
                    self._bytes[packet.stream_index] += packet.size
                    self._ticks[packet.stream_index] += to_ticks(packet.duration, packet.time_base)
                continue
            if closed or not packet.size:
                continue
            if packet.pts is None:
                return "timestamps_missing"
            time = to_ticks(packet.pts, self._stream.time_base)
            if count == 0 and (time != key or not packet.is_keyframe):
                return "no_index"
            if time < key:
                return "open_gop"
            count += 1
            closed = count > _AFTER_KEYFRAME or (count > 1 and packet.is_keyframe)
        return None if count else "no_index"
