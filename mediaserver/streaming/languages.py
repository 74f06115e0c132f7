"""Language tags as HLS wants them (RFC 5646) and as people read them.

Files carry ISO 639-2 in two spellings ("ger", "deu"), BCP 47 or nothing.
"""

from mediaserver.library import LANGUAGES


def _read() -> tuple[dict[str, str], dict[str, str]]:
    tags: dict[str, str] = {}
    names: dict[str, str] = {}
    for one in LANGUAGES:
        short = one.two or one.code
        if one.names:
            names[short] = one.names[0].title()
        tags |= {code: short for code in (one.code, one.two, one.bibliographic) if code}
    return tags, names


_TAGS, _NAMES = _read()


def language_tag(language: str | None) -> str | None:
    """The shortest tag: "ger" becomes "de", "pt_BR" becomes "pt-BR"; None when it says nothing."""
    if not language:
        return None
    first, *rest = language.replace("_", "-").split("-")
    first = first.lower()
    if not first.isascii() or not first.isalpha() or first in {"und", "mis", "zxx", "mul"}:
        return None
    kept = [part for part in rest if part.isascii() and part.isalnum() and len(part) <= 8]
    return "-".join((_TAGS.get(first, first), *kept))


def language_name(language: str | None) -> str | None:
    """In English: "German", "Portuguese (BR)"; None when unknown."""
    tag = language_tag(language)
    if tag is None:
        return None
    first, *rest = tag.split("-")
    name = _NAMES.get(first, first)
    return f"{name} ({' '.join(rest)})" if rest else name
