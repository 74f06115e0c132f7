"""The H.264 levels we encode to: the one table that playlist and encoder both read.

CODECS is printed before a frame is encoded, so the encoder must write exactly the level that the
playlist promised. Figures are ITU-T H.264 table A-1; bitrates are those of High profile (x 1.25).
"""

import msgspec

REFERENCES = 3
"""Reference frames of every encode; the level's picture buffer must hold them."""
_ASSUMED_FPS = 30.0
_SMALLEST_OFFERED = 30
"""Level 3.0: every decoder takes it, and below it nothing is saved."""


class Level(msgspec.Struct, frozen=True):
    number: int
    """level_idc: 31 is level 3.1."""
    blocks_per_second: int
    blocks_per_frame: int
    buffer_blocks: int
    kilobits: int


LEVELS = (
    Level(30, 40_500, 1_620, 8_100, 12_500),
    Level(31, 108_000, 3_600, 18_000, 17_500),
    Level(32, 216_000, 5_120, 20_480, 25_000),
    Level(40, 245_760, 8_192, 32_768, 25_000),
    Level(41, 245_760, 8_192, 32_768, 62_500),
    Level(42, 522_240, 8_704, 34_816, 62_500),
    Level(50, 589_824, 22_080, 110_400, 168_750),
    Level(51, 983_040, 36_864, 184_320, 300_000),
    Level(52, 2_073_600, 36_864, 184_320, 300_000),
    Level(60, 4_177_920, 139_264, 696_320, 300_000),
    Level(61, 8_355_840, 139_264, 696_320, 600_000),
    Level(62, 16_711_680, 139_264, 696_320, 1_000_000),
)


def h264_level(width: int, height: int, fps: float | None, peak_bit_rate: int = 0) -> int:
    """The lowest level_idc that holds such a picture, such as 40 for 1920x1080 at 30."""
    frame = -(-width // 16) * -(-height // 16)
    second = frame * (fps or _ASSUMED_FPS)
    for level in LEVELS:
        if (
            frame <= level.blocks_per_frame
            and second <= level.blocks_per_second
            and frame * REFERENCES <= level.buffer_blocks
            and peak_bit_rate <= level.kilobits * 1000
        ):
            return level.number
    return LEVELS[-1].number


def h264_codec_string(level: int) -> str:
    """RFC 6381 of H.264 High at ``level``, such as "avc1.640028"."""
    return f"avc1.6400{level:02X}"
