"""Reading a language from a word in a file name: "en", "ger", "pt-BR", "English", "deutsch"."""

import re

from mediaserver.library.extensions import fold
from mediaserver.library.language_table import LANGUAGES

_REGION = re.compile(
    r"(?P<language>[a-z]{2,3})(?P<script>[-_][a-z]{4})?(?P<region>[-_](?:[a-z]{2}|\d{3}))?"
)


def _code_of() -> dict[str, str]:
    """Every code and name, folded, to its ISO 639-2/T code."""
    found: dict[str, str] = {}
    for one in LANGUAGES:
        words = [one.code, one.two, one.bibliographic, *one.names]
        found.update((fold(word), one.code) for word in words if word)
    return found


_CODES = _code_of()


def language_code(word: str) -> str | None:
    """ISO 639-2/T ("eng"), or BCP 47 when a region or script is given ("pt-BR", "zh-Hant").

    Upper and lower case are one, "-" and "_" too; None when the word is no language.
    """
    low = fold(word).strip()
    if (code := _CODES.get(low) or _CODES.get(low.replace("_", " "))) is not None:
        return code
    match = _REGION.fullmatch(low)
    if match is None or match["language"] not in _CODES:
        return None
    tag = match["language"]
    if match["script"]:
        tag += "-" + match["script"][1:].title()
    if match["region"]:
        tag += "-" + match["region"][1:].upper()
    return tag
