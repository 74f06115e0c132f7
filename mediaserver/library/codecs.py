"""Codec strings as players understand them (RFC 6381), from the real parameter sets.

A browser's answer to "can you play this?" is only as true as the question: profile, level and bit
depth come from the bytes the decoder gets, not from a table of guesses. Where the bytes do not
tell, the string is None and the file is treated as unknown to the player.
"""

import re
from collections.abc import Callable, Iterator

import msgspec

_START_CODE = re.compile(rb"\x00\x00\x01")
_AAC_OBJECT_TYPES = {
    "Main": 1, "LC": 2, "SSR": 3, "LTP": 4, "HE-AAC": 5, "LD": 23, "HE-AACv2": 29, "ELD": 39,
    "xHE-AAC": 42,
}  # fmt: skip
# The registered names, https://mp4ra.org/registered-types/sampleentries
_PLAIN = {
    "ac3": "ac-3", "eac3": "ec-3", "opus": "opus", "flac": "flac", "alac": "alac",
    "vorbis": "vorbis", "mp3": "mp4a.6B", "mp2": "mp4a.69", "dts": "dtsc", "truehd": "mlpa",
    "vp8": "vp8", "theora": "theora", "mpeg2video": "mp4v.61", "mpeg1video": "mp4v.6A",
    "h263": "s263", "amr_nb": "samr", "amr_wb": "sawb",
}  # fmt: skip
# Annex A of the VP9 bitstream specification: level, luma samples a second, luma samples a picture
_VP9_LEVELS = (
    (10, 829_440, 36_864), (11, 2_764_800, 73_728), (20, 4_608_000, 122_880),
    (21, 9_216_000, 245_760), (30, 20_736_000, 552_960), (31, 36_864_000, 983_040),
    (40, 83_558_400, 2_228_224), (41, 160_432_128, 2_228_224), (50, 311_951_360, 8_912_896),
    (51, 588_251_136, 8_912_896), (52, 1_176_502_272, 8_912_896), (60, 1_176_502_272, 35_651_584),
    (61, 2_353_004_544, 35_651_584), (62, 4_706_009_088, 35_651_584),
)  # fmt: skip


class Parameters(msgspec.Struct, frozen=True):
    """What is known of a track. ``extradata`` is the container's, ``first`` its first packet."""

    codec: str
    profile: str | None = None
    level: int | None = None
    extradata: bytes = b""
    first: bytes = b""
    bit_depth: int = 8
    width: int = 0
    height: int = 0
    fps: float | None = None


def rfc6381(track: Parameters) -> str | None:
    """``avc1.640028``, ``hvc1.2.4.L120.90``, ``mp4a.40.2``; None when the bytes do not tell."""
    special = _SPECIAL.get(track.codec)
    return special(track) if special else _PLAIN.get(track.codec)


def _avc(track: Parameters) -> str | None:
    if len(track.extradata) >= 4 and track.extradata[0] == 1:
        return f"avc1.{track.extradata[1:4].hex().upper()}"
    for unit in _units(track):
        if unit[0] & 0x1F == 7 and len(unit) >= 4:
            return f"avc1.{unit[1:4].hex().upper()}"
    return None


def _hevc(track: Parameters) -> str | None:
    if len(track.extradata) >= 13 and track.extradata[0] == 1:
        return _profile_tier_level(track.extradata[1:13])
    for unit in _units(track):
        if (unit[0] >> 1) & 0x3F == 33:  # SPS; its third byte is ids, then profile, tier, level
            plain = unit.replace(b"\x00\x00\x03", b"\x00\x00")
            if len(plain) >= 15:
                return _profile_tier_level(plain[3:15])
    return None


def _profile_tier_level(data: bytes) -> str:
    """ISO/IEC 14496-15 annex E.3, from the twelve bytes of general_profile_tier_level."""
    space = ("", "A", "B", "C")[data[0] >> 6]
    tier = "H" if data[0] & 0x20 else "L"
    compatible = int(f"{int.from_bytes(data[1:5]):032b}"[::-1], 2)
    constraints = data[5:11].rstrip(b"\x00")
    parts = [f"{space}{data[0] & 0x1F}", f"{compatible:X}", f"{tier}{data[11]}"]
    return ".".join(["hvc1", *parts, *(f"{byte:X}" for byte in constraints)])


def _av1(track: Parameters) -> str | None:
    depth = f"{track.bit_depth:02d}"
    data = track.extradata
    if len(data) >= 4 and data[0] == 0x81:
        tier = "H" if data[2] & 0x80 else "M"
        return f"av01.{data[1] >> 5}.{data[1] & 0x1F:02d}{tier}.{depth}"
    profile = {"Main": 0, "High": 1, "Professional": 2}.get(track.profile or "")
    if profile is None or track.level is None or not 0 <= track.level < 32:
        return None
    return f"av01.{profile}.{track.level:02d}M.{depth}"


def _vp9(track: Parameters) -> str | None:
    number = (track.profile or "").removeprefix("Profile ")
    if not number.isdigit():
        return None
    picture = track.width * track.height
    rate = picture * (track.fps or 30.0)
    level = next((n for n, most, size in _VP9_LEVELS if rate <= most and picture <= size), 62)
    return f"vp09.{int(number):02d}.{level}.{track.bit_depth:02d}"


def _aac(track: Parameters) -> str | None:
    kind = _aac_object_type(track)
    return f"mp4a.40.{kind}" if kind else None


def _aac_object_type(track: Parameters) -> int | None:
    """The profile that decoding showed, which also knows SBR that the header keeps silent about."""
    shown = _AAC_OBJECT_TYPES.get(track.profile or "")
    if shown or len(track.extradata) < 2:
        return shown
    bits = int.from_bytes(track.extradata[:2])
    kind = bits >> 11
    return 32 + (bits >> 5 & 0x3F) if kind == 31 else kind or None


def _mpeg4(track: Parameters) -> str | None:
    for data in (track.extradata, track.first):
        at = data.find(b"\x00\x00\x01\xb0")  # visual_object_sequence_start_code
        if 0 <= at < len(data) - 4:
            return f"mp4v.20.{data[at + 4]}"
    return None


def _units(track: Parameters) -> Iterator[bytes]:
    """NAL units of an Annex B stream: of its extradata, else of its first packet."""
    for data in (track.extradata, track.first[:65536]):
        starts = [match.end() for match in _START_CODE.finditer(data)]
        for start, end in zip(starts, [*starts[1:], len(data) + 3], strict=False):
            if start < end - 3:
                yield data[start : end - 3]


_SPECIAL: dict[str, Callable[[Parameters], str | None]] = {
    "h264": _avc,
    "hevc": _hevc,
    "av1": _av1,
    "vp9": _vp9,
    "aac": _aac,
    "mpeg4": _mpeg4,
}
