"""Subtitles as they are seen: the page is photographed, and the pixels are counted."""

import asyncio
import io
import time
from pathlib import Path

import av
import pytest
from PIL import Image
from playwright.async_api import Page, expect

from tests.browser.test_journey import add_and_scan, open_item, set_up, until
from tests.drawn import Patch, add_subtitles, write_ass, write_sup
from tests.media import Film, Line, write_film
from tests.server import Running, running_server

SHARED = Path(__file__).parents[3] / "shared" / "media"
PATCH = Patch(1.0, 25.0, 800, 900, 320, 60)
SIGN = (40, 30, 50)
"""x, y and side of the square, on a canvas of the film's own size."""


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("seen")
    made = Film(seconds=30, width=320, height=180, lines=(Line(1.0, 25.0, "plain words"),))
    plain = write_film(folder / "plain.mkv", made)
    sup = write_sup(folder / "disc.sup", (PATCH,), (1920, 1080))
    bare = write_film(folder / "bare.mkv", Film(seconds=30))
    ass = write_ass(folder / "signs.ass", *SIGN)
    for name in ("Disc Film (2001)", "Sign Film (2002)"):
        (folder / "movies" / name).mkdir(parents=True)
    add_subtitles(plain, sup, folder / "movies/Disc Film (2001)/Disc Film (2001).mkv")
    add_subtitles(bare, ass, folder / "movies/Sign Film (2002)/Sign Film (2002).mkv")
    return folder


@pytest.fixture
def server(tmp_path):
    with running_server(tmp_path / "storage") as running:
        yield running


async def test_a_picture_subtitle_is_seen_where_the_disc_has_it(
    page: Page, server: Running, media: Path
) -> None:
    await watch(page, server, media, "Disc Film", expected=2)
    await choose(page, 2)
    box = await picture_box(page)
    await red_at(page, patch_on(box))
    # a narrow window leaves bars above and below, and the picture moves with the film
    await page.set_viewport_size({"width": 640, "height": 800})
    box = await picture_box(page)
    assert box["top"] > 100
    await red_at(page, patch_on(box))
    await choose(page, 0)
    await red_at(page, None)


async def test_a_picture_subtitle_is_seen_in_full_screen(
    page: Page, server: Running, media: Path
) -> None:
    await watch(page, server, media, "Disc Film", expected=2)
    await choose(page, 2)
    await page.keyboard.press("f")
    await until(page, "document.fullscreenElement?.id === 'player'")
    box = await picture_box(page)
    await red_at(page, patch_on(box))


async def test_a_picture_subtitle_is_seen_over_a_film_that_plays_as_it_is(
    page: Page, server: Running, tmp_path: Path
) -> None:
    disc = SHARED / "sample_with_vobsub.mp4"
    if not disc.exists():
        pytest.skip("the shared media are not here")
    folder = tmp_path / "movies" / "Plain Film (2003)"
    folder.mkdir(parents=True)
    # black, so that what is white was drawn over it
    black = write_film(tmp_path / "plain.mp4", Film(seconds=10, gop=25, tones=()))
    add_subtitles(black, only_subtitles(disc, tmp_path / "s.mp4"), folder / "Plain Film (2003).mp4")
    await watch(page, server, tmp_path, "Plain Film", expected=1)
    assert await page.evaluate("document.documentElement.dataset.playerMode") == "direct"
    await page.evaluate("document.querySelector('video').pause()")
    await page.evaluate("document.querySelector('video').currentTime = 0.5")
    await choose(page, 1)
    image = page.locator(".captions img")
    await image.wait_for(state="visible")
    box = await picture_box(page)
    placed = await image.bounding_box()
    assert placed is not None
    assert placed["width"] == pytest.approx(734 * box["height"] / 720, abs=2)
    middle = placed["x"] + placed["width"] / 2
    assert middle == pytest.approx(box["left"] + box["width"] / 2, abs=3)
    assert await image.evaluate("(one) => one.complete && one.naturalWidth") == 734


def only_subtitles(film: Path, to: Path) -> Path:
    with av.open(str(film)) as one, av.open(str(to), "w") as out:
        (stream,) = one.streams.subtitles
        place = out.add_stream_from_template(stream)
        for packet in one.demux(stream):
            if packet.size:
                packet.stream = place
                out.mux(packet)
    return to


async def test_styled_subtitles_are_drawn_as_they_were_designed(
    page: Page, server: Running, media: Path
) -> None:
    await watch(page, server, media, "Sign Film", expected=2)
    await choose(page, 1)
    box = await picture_box(page)
    scale = box["width"] / 320
    x, y, side = SIGN
    await red_at(
        page,
        (
            box["left"] + x * scale, box["top"] + y * scale,
            box["left"] + (x + side) * scale, box["top"] + (y + side) * scale,
        ),
    )  # fmt: skip
    assert await page.locator(".captions .region").count() == 0, "the words are not shown twice"
    await choose(page, 0)
    await red_at(page, None)


async def test_timing_is_remembered_on_the_device(page: Page, server: Running, media: Path) -> None:
    await watch(page, server, media, "Sign Film", expected=2)
    await choose(page, 1)
    for _ in range(3):
        await page.keyboard.press("h")
    await page.reload()
    await until(page, "video && video.readyState >= 3")
    await choose(page, 1)
    await page.locator("#captions-button").click()
    await expect(page.locator("#captions-panel .stepper output").nth(1)).to_have_text("0.3 s")


async def watch(page: Page, server: Running, media: Path, title: str, *, expected: int) -> None:
    await set_up(page, server)
    await add_and_scan(page, server, media / "movies", "movies", "Films", expected=expected)
    await open_item(page, server, "Films", title)
    await page.get_by_role("link", name="Play").first.click()
    await until(page, "video && video.readyState >= 3")
    await page.evaluate("document.querySelector('video').muted = true")


async def choose(page: Page, number: int) -> None:
    """The ``number``-th entry of the subtitle menu; 0 is off."""
    await page.locator("#captions-button").click()
    await page.locator("#captions-panel [role=menuitemradio]").nth(number).click()
    await page.mouse.move(5, 300)


async def picture_box(page: Page) -> dict[str, float]:
    return await page.evaluate(
        """() => {
          const video = document.querySelector("video");
          const { left, top, width, height } = video.getBoundingClientRect();
          const scale = Math.min(width / video.videoWidth, height / video.videoHeight);
          const shown = { width: video.videoWidth * scale, height: video.videoHeight * scale };
          return { left: left + (width - shown.width) / 2, top: top + (height - shown.height) / 2,
            ...shown };
        }"""
    )


def patch_on(box: dict[str, float]) -> tuple[float, float, float, float]:
    """Where the disc's rectangle belongs, on the page."""
    scale = box["width"] / 1920
    left, top = box["left"] + PATCH.x * scale, box["top"] + PATCH.y * scale
    return left, top, left + PATCH.width * scale, top + PATCH.height * scale


async def red_at(page: Page, expected: tuple[float, float, float, float] | None) -> None:
    """Wait until exactly the ``expected`` rectangle of the page is red."""
    deadline = time.monotonic() + 20
    seen = None
    while time.monotonic() < deadline:
        seen = red_box(await page.screenshot())
        if expected is None and seen is None:
            return
        if expected and seen and all(abs(a - b) <= 3 for a, b in zip(seen, expected, strict=True)):
            return
        await asyncio.sleep(0.3)
    raise AssertionError(f"red is at {seen}, expected {expected}")


def red_box(shot: bytes) -> tuple[int, int, int, int] | None:
    with Image.open(io.BytesIO(shot)) as picture:
        red, green, blue = picture.convert("RGB").split()
    strong = red.point([255 if v > 200 else 0 for v in range(256)])
    little = [255 if v < 60 else 0 for v in range(256)]
    pure = Image.new("L", red.size)
    pure.paste(strong, mask=green.point(little))
    only = Image.new("L", red.size)
    only.paste(pure, mask=blue.point(little))
    return only.getbbox()
