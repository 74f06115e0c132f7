"""Time as it is cut: ticks of 1/90000 s, counted from timeline zero of the file.

A sample is delivered at its tick plus one constant offset, so that no decode time is ever negative.
Decode times and durations are written here and never taken from the source: those of a container
in milliseconds, or of one encoder per segment, do not add up from segment to segment.
"""

from fractions import Fraction

TICKS = 90_000
OFFSET_SECONDS = 10
OFFSET_TICKS = OFFSET_SECONDS * TICKS
TICK = Fraction(1, TICKS)
AAC_FRAME = 1024

_LONGEST_DELAY = TICKS // 2


def to_ticks(pts: int, time_base: Fraction | None) -> int:
    """Nearest tick; a stream without a time base counts in ticks."""
    if time_base is None:
        return pts
    den = time_base.denominator
    return (2 * pts * time_base.numerator * TICKS + den) // (2 * den)


def from_ticks(ticks: int, time_base: Fraction) -> int:
    """The last pts at or before ``ticks``."""
    return (ticks * time_base.denominator) // (time_base.numerator * TICKS)


def decode_delay(frame_ticks: int) -> int:
    """How far decode times run ahead of presentation: constant for a file, so that they join."""
    return min(2 * frame_ticks, _LONGEST_DELAY)


def decode_times(shown: list[int], end: int, delay: int) -> list[int]:
    """Decode times for pictures shown at ``shown`` (in decode order), and where they end.

    The first is the earliest picture less ``delay``, the last entry ``end`` less ``delay``, so
    segments join whatever order and rate lie within. Each rises, and none is later than its
    picture: where pictures are reordered further than the delay reaches, times move closer.
    """
    ordered = sorted(shown)
    times = [0] * len(shown)
    limit = end - delay
    for at in range(len(shown) - 1, -1, -1):
        limit = min(ordered[at] - delay, shown[at], limit - 1)
        times[at] = limit
    return [*times, end - delay]


def first_frame_at(ticks: int, sample_rate: int, frame: int = AAC_FRAME, origin: int = 0) -> int:
    """Number of the first audio frame that starts at or after ``ticks``.

    Frames start at ``origin`` + n x ``frame`` samples from timeline zero.
    """
    return -((origin * TICKS - ticks * sample_rate) // (frame * TICKS))
