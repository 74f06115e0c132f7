"""Text as people type it and as search stores it: folded, split, and quoted for FTS5.

SQLite 3.40 folds neither hyphens nor CJK, so titles are folded here before they are stored and
queries the same way: no accents, no case, "Spider-Man" as ``spider man spiderman``, and Chinese,
Japanese, Korean and Thai runs (written without spaces) as overlapping pairs of characters.
"""

import re
import unicodedata
from collections.abc import Iterator

# Letters that Unicode does not decompose, spelled as a keyboard without them would.
_SPELLED = str.maketrans(
    {
        "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i",
        "ħ": "h", "ŧ": "t", "ŋ": "n", "ĸ": "k",
    }
)  # fmt: skip
# Voiced and half-voiced marks make a different kana, not an accented one.
_KEPT_MARKS = {"\u3099", "\u309a"}
_PAIRED = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1100-\u11ff"  # Hangul jamo
    "\u3040-\u30ff\u31f0-\u31ff"  # kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"  # ideographs
    "\uac00-\ud7af"  # Hangul
    "\U00020000-\U0003ffff"
)
_RUNS = re.compile(rf"[{_PAIRED}]+|[^\W{_PAIRED}]+")
_WORDS = re.compile(r"[^\s\u3000]+")
_ARTICLE = re.compile(r"(?:the|an?)\s+(?=\S)")
_DIGITS = re.compile(r"\d+")
MAX_TERMS = 12


def fold(text: str) -> str:
    """Lower case without accents; "Amélie" and "AMELIE" become the same."""
    text = unicodedata.normalize("NFKD", text.casefold()).translate(_SPELLED)
    kept = (c for c in text if c in _KEPT_MARKS or unicodedata.category(c) != "Mn")
    return unicodedata.normalize("NFC", "".join(kept))


def sort_key(title: str) -> str:
    """Folded, without a leading article, numbers in order of size ("Rocky 2" before "Rocky 10")."""
    folded = _ARTICLE.sub("", fold(title).lstrip("\"'([{¿¡….-_ "), count=1)
    padded = _DIGITS.sub(lambda digits: digits[0].lstrip("0").zfill(8), folded)
    return padded or folded


def indexed(text: str) -> str:
    """What the search table stores for ``text``."""
    words: list[str] = []
    for runs in _words(text):
        for run in runs:
            words += _pairs(run, closing=True) if _is_paired(run) else [run]
        if len(runs) > 1 and not any(_is_paired(run) for run in runs):
            words.append("".join(runs))
    return " ".join(words)


def matching(query: str) -> str | None:
    """An FTS5 expression that finds ``query``, every word a prefix; None when nothing is asked.

    Each term is letters and digits between double quotes, so no FTS5 operator comes from outside.
    """
    terms: list[str] = []
    for runs in _words(query):
        if len(runs) > 1 and not any(_is_paired(run) for run in runs):
            apart = " AND ".join(_prefix(run) for run in runs)
            terms.append(f"({_prefix(''.join(runs))} OR ({apart}))")
            continue
        for run in runs:
            terms += _paired_terms(run) if _is_paired(run) else [_prefix(run)]
    if len(terms) == 1 and len(terms[0]) == len(_prefix("a")) and not _is_paired(terms[0][1]):
        # One letter begins half of all words: only titles that begin with it.
        return f"title : ^{terms[0]}"
    return " AND ".join(terms[:MAX_TERMS]) or None


def clean(text: str) -> str:
    """Printable and storable: bytes of a file name that are not UTF-8 become U+FFFD."""
    if text.isprintable():
        return text.strip()
    text = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return "".join(c for c in text if unicodedata.category(c) not in {"Cc", "Cs"}).strip()


def _words(text: str) -> Iterator[list[str]]:
    """The runs of letters and digits of each blank-separated word."""
    for word in _WORDS.findall(fold(text)):
        runs = _RUNS.findall(word.replace("_", " "))
        if runs:
            yield runs


def _is_paired(run: str) -> bool:
    return bool(re.match(rf"[{_PAIRED}]", run))


def _pairs(run: str, *, closing: bool) -> list[str]:
    """Overlapping pairs; ``closing`` adds the last character, which begins no pair."""
    pairs = [run[i : i + 2] for i in range(len(run) - 1)]
    return [*pairs, run[-1]] if closing or not pairs else pairs


def _paired_terms(run: str) -> list[str]:
    pairs = _pairs(run, closing=False)
    return [f'"{pair}"' for pair in pairs] if len(run) > 1 else [_prefix(run)]


def _prefix(word: str) -> str:
    return f'"{word}"*'
