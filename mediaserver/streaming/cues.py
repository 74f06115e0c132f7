"""Cues: timed text with a place on the screen, and the WebVTT that we write of them ourselves.

Nothing of a file's markup is passed on. A cue is a list of styled runs of plain text, so what
leaves here is escaped by construction (security: subtitles are hostile as any other input).
"""

from collections.abc import Iterable, Sequence

import msgspec

TIMESTAMP_MAP = "X-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000"
"""Cue times count from timeline zero; video and audio stand 10 s (900,000 ticks) later."""
MAX_CUES = 50_000
MAX_CUE_TEXT = 4_000
"""Characters of one cue; what is longer is cut. A screen holds some hundred."""


class Run(msgspec.Struct, frozen=True):
    """Text with one style. ``style`` holds letters of "biu"; ``color`` a WebVTT colour class."""

    text: str
    style: str = ""
    color: str | None = None


class Place(msgspec.Struct, frozen=True):
    """Where a cue stands, in WebVTT's terms; None is the player's own choice."""

    line: str | None = None
    position: int | None = None
    align: str | None = None

    def settings(self) -> str:
        parts = [
            f"line:{self.line}" if self.line is not None else "",
            f"position:{self.position}%" if self.position is not None else "",
            f"align:{self.align}" if self.align is not None else "",
        ]
        return "".join(f" {part}" for part in parts if part)


BOTTOM = Place()


class Cue(msgspec.Struct, frozen=True):
    """Seconds from timeline zero."""

    start: float
    end: float
    runs: tuple[Run, ...]
    place: Place = BOTTOM


def place_of_alignment(alignment: int) -> Place:
    """ASS's numeric keypad: 8 is top centre, 2 the usual bottom centre."""
    row, column = divmod(alignment - 1, 3)
    line = (None, "50%", "0")[row]
    if column == 1:
        return Place(line=line)
    return Place(line=line, position=(5, 50, 95)[column], align=("start", "center", "end")[column])


def window_of(cues: Iterable[Cue], start: float, end: float) -> list[Cue]:
    """Cues seen in start..end; one that crosses a boundary is in both windows (RFC 8216, 3.5)."""
    return [cue for cue in cues if cue.start < end and cue.end > start]


def shifted(cues: Iterable[Cue], seconds: float) -> list[Cue]:
    """Earlier by ``seconds``; what would end before zero is dropped."""
    return [
        Cue(max(0.0, cue.start - seconds), cue.end - seconds, cue.runs, cue.place)
        for cue in cues
        if cue.end > seconds
    ]


def webvtt(cues: Sequence[Cue]) -> bytes:
    """One WebVTT media segment, complete with its header."""
    blocks = [f"WEBVTT\n{TIMESTAMP_MAP}"]
    for cue in cues:
        text = _payload(cue.runs)
        if text:
            times = f"{_clock(cue.start)} --> {_clock(cue.end)}{cue.place.settings()}"
            blocks.append(f"{times}\n{text}")
    return ("\n\n".join(blocks) + "\n").encode()


def _payload(runs: Iterable[Run]) -> str:
    text = "".join(_tagged(run) for run in runs)
    # an empty line would end the cue
    return "\n".join(line for line in text.split("\n") if line.strip())


def _tagged(run: Run) -> str:
    # tags are opened and closed on each line, so that dropping an empty one loses none
    return "\n".join(_tagged_line(line, run) for line in run.text.split("\n"))


def _tagged_line(line: str, run: Run) -> str:
    if not line.strip():
        return line
    text = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for tag in run.style:
        text = f"<{tag}>{text}</{tag}>"
    return f"<c.{run.color}>{text}</c>" if run.color else text


def _clock(seconds: float) -> str:
    milliseconds = round(seconds * 1000)
    minutes, milliseconds = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"
