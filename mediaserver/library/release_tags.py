"""The technical words in release names: resolution, source, codec, group. Titles are cut at them.

Some of these words mean nothing else and cut wherever they stand ("1080p", "BluRay"). Others are
ordinary words too ("Limited", "Cam", "Proper") and count only beside the first sort, or at the
end of a name that is not written as prose.
"""

import re

from mediaserver.library.extensions import word_set

_SURE = word_set(
    "hsbs fsbs htab ftab sbs3d mvc hdr hdr10 hdr10plus dovi uhd ultrahd 4k 8k bluray blu-ray "
    "bdrip brrip bdremux remux dvd dvdr dvdrip dvdscr dvdscreener dvd5 dvd9 hddvd hdtv hdtvrip "
    "hdrip hdcam hdts web-dl webdl webrip web-rip pdtv dsr dsrip tvrip vhsrip telesync telecine "
    "x264 x265 h264 h265 h.264 h.265 hevc avc av1 xvid divx 10bit 8bit ac3 eac3 aac aac2 ddp dd5 "
    "ddp5 dd2 ddp2 dts dts-hd dtshd truehd atmos flac5 proper-repack repack rerip ntsc nfofix "
    "internal-web amzn dsnp"
)
_UNSURE = word_set(
    "3d sbs tab web bd bd5 bd25 bd50 ws fs cam ts tc r5 scr screener se dc proper internal limited "
    "multi multisub subs subbed sub dubbed dub dual dl audio retail unrated uncut extended "
    "remastered restored custom theatrical criterion hybrid complete integrale pal nf hulu hmax "
    "atvp it imax edition cut directors director's read.nfo german french truefrench vostfr "
    "english dutch swedish danish norwegian nordic finnish italian ita spanish castellano latino "
    "portuguese russian rus polish pldub hindi korean japanese chinese eng ger deu fre fra esp"
)
# of the unsure ones these are too often the last word of a real title to be dropped on their own
_TITLE_WORDS = word_set(
    "cut edition it director's directors audio sub german french english dutch swedish danish "
    "norwegian nordic finnish italian spanish portuguese russian polish hindi korean japanese "
    "chinese complete dual web criterion hybrid se nf"
)
_TOKEN = re.compile(r"[^\s._,;+()\[\]{}\-]+")
_RESOLUTION = re.compile(r"(?<![0-9a-z])(\d{3,4})[pi](?:\d\d)?(?![0-9a-z])", re.IGNORECASE)
_FRAME_SIZE = re.compile(r"\d{3,4}x\d{3,4}")
_WIDE = {"4k": 2160, "uhd": 2160, "8k": 4320}
_EDGES = " ._-,;+([{"
_SOURCE = re.compile(
    r"(?<![^\W_])(remux|blu-?ray|web-?dl|web-?rip|hdtv|dvd(?:rip)?|hdr(?:10)?|3d)(?![^\W_])",
    re.IGNORECASE,
)


def resolution(text: str) -> int | None:
    """Lines of picture named in a text, such as 1080 for "1080p"; the last one named counts."""
    found = _RESOLUTION.findall(text)
    if found:
        return int(found[-1])
    for match in _TOKEN.finditer(text):
        if (lines := _WIDE.get(match[0].lower())) is not None:
            return lines
    return None


def quality(text: str) -> str | None:
    """A short label made of the resolution and source a name tells, such as "1080p BluRay"."""
    words = [match[0] for match in _RESOLUTION.finditer(text)][-1:]
    words += list(dict.fromkeys(match[0] for match in _SOURCE.finditer(text)))
    return " ".join(words) or None


def without_tags(text: str, *, from_start: bool = False) -> str:
    """The text before the first release tag, its edges trimmed.

    A name is never emptied: its first word is no tag. With ``from_start`` it may be one, for what
    follows an episode number.
    """
    return text[: tags_start(text, from_start=from_start)].rstrip(_EDGES)


def tags_start(text: str, *, from_start: bool = False) -> int:
    """Where the release tags begin; the length of the text when there are none."""
    tokens = list(_TOKEN.finditer(text))
    least = 0 if from_start else 1
    first = next((i for i in range(least, len(tokens)) if _is_sure(tokens, i)), len(tokens))
    sure = first < len(tokens)
    prose = " " in text.strip()
    while first > least and _is_unsure(tokens[first - 1][0], prose=prose and not sure, sure=sure):
        first -= 1
    return tokens[first].start() if first < len(tokens) else len(text)


def _is_sure(tokens: list[re.Match[str]], at: int) -> bool:
    word = tokens[at][0].lower()
    if word in _SURE or _RESOLUTION.fullmatch(word) or _FRAME_SIZE.fullmatch(word):
        return True
    if at + 1 == len(tokens):
        return False
    following = tokens[at + 1]
    joined = following.string[tokens[at].start() : following.end()].lower()
    if word == "3d":
        return following[0].lower() in {"sbs", "tab", "hsbs", "htab", "fsbs", "ftab", "mvc"}
    return joined in _SURE or joined.replace(".", "-") in _SURE


def _is_unsure(word: str, *, prose: bool, sure: bool) -> bool:
    low = word.lower()
    if low not in _UNSURE:
        return False
    return sure or (low not in _TITLE_WORDS and (not prose or word.isupper()))
