"""Subtitle files beside the film, in any encoding and five formats, read into cues.

Pure: bytes in, cues out. Readers of our own, because the usual ones drop the position of a cue.
Each makes one pass, so a hostile file costs no more than its size, which has a cap.
"""

import codecs
import itertools
import re
from collections.abc import Iterable, Iterator

import charset_normalizer

from mediaserver.errors import Unplayable
from mediaserver.streaming.cue_markup import AssStyle, ass, subrip, vtt
from mediaserver.streaming.cues import MAX_CUES, Cue, Place, Run

MAX_BYTES = 10_000_000
_SAMPLE = 1 << 16
_LONGEST_LINE = 20_000
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# what people of that language saved their files in before UTF-8
_CUSTOMARY = {
    **dict.fromkeys(("en", "de", "fr", "es", "it", "pt", "nl", "sv", "da", "fi", "no"), "cp1252"),
    **dict.fromkeys(("cs", "pl", "hu", "sk", "sl", "hr", "ro", "bs", "sq"), "cp1250"),
    **dict.fromkeys(("ru", "uk", "bg", "mk", "sr"), "cp1251"),
    "el": "cp1253", "tr": "cp1254", "he": "cp1255", "ar": "cp1256", "fa": "cp1256",
    "lt": "cp1257", "lv": "cp1257", "et": "cp1257", "vi": "cp1258", "th": "cp874",
    "ja": "cp932", "ko": "cp949", "zh": "gb18030",
}  # fmt: skip
_TIME = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})[,.:](\d{1,3})"
_TIMING = re.compile(rf"\s{{0,20}}{_TIME}\s{{0,20}}-->\s{{0,20}}{_TIME}(.{{0,200}})")
_FRAMES = re.compile(r"\{(\d{1,8})\}\{(\d{1,8})\}")
_SYNC = re.compile(r"<SYNC\s{1,9}START\s{0,9}=\s{0,9}[\"']?(\d{1,9})[^<>]{0,200}>", re.IGNORECASE)
_SAMI_CLASS = re.compile(r"<P\s{1,9}CLASS\s{0,9}=\s{0,9}[\"']?(\w{1,40})", re.IGNORECASE)
_SAMI_BREAK = re.compile(r"<BR\s{0,9}/?>", re.IGNORECASE)
_LAST = 4.0
"""Seconds that the last line of a file without ends is shown."""
_FILM_FPS = 24_000 / 1001
_ASS_TIME = re.compile(r"\s{0,20}(\d{1,3}):(\d{1,2}):(\d{1,2})[.:](\d{1,3})")
_SETTING = re.compile(r"(line|position|align):([a-z0-9.%-]{1,10})")
_LINE = re.compile(r"-?\d{1,3}|\d{1,3}(?:\.\d{1,4})?%")
_ALIGNS = {
    "start": "start", "left": "left", "center": "center", "middle": "center", "end": "end",
    "right": "right",
}  # fmt: skip


def read_cues(
    content: bytes, codec: str, language: str | None = None, fps: float | None = None
) -> list[Cue]:
    """Cues by start. ``codec`` is FFmpeg's name; ``language`` (a tag) helps to tell encodings.

    MicroDVD counts frames, so it needs the film's ``fps``.
    """
    if len(content) > MAX_BYTES:
        raise Unplayable("The subtitle file is too large.", code="subtitles_too_large")
    lines = (line[:_LONGEST_LINE] for line in decoded(content, language).splitlines())
    if codec in {"ass", "ssa"}:
        cues = _ass(lines)
    elif codec == "webvtt":
        cues = _webvtt(lines)
    elif codec == "sami":
        cues = _sami(lines)
    elif codec == "microdvd":
        cues = _microdvd(lines, fps or _FILM_FPS)
    else:
        cues = _subrip(lines)
    return tidy(cues)


def tidy(cues: Iterable[Cue]) -> list[Cue]:
    """In order, without repeats (ASS draws a line twice for its shadow) or empty spans."""
    kept: dict[tuple[object, ...], Cue] = {}
    for cue in cues:
        if cue.end > cue.start and cue.runs:
            text = "".join(run.text for run in cue.runs)
            kept.setdefault((cue.start, cue.end, text), cue)
        if len(kept) >= MAX_CUES:
            break
    return sorted(kept.values(), key=lambda cue: cue.start)


# ---- encodings ------------------------------------------------------------------------------


def decoded(content: bytes, language: str | None) -> str:
    for bom, encoding in _BOMS:
        if content.startswith(bom):
            return content.decode(encoding, "replace")
    sample = content[:_SAMPLE]
    if sample.count(0) > len(sample) // 5:
        little = sample[1::2].count(0) >= sample[::2].count(0)
        return content.decode("utf-16-le" if little else "utf-16-be", "replace")
    customary = _CUSTOMARY.get((language or "").split("-")[0])
    for encoding in filter(None, ("utf-8", customary)):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    best = charset_normalizer.from_bytes(sample).best()
    return content.decode(best.encoding if best else "cp1252", "replace")


# ---- SAMI -----------------------------------------------------------------------------------


def _sami(lines: Iterable[str]) -> Iterator[Cue]:
    """Each SYNC shows its text until the next; of several languages in one file, the first."""
    text = "\n".join(lines)
    syncs = list(_SYNC.finditer(text))
    spoken: str | None = None
    said: list[tuple[float, tuple[Run, ...]]] = []
    for sync, following in itertools.zip_longest(syncs, syncs[1:]):
        body = text[sync.end() : following.start() if following else len(text)][:_LONGEST_LINE]
        language = _SAMI_CLASS.search(body)
        if language:
            spoken = spoken or language.group(1).lower()
            if language.group(1).lower() != spoken:
                continue
        runs = vtt(_SAMI_BREAK.sub("\n", " ".join(body.split())))
        said.append((int(sync.group(1)) / 1000, runs))
    for (start, runs), after in itertools.zip_longest(said, said[1:]):
        if any(run.text.strip() for run in runs):
            yield Cue(start, after[0] if after else start + _LAST, runs)


# ---- SubRip and WebVTT ----------------------------------------------------------------------


def _subrip(lines: Iterable[str]) -> Iterator[Cue]:
    for timing, text, followed in _timed(lines, ends_at_blank=False):
        if followed and text and text[-1].strip().isdigit():
            text.pop()  # the number of the next cue stands above its timing
        runs, place = subrip("\n".join(line for line in text if line.strip()))
        yield Cue(*_span(timing), runs, place)


def _webvtt(lines: Iterable[str]) -> Iterator[Cue]:
    for timing, text, _ in _timed(lines, ends_at_blank=True):
        yield Cue(*_span(timing), vtt("\n".join(text)), _settings(timing.group(9)))


def _timed(
    lines: Iterable[str], *, ends_at_blank: bool
) -> Iterator[tuple[re.Match[str], list[str], bool]]:
    """Each timing line, the text below it, and whether another timing follows at once."""
    timing: re.Match[str] | None = None
    text: list[str] = []
    for line in lines:
        found = _TIMING.match(line)
        if found:
            if timing:
                yield timing, text, True
            timing, text = found, []
        elif timing and ends_at_blank and not line.strip():
            yield timing, text, False
            timing = None
        elif timing and len(text) < 200:
            text.append(line)
    if timing:
        yield timing, text, False


def _span(timing: re.Match[str]) -> tuple[float, float]:
    parts = timing.groups()
    return _seconds(parts[:4]), _seconds(parts[4:8])


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return (
        int(hours or 0) * 3600
        + int(minutes or 0) * 60
        + int(seconds or 0)
        + int((fraction or "0").ljust(3, "0")) / 1000
    )


def _settings(text: str) -> Place:
    found = dict(_SETTING.findall(text))
    line = found.get("line", "")
    position = found.get("position", "").removesuffix("%").split(".")[0]
    return Place(
        line=line if _LINE.fullmatch(line) else None,
        position=min(100, int(position)) if position.isdigit() else None,
        align=_ALIGNS.get(found.get("align", "")),
    )


def _microdvd(lines: Iterable[str], fps: float) -> Iterator[Cue]:
    for line in lines:
        frames = _FRAMES.match(line)
        if frames:
            italic = "{y:i" in line[:40].lower()
            text = line[frames.end() :].replace("|", "\n")
            runs, place = subrip(f"<i>{text}</i>" if italic else text)
            yield Cue(int(frames.group(1)) / fps, int(frames.group(2)) / fps, runs, place)


# ---- ASS and SSA ----------------------------------------------------------------------------


class AssScript:
    """Styles and resolution from an ASS header; then its events, or packets of a container."""

    def __init__(self) -> None:
        self.styles: dict[str, AssStyle] = {}
        self.resolution = (384.0, 288.0)
        self._section = ""
        self._formats: dict[str, list[str]] = {
            "[events]": "Layer,Start,End,Style,Name,MarginL,MarginR,MarginV,Effect,Text".lower()
            .split(",")
        }  # fmt: skip

    def feed(self, line: str) -> Cue | None:
        """One line of a script; a cue when it was a dialogue."""
        line = line.strip()
        if line.startswith("["):
            self._section = line.lower()
            return None
        key, _, value = line.partition(":")
        key, value = key.strip().lower(), value.strip()
        if key == "format":
            self._formats[self._section] = [name.strip().lower() for name in value.split(",")]
        elif key in {"playresx", "playresy"} and value.isdigit():
            x, y = self.resolution
            self.resolution = (float(value), y) if key == "playresx" else (x, float(value))
        elif key == "style" and "styles" in self._section:
            self._add_style(self._fields(value))
        elif key == "dialogue":
            return self._dialogue(self._fields(value))
        return None

    def packet(self, start: float, end: float, event: str) -> Cue | None:
        """Matroska's form: ReadOrder, Layer, Style, Name, three margins, Effect, Text."""
        fields = event.split(",", 8)
        if len(fields) < 9:
            return None
        return self._cue(start, end, fields[2], fields[8])

    def _fields(self, value: str) -> dict[str, str]:
        names = self._formats.get(self._section, [])
        return dict(zip(names, value.split(",", max(0, len(names) - 1)), strict=False))

    def _add_style(self, fields: dict[str, str]) -> None:
        named = (("bold", "b"), ("italic", "i"), ("underline", "u"))
        letters = "".join(s for name, s in named if fields.get(name, "0").strip() not in {"", "0"})
        number = fields.get("alignment", "2").strip()
        alignment = int(number) if number.isdigit() else 2
        if "+" not in self._section:  # SSA v4: 1 2 3 bottom, 5 6 7 top, 9 10 11 middle
            row, column = divmod(alignment, 4)
            alignment = (0, 6, 3, 0)[min(row, 3)] + (column or 2)
        self.styles[fields.get("name", "").strip().lstrip("*")] = AssStyle(
            letters, alignment if 1 <= alignment <= 9 else 2
        )

    def _dialogue(self, fields: dict[str, str]) -> Cue | None:
        start = _ASS_TIME.match(fields.get("start", ""))
        end = _ASS_TIME.match(fields.get("end", ""))
        if not start or not end:
            return None
        return self._cue(
            _seconds(start.groups()),
            _seconds(end.groups()),
            fields.get("style", ""),
            fields.get("text", ""),
        )

    def _cue(self, start: float, end: float, style: str, text: str) -> Cue:
        inherited = self.styles.get(style.strip().lstrip("*"), AssStyle())
        runs, place = ass(text[:_LONGEST_LINE], inherited, self.resolution)
        return Cue(start, end, runs, place)


def _ass(lines: Iterable[str]) -> Iterator[Cue]:
    script = AssScript()
    for line in lines:
        cue = script.feed(line)
        if cue is not None:
            yield cue
