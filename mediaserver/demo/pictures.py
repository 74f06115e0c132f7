"""The painter's tools: gradients, glows, silhouettes and lettering, drawn with Pillow alone.

Everything soft or jagged is drawn once per scene as a mask and pasted per frame, because pasting a
colour through a mask costs a tenth of drawing it. Masks come from a seeded generator, so the same
call always draws the same picture.
"""

import math
import random
from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
Size = tuple[int, int]
Scene = Callable[[float], Image.Image]
"""One picture of a loop for a phase from 0 to 1; a loop ends where it began."""
WHITE: Colour = (255, 255, 255)
BLACK: Colour = (0, 0, 0)


def mix(first: Colour, second: Colour, share: float) -> Colour:
    a, b, c = (round(x + (y - x) * share) for x, y in zip(first, second, strict=True))
    return a, b, c


def gradient(size: Size, stops: Sequence[Colour]) -> Image.Image:
    """Top to bottom through evenly spaced colours."""
    height = size[1]
    column = Image.new("RGB", (1, height))
    last = len(stops) - 1
    for y in range(height):
        place = y / max(1, height - 1) * last
        k = min(int(place), last - 1)
        column.putpixel((0, y), mix(stops[k], stops[k + 1], place - k))
    return column.resize(size, Image.Resampling.NEAREST)


def ramp(size: Size, levels: Sequence[int]) -> Image.Image:
    """A mask that runs through ``levels`` (0 to 255) from top to bottom."""
    return gradient(size, [(level, level, level) for level in levels]).convert("L")


def glow(diameter: int) -> Image.Image:
    """A round mask, brightest in the middle and fading to nothing."""
    # radial_gradient holds the distance from the middle: 181 at the middle of an edge
    levels = [round(255 * max(0.0, 1 - distance / 181) ** 3) for distance in range(256)]
    mask = Image.radial_gradient("L").point(levels)
    return mask.resize((diameter, diameter), Image.Resampling.BICUBIC)


def disc(diameter: int) -> Image.Image:
    mask = Image.new("L", (4 * diameter, 4 * diameter))
    ImageDraw.Draw(mask).ellipse((4, 4, 4 * diameter - 4, 4 * diameter - 4), fill=255)
    return mask.reduce(4)


def faded(mask: Image.Image, share: float) -> Image.Image:
    return mask.point([round(level * share) for level in range(256)])


def swing(phase: float, turns: int = 1, start: float = 0.0) -> float:
    """Back and forth between -1 and 1, ``turns`` times in a loop."""
    return math.sin(math.tau * (turns * phase + start))


def hills(size: Size, seed: int, *, rough: float = 1.0, cycles: int = 1) -> Image.Image:
    """A mask of rolling ground that repeats seamlessly ``cycles`` times over its width."""
    width, height = size
    dice = random.Random(seed)  # noqa: S311 - a landscape, not a secret
    waves = [(k, dice.random() * math.tau, dice.uniform(0.4, 1) / k) for k in (1, 2, 3, 5, 8)]
    if rough > 1:
        waves += [(k, dice.random() * math.tau, rough / k / 2) for k in (13, 21, 34)]
    total = sum(weight for _, _, weight in waves)
    points = []
    for x in range(0, 2 * width + 4, 4):
        turn = x / (2 * width) * math.tau * cycles
        lift = sum(weight * math.sin(k * turn + phase) for k, phase, weight in waves) / total
        points.append((x, height * (0.9 - 0.8 * lift)))
    mask = Image.new("L", (2 * width, 2 * height))
    ImageDraw.Draw(mask).polygon([(0, 2 * height), *points, (2 * width, 2 * height)], fill=255)
    return mask.reduce(2)


def trees(size: Size, seed: int, count: int) -> Image.Image:
    """A mask of firs standing in snow; it repeats seamlessly over its width."""
    width, height = size
    dice = random.Random(seed)  # noqa: S311 - a forest, not a secret
    mask = Image.new("L", (2 * width, 2 * height))
    draw = ImageDraw.Draw(mask)
    for _ in range(count):
        foot, tall = dice.randrange(2 * width), height * dice.uniform(0.9, 1.9)
        for x in (foot - 2 * width, foot, foot + 2 * width):
            for part in range(3):
                top = 2 * height - tall * (1 - part * 0.22)
                low, half = top + tall * 0.5, tall * (0.10 + 0.05 * part)
                draw.polygon([(x, top), (x - half, low), (x + half, low)], fill=255)
            draw.rectangle(
                (x - tall * 0.02, 2 * height - tall * 0.2, x + tall * 0.02, 2 * height), 255
            )
    return mask.reduce(2)


def stars(size: Size, seed: int, count: int) -> Image.Image:
    width, height = size
    dice = random.Random(seed)  # noqa: S311 - a sky, not a secret
    mask = Image.new("L", (2 * width, 2 * height))
    draw = ImageDraw.Draw(mask)
    for _ in range(count):
        x, y = dice.randrange(2 * width), 2 * height * dice.random() ** 1.5
        r = dice.choice((1, 1, 1, 2, 2, 3)) * height / 720 + 0.5
        draw.ellipse((x - r, y - r, x + r, y + r), fill=dice.randrange(90, 256))
    return mask.reduce(2)


def clouds(size: Size, seed: int, count: int) -> Image.Image:
    """A mask of flat, soft clouds; it repeats seamlessly over its width."""
    width, height = size[0] // 2, size[1] // 2
    dice = random.Random(seed)  # noqa: S311 - weather, not a secret
    mask = Image.new("L", (width, height))
    for _ in range(count):
        x, y, long = dice.randrange(width), dice.uniform(0.1, 0.7) * height, width * 0.3
        thick = min(height, width)
        for _ in range(14):
            part = glow(round(thick * dice.uniform(0.12, 0.3)))
            part = part.resize((part.width * 3, part.height // 2))
            left = round(x + dice.triangular(-1, 1) * long / 2) % width
            top = round(y + dice.uniform(-0.5, 0.2) * part.height)
            for shift in (left - width, left, left + width):
                mask.paste(170, (shift, top), part)
    return mask.resize(size, Image.Resampling.BICUBIC)


def tiled(mask: Image.Image, width: int) -> Image.Image:
    """The mask repeated sideways until it is ``width`` wide, ready to be scrolled by a crop."""
    wide = Image.new(mask.mode, (width, mask.height))
    for x in range(0, width, mask.width):
        wide.paste(mask, (x, 0))
    return wide


def window(mask: Image.Image, left: float, width: int) -> Image.Image:
    x = round(left)
    return mask.crop((x, 0, x + width, mask.height))


def letters(text: str, height: float, *, spacing: float = 0.0) -> Image.Image:
    """A mask that holds one line of text, ``spacing`` in shares of the letter height apart."""
    font = ImageFont.load_default(height)
    gap = spacing * height
    widths = [font.getlength(letter) + gap for letter in text]
    mask = Image.new("L", (max(1, math.ceil(sum(widths))), math.ceil(height * 1.35)))
    draw = ImageDraw.Draw(mask)
    x = 0.0
    for letter, width in zip(text, widths, strict=True):
        draw.text((x, 0), letter, font=font, fill=255)
        x += width
    return mask


class Lettering:
    """White lines with a soft shadow, drawn once; each is a text, its middle and its height."""

    def __init__(self, size: Size, lines: Sequence[tuple[str, tuple[float, float], float]]) -> None:
        text = Image.new("L", size)
        shadow = Image.new("L", size)
        for line, middle, height in lines:
            mask = letters(line, height, spacing=0.06)
            if mask.width > size[0] * 0.86:
                mask = letters(line, height * size[0] * 0.86 / mask.width, spacing=0.06)
            corner = (round(middle[0] - mask.width / 2), round(middle[1] - mask.height / 2))
            text.paste(mask, corner)
            shadow.paste(text, (0, 0))
            shadow = shadow.filter(ImageFilter.GaussianBlur(height / 5))
        box = shadow.getbbox() or (0, 0, 1, 1)
        self._corner = box[:2]
        self._text, self._shadow = text.crop(box), faded(shadow.crop(box), 0.7)

    def put(self, picture: Image.Image, strength: float = 1.0) -> None:
        picture.paste(BLACK, self._corner, faded(self._shadow, strength))
        picture.paste(WHITE, self._corner, faded(self._text, strength))
