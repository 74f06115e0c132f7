"""The arithmetic on which segments join."""

import itertools
import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mediaserver.streaming.timeline import (
    decode_delay,
    decode_times,
    first_frame_at,
    from_ticks,
    to_ticks,
)


@given(st.lists(st.integers(1, 20_000), min_size=1, max_size=40), st.randoms())
def test_decode_times_rise_join_and_never_pass_their_picture(
    steps: list[int], order: random.Random
) -> None:
    shown, at = [], 0
    for step in steps:
        shown.append(at)
        at += step + 40
    first, rest = shown[0], shown[1:]
    order.shuffle(rest)
    delay = decode_delay(3_000)
    times = decode_times([first, *rest], at, delay)
    assert times[0] == first - delay
    assert times[-1] == at - delay
    assert all(a < b for a, b in itertools.pairwise(times))
    assert all(time <= when for time, when in zip(times, [first, *rest], strict=False))


def test_decode_times_of_a_steady_film_are_a_frame_apart() -> None:
    shown = [0, 9_000, 3_000, 6_000, 12_000]
    times = decode_times(shown, 15_000, 6_000)
    assert [b - a for a, b in itertools.pairwise(times)] == [3_000] * 5


@pytest.mark.parametrize(("cut", "frame"), [(0, 0), (1, 1), (1_920, 1), (1_921, 2), (180_000, 94)])
def test_a_segment_of_sound_starts_with_the_first_frame_at_or_after_the_cut(
    cut: int, frame: int
) -> None:
    assert first_frame_at(cut, 48_000) == frame


def test_ticks_are_rounded_to_the_nearest_and_back_to_the_one_before() -> None:
    base = Fraction(1, 24_000)
    assert to_ticks(1_001, base) == 3_754
    assert from_ticks(3_754, base) == 1_001
    assert from_ticks(3_753, base) == 1_000
    assert to_ticks(-512, Fraction(1, 12_800)) == -3_600
