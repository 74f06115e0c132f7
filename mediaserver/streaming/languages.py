"""Language tags as HLS wants them (RFC 5646) and as people read them.

Files carry ISO 639-2 in two spellings ("ger", "deu"), BCP 47 or nothing.
"""

_TABLE = """
ar ara Arabic|bg bul Bulgarian|bn ben Bengali|bs bos Bosnian|ca cat Catalan|cs ces,cze Czech
cy cym,wel Welsh|da dan Danish|de deu,ger German|el ell,gre Greek|en eng English|es spa Spanish
et est Estonian|eu eus,baq Basque|fa fas,per Persian|fi fin Finnish|fr fra,fre French
ga gle Irish|gl glg Galician|he heb Hebrew|hi hin Hindi|hr hrv Croatian|hu hun Hungarian
hy hye,arm Armenian|id ind Indonesian|is isl,ice Icelandic|it ita Italian|ja jpn Japanese
ka kat,geo Georgian|kk kaz Kazakh|km khm Khmer|kn kan Kannada|ko kor Korean|la lat Latin
lt lit Lithuanian|lv lav Latvian|mk mkd,mac Macedonian|ml mal Malayalam|mn mon Mongolian
mr mar Marathi|ms msa,may Malay|my mya,bur Burmese|nb nob Norwegian Bokmål|nl nld,dut Dutch
nn nno Norwegian Nynorsk|no nor Norwegian|pa pan Punjabi|pl pol Polish|pt por Portuguese
ro ron,rum Romanian|ru rus Russian|sk slk,slo Slovak|sl slv Slovenian|sq sqi,alb Albanian
sr srp Serbian|sv swe Swedish|sw swa Swahili|ta tam Tamil|te tel Telugu|th tha Thai
tl tgl Tagalog|tr tur Turkish|uk ukr Ukrainian|ur urd Urdu|uz uzb Uzbek|vi vie Vietnamese
yi yid Yiddish|zh zho,chi Chinese|zu zul Zulu
"""


def _read() -> tuple[dict[str, str], dict[str, str]]:
    tags: dict[str, str] = {}
    names: dict[str, str] = {}
    for line in _TABLE.strip().splitlines():
        for entry in line.split("|"):
            short, longs, name = entry.split(" ", 2)
            names[short] = name
            for code in (short, *longs.split(",")):
                tags[code] = short
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
