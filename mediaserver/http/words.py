"""How templates say numbers: durations, sizes and positions as people read them."""

import zlib
from collections.abc import Callable
from typing import Any


def duration_words(seconds: float | None) -> str:
    """``1 h 52 min``, ``18 min``, ``40 s``."""
    if not seconds:
        return ""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def clock(seconds: float) -> str:
    """``41:10`` or ``1:02:03``."""
    whole = int(seconds)
    hours, rest = divmod(whole, 3600)
    minutes, left = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def size_words(size: int | None) -> str:
    """``18.4 GB``."""
    amount, unit = float(size or 0), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if amount < 1000 or unit == "TB":
            break
        amount /= 1000
    return f"{amount:.0f} {unit}" if unit in {"B", "kB"} else f"{amount:.1f} {unit}"


def hue(text: str) -> int:
    """A colour of its own for whatever has no picture, the same on every page."""
    return zlib.crc32(text.encode("utf-8", "surrogatepass")) % 360


FILTERS: dict[str, Callable[..., Any]] = {
    "duration": duration_words,
    "clock": clock,
    "size": size_words,
    "hue": hue,
}
