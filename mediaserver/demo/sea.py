"""A sea between sunrise and midnight: the scene of one film and of the whole show.

The picture is drawn on a canvas a little wider than the frame, which gives the waves room to push
their rows sideways.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from mediaserver.demo.pictures import (
    WHITE,
    Colour,
    Scene,
    Size,
    clouds,
    disc,
    faded,
    glow,
    gradient,
    hills,
    mix,
    ramp,
    stars,
    swing,
    tiled,
    window,
)

MARGIN = 24
RAIN = (190, 205, 225)
STONE = (14, 16, 28)
LAMP = (255, 238, 190)


@dataclass(frozen=True)
class Shore:
    """How a sea looks: the light, the weather, and whether a lighthouse stands there."""

    sky: tuple[Colour, ...]
    sun: Colour
    land: Colour
    sun_height: float = 0.75
    """0 is the top of the picture, 1 the horizon."""
    sun_size: float = 0.14
    starry: bool = False
    lighthouse: bool = False
    rain: bool = False
    seed: int = 1


DAWN = Shore(
    sky=((38, 48, 92), (120, 88, 140), (236, 140, 120), (255, 206, 150)),
    sun=(255, 214, 150), land=(40, 38, 74), sun_height=0.9, sun_size=0.16,
)  # fmt: skip
NOON = Shore(
    sky=((40, 120, 200), (96, 170, 228), (190, 224, 244)),
    sun=(255, 250, 230), land=(20, 70, 110), sun_height=0.25, sun_size=0.09, seed=5,
)  # fmt: skip
DUSK = Shore(
    sky=((30, 20, 64), (110, 36, 96), (226, 80, 72), (255, 170, 80)),
    sun=(255, 190, 90), land=(34, 16, 50), sun_height=0.8, sun_size=0.2, seed=9,
)  # fmt: skip
NIGHT = Shore(
    sky=((4, 8, 24), (10, 22, 56), (30, 52, 96)),
    sun=(220, 230, 255), land=(6, 10, 26), sun_height=0.35, sun_size=0.08, starry=True, seed=12,
)  # fmt: skip


def sea(size: Size, look: Shore) -> Scene:
    """Sky, far hills and a sea that mirrors them."""
    width, height = size[0] + 2 * MARGIN, size[1]
    horizon = round(height * 0.64)
    sky = gradient((width, horizon), look.sky)
    if look.rain:
        sky.paste(mix(look.sky[-1], WHITE, 0.2), None, clouds(sky.size, look.seed, 14))
    skies = _skies(sky, look, height)
    light = _light(sky.size, look)
    drift = tiled(clouds((width // 2, horizon), look.seed + 4, 3), 2 * width)
    pale = mix(look.sky[-1], WHITE, 0.35)
    far = tiled(hills((width, height // 6), look.seed + 2), 2 * width)
    near = tiled(hills((width, height // 8), look.seed + 3, rough=1.5), 2 * width)
    ground = ((far, 0.5, 0.015, 0.45), (near, 0.9, 0.035, 0.1))
    tower = _tower(sky.size) if look.lighthouse else None
    rain = _rain((width, height), look.seed) if look.rain else None
    waves = _waves((width, height - horizon), look)

    def paint(phase: float) -> Image.Image:
        picture = (
            Image.blend(*skies, 0.5 + 0.5 * swing(phase, 2)) if look.starry else skies[0].copy()
        )
        light(picture, phase)
        picture.paste(pale, (0, 0), window(drift, phase * width / 2, width))
        for mask, share, sway, haze in ground:
            part = window(mask, width * (share + sway * swing(phase)), width)
            picture.paste(mix(look.land, look.sky[-1], haze), (0, horizon - mask.height), part)
        if tower:
            tower(picture, phase)
        picture.paste(waves(picture.crop((0, 0, width, horizon)), phase), (0, horizon))
        if rain:
            rain(picture, phase)
        return picture.crop((MARGIN, 0, width - MARGIN, height))

    return paint


def _skies(sky: Image.Image, look: Shore, height: int) -> tuple[Image.Image, Image.Image]:
    """Two skies whose stars twinkle when one is blended into the other; the sea is left black."""
    pair = (Image.new("RGB", (sky.width, height)), Image.new("RGB", (sky.width, height)))
    for n, one in enumerate(pair):
        one.paste(sky)
        if look.starry:
            one.paste(WHITE, (0, 0), stars(sky.size, look.seed, 160))
            one.paste(WHITE, (0, 0), stars(sky.size, look.seed + 1 + n, 160))
    return pair


def _light(size: Size, look: Shore) -> Callable[[Image.Image, float], None]:
    """The sun or moon with its halo."""
    width, horizon = size
    short = min(width, round(horizon / 0.64))
    halo, face = faded(glow(round(short * 1.1)), 0.75), disc(round(short * look.sun_size))

    def paint(above: Image.Image, phase: float) -> None:
        x = width * (0.42 + 0.015 * swing(phase))
        y = horizon * (look.sun_height + 0.015 * swing(phase, 1, 0.25))
        for mask in (halo, face) if not look.rain else (halo,):
            above.paste(look.sun, (round(x - mask.width / 2), round(y - mask.height / 2)), mask)

    return paint


def _waves(size: Size, look: Shore) -> Callable[[Image.Image, float], Image.Image]:
    """The mirror image pushed about row by row, darker towards the viewer."""
    width, height = size
    deep = gradient(size, (mix(look.land, look.sun, 0.25), look.land))
    depth = ramp(size, (70, 215))
    step = max(2, height // 80)
    crest, spark = mix(look.sky[-1], WHITE, 0.4), glow(64)

    def paint(above: Image.Image, phase: float) -> Image.Image:
        mirror = above.crop((0, above.height - height, width, above.height))
        mirror = mirror.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        water = Image.new("RGB", size)
        for y in range(0, height, step):
            near = y / height
            roll = math.sin(math.tau * (3 * phase - 11 * near**0.6))
            ripple = math.sin(math.tau * (5 * phase + 0.37 * y / step))
            push = round((roll + 0.4 * ripple) * (2 + 14 * near))
            water.paste(mirror.crop((push, y, width + push, y + step)), (0, y))
        water.paste(deep, None, depth)
        for k in range(9):
            # crests run towards the viewer, brightest half-way
            near = (k / 9 + phase) % 1
            long, y = round(width * (0.1 + 0.2 * near)), round(height * near**1.7)
            x = round(width * ((k * 0.381) % 1) + 20 * swing(phase, 1, k / 9)) - long // 2
            foam = spark.resize((long, max(3, height // 60)))
            water.paste(crest, (x, y), faded(foam, math.sin(math.pi * near)))
        return water

    return paint


def _tower(size: Size) -> Callable[[Image.Image, float], None]:
    """A lighthouse on its rock, its lamp and its turning beam."""
    width, horizon = size
    tall = round(min(horizon * 0.66, width * 0.5))
    tower = _lighthouse(tall)
    left = round(width * 0.62)
    lamp = (left + tall / 2, horizon - tall * 0.82)
    lens = glow(round(tall * 0.7))
    # the beam stays in this band of the sky, a quarter of its size while it is drawn
    top, band = lamp[1] - horizon * 0.22, round(horizon * 0.32)
    small = (width // 4, band // 4)

    def paint(above: Image.Image, phase: float) -> None:
        beam = Image.new("L", small)
        draw = ImageDraw.Draw(beam)
        for turn in (phase, phase + 0.5):
            # seen from the side: long and faint across the view, short and bright towards us
            across, facing = math.cos(math.tau * turn), math.sin(math.tau * turn)
            for part in range(6):
                reach = across * width * (1 - part / 6) * 0.8
                spread = horizon * (0.02 + 0.07 * abs(across)) * (1 - part / 6)
                rise = lamp[1] - horizon * 0.05 * (1 - part / 6)
                fan = [lamp, (lamp[0] + reach, rise - spread), (lamp[0] + reach, rise + spread)]
                light = round((26 + 14 * facing) * (part + 1))
                draw.polygon([(x / 4, (y - top) / 4) for x, y in fan], fill=light)
        soft = beam.filter(ImageFilter.GaussianBlur(small[1] / 12)).resize((width, band))
        above.paste(LAMP, (0, round(top)), soft)
        above.paste(STONE, (left, horizon - tall), tower)
        above.paste(LAMP, (round(lamp[0] - lens.width / 2), round(lamp[1] - lens.height / 2)), lens)

    return paint


def _lighthouse(tall: int) -> Image.Image:
    """The mask of a rock with a tower, in a square."""
    shapes = (
        ((0, 1), (0.15, 0.88), (0.4, 0.79), (0.65, 0.81), (1, 1)),
        ((0.445, 0.82), (0.465, 0.23), (0.535, 0.23), (0.555, 0.82)),
        ((0.445, 0.225), (0.445, 0.245), (0.555, 0.245), (0.555, 0.225)),
        ((0.478, 0.15), (0.478, 0.23), (0.522, 0.23), (0.522, 0.15)),
        ((0.465, 0.155), (0.5, 0.1), (0.535, 0.155)),
    )
    mask = Image.new("L", (4 * tall, 4 * tall))
    draw = ImageDraw.Draw(mask)
    for shape in shapes:
        draw.polygon([(4 * tall * x, 4 * tall * y) for x, y in shape], fill=255)
    return mask.reduce(4)


def _rain(size: Size, seed: int) -> Callable[[Image.Image, float], None]:
    width, height = size
    drops = stars((width, 48), seed + 9, 110).resize((width, height // 2))
    streaks = faded(drops, 0.22)

    def paint(picture: Image.Image, phase: float) -> None:
        fall = round(phase * 16 * streaks.height) % streaks.height
        for y in (fall - streaks.height, fall, fall + streaks.height):
            picture.paste(RAIN, (0, y), streaks)

    return paint
