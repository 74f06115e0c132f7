"""HDR pictures shown on ordinary screens: one curve per channel, then the wider colours drawn in.

Enough for posters and stills. Light up to reference white (203 cd/m², ITU-R BT.2408) keeps its
place, brighter light is rolled off towards 1000 cd/m². Both steps work on eight bits, which a
picture scaled down to a poster forgives.
"""

from functools import cache

from PIL import Image

REFERENCE_WHITE, PEAK = 203.0, 1000.0
# BT.2020 to BT.709 (ITU-R BT.2087), applied after the curve rather than in linear light
_PRIMARIES = (
    1.6605, -0.5876, -0.0728, 0.0,
    -0.1246, 1.1329, -0.0083, 0.0,
    -0.0182, -0.1006, 1.1187, 0.0,
)  # fmt: skip


def to_sdr(image: Image.Image, transfer: str) -> Image.Image:
    """An RGB picture of BT.2020 with ``transfer`` "smpte2084" or "arib-std-b67", for sRGB."""
    return image.point(_curve(transfer) * 3).convert("RGB", _softened())


@cache
def _curve(transfer: str) -> list[int]:
    light = _pq if transfer == "smpte2084" else _hlg
    return [round(255 * _display(_rolled_off(light(n / 255)))) for n in range(256)]


def _softened() -> tuple[float, ...]:
    """Half way: in gamma-coded values the full matrix overshoots."""
    identity = (1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0)
    return tuple((a + b) / 2 for a, b in zip(identity, _PRIMARIES, strict=True))


def _pq(signal: float) -> float:
    """Light in cd/m² (SMPTE ST 2084)."""
    m1, m2, c1, c2, c3 = 0.1593017578125, 78.84375, 0.8359375, 18.8515625, 18.6875
    power = signal ** (1 / m2)
    return float(10000 * (max(power - c1, 0) / (c2 - c3 * power)) ** (1 / m1))


def _hlg(signal: float) -> float:
    """Light in cd/m² on a display of 1000 (ITU-R BT.2100)."""
    a, b, c = 0.17883277, 0.28466892, 0.55991073
    scene = signal**2 / 3 if signal <= 0.5 else (2.71828182846 ** ((signal - c) / a) + b) / 12
    return float(PEAK * scene**1.2)


def _rolled_off(light: float) -> float:
    """Light relative to white, 0 to 1: extended Reinhard, which maps PEAK to exactly 1."""
    level, top = light / REFERENCE_WHITE, PEAK / REFERENCE_WHITE
    return min(1.0, level * (1 + level / top**2) / (1 + level))


def _display(light: float) -> float:
    return float(light ** (1 / 2.2))
