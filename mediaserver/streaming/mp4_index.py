"""What a plan asks of an mp4: when pictures are shown and where sound begins."""

import itertools
from collections.abc import Iterator, Sequence
from typing import overload

from mediaserver.library import AudioTrack, MediaInfo
from mediaserver.streaming.frame_index import FrameIndex, SoundStart, usual_step
from mediaserver.streaming.mp4_tables import Track
from mediaserver.streaming.timeline import TICKS

_NEIGHBOURS = 32
"""No decoder reorders pictures further."""
_PACKETS = (1024, 2048, 960, 1152, 576, 1536)
_LEADING = 4
"""Pictures shown before a keyframe follow it at once in decode order."""


class Steady(Sequence[int]):
    """Times of a film of constant rate, computed when asked."""

    def __init__(self, first: int, step: int, count: int, scale: int) -> None:
        self._first, self._step, self._count, self._scale = first, step, count, scale

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, index: int) -> int: ...

    @overload
    def __getitem__(self, index: slice) -> list[int]: ...

    def __getitem__(self, index: int | slice) -> int | list[int]:
        if isinstance(index, slice):
            return [self[n] for n in range(*index.indices(self._count))]
        if not -self._count <= index < self._count:
            raise IndexError(index)
        at = index + self._count if index < 0 else index
        return _ticks(self._first + at * self._step, self._scale)


def fits(tracks: Sequence[Track], info: MediaInfo) -> bool:
    """Whether libav's streams are these tracks, one for one."""
    wanted = [(track.index, b"vide") for track in info.video]
    wanted += [(track.index, b"soun") for track in info.audio]
    return all(
        index < len(tracks) and tracks[index].handler == handler for index, handler in wanted
    )


def pictures(track: Track) -> FrameIndex | None:
    """The index of a video track; None when it holds nothing to show."""
    if not track.count or not len(track.sync):
        return None
    scale, count, edit = track.timescale, track.count, track.edit
    head = sorted(map(track.shown, range(min(_NEIGHBOURS, count))))
    last = max(map(track.shown, range(max(0, count - _NEIGHBOURS), count)))
    step = track.durations.value(0)
    hidden = head[0] < edit.begin - 1 or (edit.until is not None and last >= edit.until)
    times: Sequence[int]
    if not hidden and step and last - head[0] == (count - 1) * step:
        times = Steady(head[0], step, count, scale)
        usual = max(1, round(step * TICKS / scale))
    else:
        times = list(_visible(track))
        if not times:
            return None
        usual = usual_step(times, 3600)
    tail = _ticks(track.durations.value(count - 1), scale)
    total = list(itertools.accumulate(track.sizes, initial=0))
    edges = [*track.sync, count]
    keys = [track.shown(n) for n in track.sync]
    return FrameIndex(
        keyframes=[_ticks(key, scale) for key in keys],
        first=times[0],
        end=times[-1] + (tail if 0 < tail < 10 * usual else usual),
        frame_ticks=usual,
        sizes=[total[b] - total[a] for a, b in itertools.pairwise(edges)],
        times=times,
        refused=_refusal(track, keys, head[0], hidden=hidden),
    )


def _visible(track: Track) -> Iterator[int]:
    edit = track.edit
    shown = sorted(map(track.shown, range(track.count)))
    for at in shown:
        if at >= edit.begin - 1 and (edit.until is None or at < edit.until):
            yield _ticks(at, track.timescale)


def _refusal(track: Track, keys: Sequence[int], first: int, *, hidden: bool) -> str | None:
    if hidden or not track.edit.plain:
        return "edit_list"
    if any(a >= b for a, b in itertools.pairwise(keys)):
        return "timestamps_missing"
    if track.sync[0] != 0 or keys[0] != first:
        return "starts_without_keyframe"
    for number, key in zip(track.sync, keys, strict=True):
        for after in range(number + 1, min(number + _LEADING, track.count)):
            if track.shown(after) < key:
                return "open_gop"
    return None


def sound(track: Track, known: AudioTrack) -> SoundStart | None:
    """Where a sound track begins to be heard, and the grid of its packets."""
    if not track.count or not known.sample_rate:
        return None
    scale, first = track.timescale, track.shown(0)
    end = track.durations.total(track.count) + track.edit.shift
    return SoundStart(
        heard=_ticks(max(first, track.edit.begin), scale),
        packets=_ticks(first, scale),
        rate=known.sample_rate,
        samples=_packet_samples(track, known.sample_rate),
        end=_ticks(end, scale),
    )


def _packet_samples(track: Track, rate: int) -> int:
    """From the usual duration of a packet, which a coarse timescale rounds."""
    usual = track.durations.usual
    if usual * rate % track.timescale == 0:
        return usual * rate // track.timescale
    near = [size for size in _PACKETS if abs(size * track.timescale / rate - usual) <= 1]
    return near[0] if near else 0


def _ticks(time: int, scale: int) -> int:
    return (2 * time * TICKS + scale) // (2 * scale)
