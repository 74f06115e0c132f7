"""The markup inside cues, as SubRip, ASS, WebVTT and MP4 timed text write it, read into runs.

Kept: bold, italic, underline, WebVTT's own colours, and where a cue stands. Everything else is
stripped. Every reader makes one pass over its text, so no input takes longer than its length.
"""

import re
import struct
from html import unescape

from mediaserver.streaming.cues import BOTTOM, MAX_CUE_TEXT, Place, Run, place_of_alignment

_STYLES = "biu"
COLORS = frozenset({"white", "lime", "cyan", "red", "yellow", "magenta", "blue", "black"})
# controls and the marks that reorder or hide text; line breaks stay
_UNSEEN: dict[int, int | None] = {
    **dict.fromkeys((*range(32), 127, 0xFEFF, *range(0xD800, 0xE000))),
    9: 32,
    10: 10,
}
_TAG = re.compile(r"<(/?)([A-Za-z]{1,8})([^<>]{0,200})>")
_VTT_TIME = re.compile(r"<[\d:.]{5,20}>")
_OVERRIDE = re.compile(r"\{([^{}]*)\}")
_ALIGNMENT = re.compile(r"\\an([1-9])")
_OLD_ALIGNMENT = re.compile(r"\\a(\d{1,2})(?!\d)")
_POSITION = re.compile(r"\\(?:pos|move)\(\s*(-?\d+(?:\.\d+)?)\s*,\s*(-?\d+(?:\.\d+)?)")
_SWITCH = re.compile(r"\\([biu])(\d{1,4})(?!\d)|\\(r)|\\p(\d{1,2})(?!\d)")


class _Runs:
    """Collects text under the style in force."""

    def __init__(self, style: str = "") -> None:
        self._runs: list[Run] = []
        self._left = MAX_CUE_TEXT
        self.style = set(style)
        self.color: str | None = None

    def add(self, text: str) -> None:
        text = text.translate(_UNSEEN)[: self._left]
        self._left -= len(text)
        if text:
            style = "".join(letter for letter in _STYLES if letter in self.style)
            self._runs.append(Run(text, style, self.color))

    def taken(self) -> tuple[Run, ...]:
        return tuple(self._runs)


def subrip(text: str) -> tuple[tuple[Run, ...], Place]:
    r"""SubRip with its HTML-like tags and the ``{\an8}`` that many files borrow from ASS."""
    codes = "".join(_OVERRIDE.findall(text))
    place = _alignment(codes) or BOTTOM
    return _html_like(_OVERRIDE.sub("", text)), place


def vtt(text: str) -> tuple[Run, ...]:
    return _html_like(_VTT_TIME.sub("", text), decode=True)


def _html_like(text: str, *, decode: bool = False) -> tuple[Run, ...]:
    runs = _Runs()
    at = 0
    for tag in _TAG.finditer(text):
        runs.add(unescape(text[at : tag.start()]) if decode else text[at : tag.start()])
        at = tag.end()
        closing, name, rest = tag.group(1), tag.group(2).lower(), tag.group(3)
        if name in _STYLES:
            (runs.style.discard if closing else runs.style.add)(name)
        elif name == "c":
            classes = [] if closing else rest.removeprefix(".").split(".")
            runs.color = next((one for one in classes if one in COLORS), None)
    runs.add(unescape(text[at:]) if decode else text[at:])
    return runs.taken()


class AssStyle:
    """What a line of ASS inherits: letters of "biu" and the keypad alignment."""

    def __init__(self, style: str = "", alignment: int = 2) -> None:
        self.style = style
        self.alignment = alignment


def ass(
    text: str, inherited: AssStyle, resolution: tuple[float, float]
) -> tuple[tuple[Run, ...], Place]:
    r"""An ASS line. ``\pos`` is relative to the script's ``resolution``; drawings are dropped."""
    runs = _Runs(inherited.style)
    drawing = False
    at = 0
    codes: list[str] = []
    for override in _OVERRIDE.finditer(text):
        if not drawing:
            runs.add(_ass_text(text[at : override.start()]))
        at = override.end()
        codes.append(override.group(1))
        drawing = _switch(override.group(1), runs, inherited, drawing=drawing)
    if not drawing:
        runs.add(_ass_text(text[at:]))
    return runs.taken(), _ass_place("".join(codes), inherited, resolution)


def _switch(codes: str, runs: _Runs, inherited: AssStyle, *, drawing: bool) -> bool:
    for letter, value, reset, draw in _SWITCH.findall(codes):
        if reset:
            runs.style = set(inherited.style)
        elif letter:
            (runs.style.add if int(value) else runs.style.discard)(letter)
        elif draw:
            drawing = int(draw) > 0
    return drawing


def _ass_text(text: str) -> str:
    return text.replace("\\N", "\n").replace("\\n", " ").replace("\\h", "\u00a0")


def _alignment(codes: str) -> Place | None:
    found = _ALIGNMENT.search(codes)
    if found:
        return place_of_alignment(int(found.group(1)))
    old = _OLD_ALIGNMENT.search(codes)
    if not old:
        return None
    # SSA counts 1 2 3 along the bottom, +4 for the top, +8 for the middle
    row, column = divmod(int(old.group(1)), 4)
    if not 1 <= column <= 3 or row > 2:
        return None
    return place_of_alignment((0, 6, 3)[row] + column)


def _ass_place(codes: str, inherited: AssStyle, resolution: tuple[float, float]) -> Place:
    place = _alignment(codes) or place_of_alignment(inherited.alignment)
    point = _POSITION.search(codes)
    if point is None or resolution[0] <= 0 or resolution[1] <= 0:
        return place
    across = _percent(float(point.group(1)), resolution[0])
    down = _percent(float(point.group(2)), resolution[1])
    return Place(line=f"{down}%", position=across, align=place.align or "center")


def _percent(value: float, whole: float) -> int:
    return min(100, max(0, round(100 * value / whole)))


def mov_text(sample: bytes) -> tuple[Run, ...]:
    """An MP4 timed-text sample (3GPP TS 26.245): length, text, then boxes, of which ``styl``."""
    if len(sample) < 2:
        return ()
    (length,) = struct.unpack_from(">H", sample)
    raw = sample[2 : 2 + length]
    text = raw.decode("utf-16" if raw[:2] in {b"\xfe\xff", b"\xff\xfe"} else "utf-8", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    runs = _Runs()
    at = 0
    for start, end, style in _styl(sample[2 + length :]):
        if not at <= start < end:
            continue
        runs.style = set()
        runs.add(text[at:start])
        runs.style = set(style)
        runs.add(text[start:end])
        at = end
    runs.style = set()
    runs.add(text[at:])
    return runs.taken()


def _styl(boxes: bytes) -> list[tuple[int, int, str]]:
    """First character, one past the last, and letters of "biu"."""
    at = 0
    while at + 8 <= len(boxes):
        size, kind = struct.unpack_from(">I4s", boxes, at)
        body = boxes[at + 8 : at + size]
        if kind == b"styl" and len(body) >= 2:
            (count,) = struct.unpack_from(">H", body)
            entries = [body[2 + 12 * n : 14 + 12 * n] for n in range(count)]
            parts = [struct.unpack(">HHHB", entry[:7]) for entry in entries if len(entry) == 12]
            return [
                (start, end, "".join(s for bit, s in enumerate(_STYLES) if flags >> bit & 1))
                for start, end, _font, flags in parts
            ]
        if size < 8:
            break
        at += size
    return []
