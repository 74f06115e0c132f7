"""Where the segments of a file begin and end, from its index and not from reading it through.

Copied segments begin on keyframes, grouped to two seconds or more counted from the previous cut (an
absolute grid drifts). Encoded ones begin at the same cuts and, inside long groups of pictures, at
even pieces of about two seconds. Whatever makes a copy inexact refuses it, with its reason.
"""

import bisect
import itertools
from collections.abc import Callable, Sequence

import av

from mediaserver.errors import Unplayable
from mediaserver.library import MediaInfo, VideoTrack
from mediaserver.streaming.decide import main_video
from mediaserver.streaming.frame_index import FrameIndex, Looked
from mediaserver.streaming.lookup import look
from mediaserver.streaming.models import AudioTiming, Plan, Source
from mediaserver.streaming.timeline import TICKS

VERSION = 1
SHORTEST = 2 * TICKS
LONGEST_COPY = 20 * TICKS
_LEAST = TICKS // 2
_LATE = TICKS // 2
_BOX_BYTES = 16
"""What a sample costs in the sample table of its fragment."""
_IN_FMP4 = {"h264", "hevc", "av1", "vp9"}


def make_plan(source: Source, info: MediaInfo, check: Callable[[], None]) -> Plan:
    """The plan of ``source``; raises Unplayable when nothing in it can be shown."""
    track = main_video(info)
    try:
        looked = look(source, info, track, check)
    except (av.FFmpegError, OSError) as err:
        raise Unplayable("The file is damaged.", code="damaged") from err
    return lay_out(looked, info, track)


def lay_out(looked: Looked, info: MediaInfo, track: VideoTrack) -> Plan:
    """Cuts on the timeline that begins with the first picture or sound. Pure."""
    index = looked.index
    zero = min([index.first, *(sound.heard for sound in looked.sounds.values())])
    start, end = index.first - zero, _end(looked, info) - zero
    late = start > _LATE
    if late:
        start = 0
    end = max(end, start + index.frame_ticks)
    grouped = _group([key - zero for key in index.keyframes], start, end)
    refused = _refusal(index, track, grouped, (late, end + zero))
    peak, average = _bit_rates(index, grouped, zero) if refused is None else (None, None)
    return Plan(
        version=VERSION,
        zero_ticks=zero,
        cuts=_divide(grouped, index.times, zero),
        copy_cuts=() if refused else tuple(grouped),
        copy_refused=refused,
        copy_peak_bit_rate=peak,
        copy_average_bit_rate=average,
        frame_ticks=index.frame_ticks,
        audio=tuple(
            AudioTiming(
                at, sound.rate, round((sound.packets - zero) * sound.rate / TICKS), sound.samples
            )
            for at, sound in looked.sounds.items()
        ),
    )


def _end(looked: Looked, info: MediaInfo) -> int:
    """The last picture or sound: tables know it, else the probe has proved it."""
    ends = [sound.end for sound in looked.sounds.values()]
    known = [end for end in ends if end is not None]
    if len(looked.index.times) and len(known) == len(ends):
        return max([looked.index.end, *known])
    return max(looked.index.end, round((info.start + info.duration) * TICKS))


def _group(keys: Sequence[int], start: int, end: int) -> list[int]:
    cuts = [start]
    for key in keys:
        if key - cuts[-1] >= SHORTEST and end - key >= _LEAST:
            cuts.append(key)
    return [*cuts, end]


def _refusal(
    index: FrameIndex, track: VideoTrack, grouped: Sequence[int], span: tuple[bool, int]
) -> str | None:
    """The first reason against a copy. ``span``: whether it starts late, and the film's end."""
    late, end = span
    longest = max(b - a for a, b in itertools.pairwise(grouped))
    against = (
        (track.codec not in _IN_FMP4, "codec_not_in_fmp4"),
        # libav's muxer takes no display matrix from here, and players disagree about it.
        (bool(track.rotation or track.mirrored), "rotated"),
        (not index.keyframes, "no_index"),
        (index.refused is not None, index.refused),
        (late, "video_starts_late"),
        (end - index.end > SHORTEST, "video_ends_early"),
        (longest > LONGEST_COPY, "keyframes_too_far_apart"),
    )
    return next((reason for holds, reason in against if holds), None)


def _divide(grouped: Sequence[int], times: Sequence[int], zero: int) -> tuple[int, ...]:
    """``grouped`` with long stretches cut evenly, on pictures where their times are known."""
    cuts = [grouped[0]]
    for a, b in itertools.pairwise(grouped):
        pieces = max(1, round((b - a) / SHORTEST))
        for piece in range(1, pieces):
            cut = _on_picture(a + (b - a) * piece // pieces, times, zero)
            if cut - cuts[-1] >= _LEAST and b - cut >= _LEAST:
                cuts.append(cut)
        cuts.append(b)
    return tuple(cuts)


def _on_picture(cut: int, times: Sequence[int], zero: int) -> int:
    """The first picture from ``cut`` on, unless it is far: then ``cut`` itself is held."""
    at = bisect.bisect_left(times, cut + zero)
    near = at < len(times) and times[at] - zero - cut < _LEAST
    return times[at] - zero if near else cut


def _bit_rates(index: FrameIndex, grouped: Sequence[int], zero: int) -> tuple[int | None, ...]:
    """Peak and average bits per second of the copied segments, fragment boxes included."""
    if not index.sizes:
        return None, None
    sizes = [0] * (len(grouped) - 1)
    for key, size in zip(index.keyframes, index.sizes, strict=True):
        at = min(bisect.bisect_right(grouped, key - zero) - 1, len(sizes) - 1)
        sizes[max(at, 0)] += size
    lengths = [b - a for a, b in itertools.pairwise(grouped)]
    boxes = [_BOX_BYTES * length / index.frame_ticks for length in lengths]
    rates = [
        (size + box) * 8 * TICKS / length
        for size, box, length in zip(sizes, boxes, lengths, strict=True)
    ]
    average = (sum(sizes) + sum(boxes)) * 8 * TICKS / sum(lengths)
    return round(max(rates)), round(average)
