"""Posters, backdrops and logos of the demo films: their own scenes, drawn large and lettered."""

from dataclasses import replace

from PIL import Image

from mediaserver.demo import sea as shore
from mediaserver.demo.films import AURORA
from mediaserver.demo.pictures import BLACK, WHITE, Lettering, Scene, Size, letters, ramp
from mediaserver.demo.scenes import express, garden
from mediaserver.demo.sea import sea
from mediaserver.demo.show import LOOKS, OPENING, WEATHER

POSTER: Size = (800, 1200)
BACKDROP: Size = (1920, 1080)
THUMB: Size = (854, 480)
LOGO_HEIGHT = 120


def poster(scene: Scene, phase: float, title: str, line: str) -> Image.Image:
    """The scene upright, darker at the foot, with the title in up to three lines."""
    picture = scene(phase)
    width, height = picture.size
    picture.paste(BLACK, None, ramp(picture.size, (60, 0, 0, 0, 110, 190)))
    words = title.split()
    lines = [" ".join(words[:-1]), words[-1]] if len(words) > 1 else words
    placed = [
        (text.upper(), (width / 2, height * (0.80 + 0.075 * k)), width * 0.095)
        for k, text in enumerate(lines)
    ]
    Lettering(picture.size, [*placed, (line, (width / 2, height * 0.95), width * 0.032)]).put(
        picture
    )
    return picture


def logo(title: str) -> Image.Image:
    mask = letters(title, LOGO_HEIGHT, spacing=0.1)
    picture = Image.new("RGBA", mask.size, (*WHITE, 0))
    picture.putalpha(mask)
    return picture


def of_tide() -> dict[str, Image.Image]:
    return {
        "poster.jpg": poster(sea(POSTER, shore.DUSK), 0.3, "The Long Tide", "one day, one sea"),
        "backdrop.jpg": sea(BACKDROP, replace(shore.DUSK, seed=30))(0.55),
        "logo.png": logo("The Long Tide"),
    }


def of_express() -> dict[str, Image.Image]:
    scene = express(POSTER, AURORA)
    return {
        "poster.jpg": poster(scene, 0.15, "Northern Express", "the sky is moving"),
        "backdrop.jpg": express(BACKDROP, AURORA)(0.4),
    }


def of_garden() -> dict[str, Image.Image]:
    return {"poster.jpg": poster(garden(POSTER), 0.1, "The Clockwork Garden", "always on time")}


def of_show() -> dict[str, Image.Image]:
    looks = dict(LOOKS)
    second = replace(looks["dawn"], seed=61)
    return {
        "poster.jpg": poster(sea(POSTER, OPENING), 0.2, "Harbour Lights", "the lamp turns"),
        "season01-poster.jpg": poster(
            sea(POSTER, looks["dusk"]), 0.6, "Season One", "Harbour Lights"
        ),
        "season02-poster.jpg": poster(sea(POSTER, second), 0.4, "Season Two", "Harbour Lights"),
        "backdrop.jpg": sea(BACKDROP, replace(OPENING, seed=62))(0.7),
        "logo.png": logo("Harbour Lights"),
    }


def of_episode(index: int) -> Image.Image:
    return sea(THUMB, dict(LOOKS)[WEATHER[index][0]])(0.1 + 0.13 * index)
