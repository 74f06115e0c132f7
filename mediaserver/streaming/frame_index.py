"""What is known about the pictures of a track before any is decoded.

Sample tables (mp4, mov) and a whole scan know everything; Cues and other indexes know the
keyframes; some files know nothing.
"""

import itertools
from collections.abc import Sequence
from fractions import Fraction

import msgspec


class FrameIndex(msgspec.Struct, frozen=True):
    """Times are source ticks, not yet counted from timeline zero."""

    keyframes: list[int]
    """When each is shown, rising; empty when unknown."""
    first: int
    end: int
    frame_ticks: int
    sizes: list[int] = []
    """Bytes of video from each keyframe to the next, when known."""
    times: Sequence[int] = ()
    """When each picture is shown, rising, when known."""
    refused: str | None = None
    """Why its keyframes are no exact places to cut a copy."""


class SoundStart(msgspec.Struct, frozen=True):
    """Where an audio track begins; source ticks."""

    heard: int
    """The first sample that is heard: what encoders put before it is skipped."""
    packets: int
    """The first packet, from which all others are counted."""
    rate: int
    samples: int
    """In each packet; 0 when that varies or cannot be told."""
    end: int | None = None


class Looked(msgspec.Struct, frozen=True):
    """All that a plan needs of a file."""

    index: FrameIndex
    sounds: dict[int, SoundStart] = {}
    """By stream index."""


def usual_step(times: Sequence[int], default: int) -> int:
    """The usual distance of neighbours among sorted ``times``, which may come in bursts."""
    steps = sorted(b - a for a, b in itertools.pairwise(times[:2000]) if b > a)
    if not steps:
        return default
    median, mean = steps[len(steps) // 2], sum(steps) // len(steps)
    return median if mean < 3 * median else mean


def nominal_ticks(rate: Fraction | float | None) -> int:
    """Duration of a frame at ``rate`` frames per second; that of 25 when unknown or absurd."""
    if not rate or not 0.05 <= float(rate) <= 480:
        return 3600
    return round(90_000 / float(rate))
