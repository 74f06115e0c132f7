"""Soft music made of sines: slow chords under a plucked melody, which loops like the pictures.

libavfilter's aevalsrc computes the samples from an expression written here from the notes of a tune
(numbers only), aecho gives the room, pan spreads one channel over two or six. Playing starts a
little before the loop, so its echoes already ring when it begins and its end meets its beginning.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av

RATE = 48000
CHORD = 4.0
"""Seconds a chord lasts."""
SPREAD = {
    "stereo": "stereo|FL=c0|FR=c0",
    "5.1": "5.1|FL=0.9*c0|FR=0.9*c0|FC=0.6*c0|LFE=0.4*c0|BL=0.6*c0|BR=0.6*c0",
}
DELAYS = {"stereo": "0S|480S", "5.1": "0S|480S|240S|0S|1200S|1680S"}
"""Samples by which each speaker comes later: what makes one voice sound wide."""


@dataclass(frozen=True)
class Tune:
    """Chords as MIDI notes, four seconds each; the melody plucks their notes in ``pattern``."""

    chords: tuple[tuple[int, int, int], ...]
    pattern: tuple[int, ...]
    """Indexes into the chord for each pluck, evenly spaced over it; -1 rests."""
    bright: float = 0.3
    """Strength of the pluck's overtone, 0 to 1: what tells one instrument from another."""
    octave: int = 1

    @property
    def seconds(self) -> float:
        return CHORD * len(self.chords)


TIDE = Tune(((57, 60, 64), (53, 57, 60), (48, 55, 64), (55, 59, 62)), (0, 1, 2, 1, 0, 2, 1, -1))
RAILS = Tune(
    ((50, 57, 65), (46, 58, 62), (53, 57, 60), (48, 55, 64)), (0, 2, 1, 2) * 4, bright=0.15
)  # fmt: skip
RAILS_ORGAN = Tune(RAILS.chords, (0, -1, 1, -1), bright=0.9, octave=0)
MOBILE = Tune(((60, 64, 67), (57, 64, 69), (53, 60, 69), (55, 62, 71)), (2, 1, 0, 1, 2, -1), 0.1)
CLOCKWORK = Tune(
    ((48, 55, 63), (51, 58, 67), (46, 53, 62), (50, 57, 65), (48, 55, 63), (53, 60, 68)),
    (0, 1, 2, 1) * 4, bright=0.6,
)  # fmt: skip
HARBOUR = Tune(((50, 57, 66), (47, 54, 62), (55, 59, 62), (57, 61, 64)), (0, 1, 2, -1, 1, 2, 0, -1))
LANTERN = Tune(((62, 66, 69), (59, 62, 66), (55, 62, 71), (57, 64, 73)), (0, 1, 2, 1) * 2, 0.5)


def frequency(note: int) -> float:
    return float(440 * 2 ** ((note - 69) / 12))


def _pick(values: Sequence[float], variable: str) -> str:
    """An expression that is ``values[int(variable)]``."""
    if len(values) == 1:
        return f"{values[0]:.4f}"
    half = len(values) // 2
    low, high = _pick(values[:half], variable), _pick(values[half:], f"({variable}-{half})")
    return f"if(lt({variable},{half}),{low},{high})"


def _samples(tune: Tune, lead: float) -> str:
    """The sound as an expression of t. ld(0) is the time in the loop, ld(1) the chord."""
    steps = len(tune.pattern)
    now = f"mod(t+{tune.seconds - lead:.6f},{tune.seconds})"
    parts = [f"0*(st(0,{now})+st(1,floor(ld(0)/{CHORD}))+st(2,mod(ld(0),{CHORD})))"]
    for voice in range(3):
        pitches = [frequency(chord[voice]) for chord in tune.chords]
        swell = f"pow(sin(PI*ld(2)/{CHORD}),0.7)"
        parts.append(f"0.10*{swell}*sin(2*PI*ld(2)*{_pick(pitches, 'ld(1)')})")
    bass = [frequency(chord[0] - 12) for chord in tune.chords]
    parts.append(f"0.12*sin(PI*ld(2)/{CHORD})*sin(2*PI*ld(2)*{_pick(bass, 'ld(1)')})")
    plucks = [
        frequency(chord[index] + 12 * tune.octave) if index >= 0 else 0.0
        for chord in tune.chords
        for index in tune.pattern
    ]
    pluck = f"floor(ld(0)*{steps / CHORD})"
    parts.append(f"0*st(3,mod(ld(0),{CHORD / steps}))+0*st(4,2*PI*ld(3)*{_pick(plucks, pluck)})")
    shape = f"exp(-5*ld(3))*(1-exp(-300*ld(3)))*(1-ld(3)*{steps / CHORD})"
    parts.append(f"0.16*{shape}*(sin(ld(4))+{tune.bright}*sin(2*ld(4))*exp(-4*ld(3)))")
    return "+".join(parts)


def play(tune: Tune, layout: str, lead: float, rate: int = RATE) -> Iterator[av.AudioFrame]:
    """One round of the tune after ``lead`` seconds of its end; ``layout`` is "stereo" or "5.1"."""
    graph = av.filter.Graph()
    seconds = tune.seconds + lead
    sound = f"exprs='{_samples(tune, lead)}':s={rate}:d={seconds:.6f}:c=mono"
    chain = [
        graph.add("aevalsrc", sound),
        graph.add("aecho", "1:1:110|230|410:0.35|0.25|0.15"),
        graph.add("pan", SPREAD[layout]),
        graph.add("adelay", DELAYS[layout]),
    ]
    chain.append(graph.add("aformat", f"sample_fmts=fltp:channel_layouts={layout}"))
    chain.append(graph.add("abuffersink"))
    for left, right in itertools.pairwise(chain):
        left.link_to(right)
    graph.configure()
    while True:
        try:
            frame = graph.pull()
        except (av.EOFError, av.BlockingIOError):
            return
        if isinstance(frame, av.AudioFrame):
            yield frame
