"""The other films' scenes: a night train under northern lights, paper moons, a clockwork garden."""

import math
import random
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFilter

from mediaserver.demo.pictures import (
    WHITE,
    Colour,
    Scene,
    Size,
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
    trees,
    window,
)

POLAR_SKY = ((3, 6, 22), (8, 18, 48), (18, 48, 78), (40, 84, 104))
SNOW = ((58, 84, 118), (104, 134, 166), (168, 192, 214))
FIR = (10, 20, 34)
STRING = (120, 96, 110)
PAPER_SKY = ((52, 40, 84), (132, 84, 128), (236, 158, 138), (252, 214, 172))


def express(size: Size, lights: tuple[Colour, Colour]) -> Scene:
    """Snow, firs and hills passing a train window, with northern lights above."""
    width, height = size
    sky = gradient(size, POLAR_SKY)
    sky.paste(WHITE, None, stars((width, round(height * 0.7)), 21, 320).crop((0, 0, *size)))
    colour = gradient((width, round(height * 0.62)), (lights[1], lights[0], lights[0]))
    shade = ramp(colour.size, (0, 60, 200, 255, 150, 0))
    layers = [
        (tiled(hills((width, height // 3), 31, rough=1.4), 2 * width), 0.30, SNOW[0], 1),
        (tiled(hills((width, height // 5), 32), 2 * width), 0.12, SNOW[1], 2),
    ]
    forest = tiled(trees((width, round(height * 0.30)), 33, 26), 2 * width)
    bank = tiled(hills((width, height // 9), 34), 2 * width)

    def paint(phase: float) -> Image.Image:
        picture = sky.copy()
        picture.paste(colour, (0, 0), _curtains(shade, phase))
        for mask, lift, tint, speed in layers:
            part = window(mask, (phase * speed % 1) * width, width)
            picture.paste(tint, (0, round(height * (0.9 - lift)) - mask.height // 2), part)
            if lift > 0.2:
                picture.paste(tint, (0, round(height * (0.9 - lift)) + mask.height // 2, *size))
        picture.paste(SNOW[1], (0, round(height * 0.86), *size))
        for mask, tint, speed, foot in ((forest, FIR, 3, 0.93), (bank, SNOW[2], 4, 1.0)):
            part = window(mask, (phase * speed % 1) * width, width)
            picture.paste(tint, (0, round(height * foot) - mask.height), part)
        return picture

    return paint


def _curtains(shade: Image.Image, phase: float) -> Image.Image:
    """A mask of hanging light: one row of brightness, drawn out downwards."""
    row = Image.new("L", (128, 2))
    for x in range(128):
        u = x / 128
        fold = math.sin(math.tau * (2 * u + phase)) + math.sin(math.tau * (5 * u - 2 * phase))
        fine = math.sin(math.tau * (17 * u + 3 * phase + 0.2 * fold))
        level = max(0.0, 0.45 + 0.22 * fold + 0.18 * fine)
        row.putpixel((x, 0), round(150 * min(1.0, level)))
        lower = max(0.0, 0.5 + 0.25 * math.sin(math.tau * (3 * u - phase)) + 0.12 * fine)
        row.putpixel((x, 1), round(230 * min(1.0, level * lower * 1.6)))
    drawn = row.resize(shade.size, Image.Resampling.BICUBIC)
    return Image.composite(drawn, Image.new("L", shade.size), shade)


@dataclass(frozen=True)
class Cutout:
    """A paper shape on a string with its shadow; the place is in shares of the picture."""

    place: tuple[float, float]
    size: float
    colour: Colour
    reach: float
    start: float


def moons(size: Size, seed: int = 3) -> Scene:
    """Paper moons and stars on strings, swinging in front of a painted evening."""
    width, height = size
    sky = gradient(size, PAPER_SKY)
    dice = random.Random(seed)  # noqa: S311 - a mobile, not a secret
    cutouts = []
    for k in range(11):
        near = (k + 1) / 11
        cutouts.append(
            Cutout(
                place=((k * 0.381 + 0.1) % 1, dice.uniform(0.2, 0.78)),
                size=(0.07 + 0.2 * near**2) * min(size),
                colour=mix((206, 150, 150), (255, 244, 222), near),
                reach=0.012 + 0.03 * near,
                start=dice.random(),
            )
        )
    drawn = [(cut, *_paper(cut, crescent=k % 3 != 1)) for k, cut in enumerate(cutouts)]

    def paint(phase: float) -> Image.Image:
        picture = sky.copy()
        draw = ImageDraw.Draw(picture)
        for cut, shape, shadow in drawn:
            sway = swing(phase, 1, cut.start)
            x = width * (cut.place[0] + cut.reach * sway)
            y = height * (cut.place[1] + 0.012 * swing(phase, 2, cut.start))
            draw.line((width * cut.place[0], 0, x, y), fill=STRING, width=max(1, height // 480))
            corner = (round(x - shape.width / 2), round(y - shape.height / 2))
            drop = round(cut.size * 0.09)
            picture.paste((44, 26, 56), (corner[0] + drop, corner[1] + drop), shadow)
            picture.paste(cut.colour, corner, shape)
        return picture

    return paint


def _paper(cut: Cutout, *, crescent: bool) -> tuple[Image.Image, Image.Image]:
    """The mask of a moon (or star) and of its soft shadow, with room for the blur."""
    radius, room = round(cut.size / 2), round(cut.size * 0.2)
    shape = Image.new("L", (2 * (radius + room),) * 2)
    if crescent:
        shape.paste(disc(2 * radius), (room, room))
        bite = disc(round(1.55 * radius))
        shape.paste(0, (room + round(0.75 * radius), room - round(0.05 * radius)), bite)
    else:
        big = Image.new("L", (4 * shape.width,) * 2)
        middle = big.width / 2
        points = [
            (
                middle + 4 * radius * (0.9 if k % 2 == 0 else 0.4) * math.sin(math.tau * k / 10),
                middle - 4 * radius * (0.9 if k % 2 == 0 else 0.4) * math.cos(math.tau * k / 10),
            )
            for k in range(10)
        ]
        ImageDraw.Draw(big).polygon(points, fill=255)
        shape = big.reduce(4)
    return shape, faded(shape.filter(ImageFilter.GaussianBlur(room / 3)), 0.45)


GARDEN_SKY = ((26, 44, 40), (52, 84, 62), (128, 148, 92), (222, 206, 140))
BRASS = ((112, 78, 34), (158, 112, 50), (206, 160, 84), (232, 200, 128))
# middle x, middle y (shares of the picture), radius (share of the short side), teeth, turns, tint
GEARS = (
    (0.13, 0.30, 0.24, 24, 1, 0), (0.86, 0.22, 0.30, 30, -1, 0), (0.42, 0.50, 0.20, 20, -2, 1),
    (0.68, 0.56, 0.16, 16, 2, 2), (0.24, 0.74, 0.14, 14, 3, 2), (0.90, 0.72, 0.12, 12, -3, 3),
    (0.52, 0.80, 0.10, 10, 4, 3),
)  # fmt: skip


def garden(size: Size) -> Scene:
    """Brass flowers turning over a green evening."""
    back = gradient(size, GARDEN_SKY)
    back.paste((250, 236, 170), (size[0] // 4, size[1] // 3), faded(glow(size[1]), 0.5))
    grass = [
        (tiled(hills((size[0], size[1] // 3), 50 + k, rough=3), 2 * size[0]), k) for k in (0, 1)
    ]
    wheels = [(gear, _wheel(round(gear[2] * min(size)), gear[3])) for gear in GEARS]

    def paint(phase: float) -> Image.Image:
        picture = back.copy()
        draw = ImageDraw.Draw(picture)
        for (x, y, radius, teeth, turns, tint), wheel in wheels:
            middle = (size[0] * x, size[1] * y)
            draw.line((*middle, middle[0], size[1]), fill=(46, 74, 44), width=max(2, size[1] // 90))
            # a gear looks the same after one tooth, so a loop turns it by whole teeth
            turned = wheel.rotate(360 * turns * phase * 4 / teeth, Image.Resampling.BILINEAR)
            corner = (round(middle[0] - wheel.width / 2), round(middle[1] - wheel.height / 2))
            picture.paste((20, 30, 24), (corner[0] + 4, corner[1] + 5), faded(turned, 0.4))
            picture.paste(BRASS[tint], corner, turned)
            draw.ellipse(_around(middle, radius * min(size) * 0.16), fill=BRASS[3 - tint])
        for mask, k in grass:
            part = window(mask, size[0] * (0.5 + 0.02 * (k + 1) * swing(phase, 1, k / 3)), size[0])
            picture.paste(
                ((34, 60, 38), (20, 40, 28))[k], (0, size[1] - mask.height * (2 - k) // 2), part
            )
        return picture

    return paint


def _around(middle: tuple[float, float], radius: float) -> tuple[float, float, float, float]:
    return (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)


def _wheel(radius: int, teeth: int) -> Image.Image:
    """The mask of a gear with petals for teeth and round windows."""
    big = 6 * radius
    mask = Image.new("L", (big, big))
    draw = ImageDraw.Draw(mask)
    middle = (big / 2, big / 2)
    for k in range(teeth):
        x = big / 2 + 2.5 * radius * math.cos(math.tau * k / teeth)
        y = big / 2 + 2.5 * radius * math.sin(math.tau * k / teeth)
        draw.ellipse(_around((x, y), 5.6 * radius / teeth), fill=255)
    draw.ellipse(_around(middle, 2.5 * radius), fill=255)
    for k in range(5):
        x = big / 2 + 1.5 * radius * math.cos(math.tau * k / 5)
        y = big / 2 + 1.5 * radius * math.sin(math.tau * k / 5)
        draw.ellipse(_around((x, y), 0.62 * radius), fill=0)
    return mask.reduce(3)
