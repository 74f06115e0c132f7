"""Previews in the seek bar of a real browser: hovered, dragged by a finger, and sought by keys.

What the preview shows is read from its pixels: the number drawn into the frame.
"""

import asyncio
import string
import time
from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from playwright.async_api import Browser, Page

from tests.browser.test_journey import add_and_scan, open_item, set_up
from tests.media import BITS, Film, write_film
from tests.server import Running, running_server

FPS, STEP, SECONDS = 5, 4, 120
SHOWN = string.Template("""
() => {
  const thumbnail = document.querySelector("media-preview-thumbnail");
  const image = thumbnail?.shadowRoot?.querySelector("img");
  if (!image?.complete || !image.naturalWidth) return null;
  const place = thumbnail.getAttribute("mediapreviewcoords");
  if (!place || getComputedStyle(thumbnail).visibility !== "visible") return null;
  const [x, y, w, h] = place.split(" ").map(Number);
  const box = thumbnail.getBoundingClientRect();
  const canvas = document.createElement("canvas");
  canvas.width = w; canvas.height = h;
  const context = canvas.getContext("2d");
  context.drawImage(image, x, y, w, h, 0, 0, w, h);
  const row = context.getImageData(0, Math.round(h / 2), w, 1).data;
  let number = 0;
  for (let bit = 0; bit < $bits; bit++)
    if (row[Math.round((bit + 0.5) * w / $bits) * 4] > 127) number |= 1 << bit;
  const inside = box.left >= 0 && box.right <= innerWidth && box.top >= 0;
  return { number, inside, width: box.width, middle: (box.left + box.right) / 2 };
}
""").substitute(bits=BITS)


@pytest.fixture(scope="module")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One film a browser plays as it is, and one that must be transcoded."""
    folder = tmp_path_factory.mktemp("media")
    film = Film(seconds=SECONDS, fps=Fraction(FPS), gop=FPS, tones=())
    foreign = msgspec.structs.replace(film, codec="mpeg4")
    write_film(folder / "Plain Film (2001).mp4", film)
    write_film(folder / "Foreign Film (2002).avi", foreign)
    return folder


@pytest.fixture
def server(tmp_path):
    with running_server(tmp_path / "storage") as running:
        yield running


async def test_the_bar_shows_the_picture_of_its_time(
    page: Page, server: Running, media: Path
) -> None:
    await set_up(page, server)
    await add_and_scan(page, server, media, "movies", "Films", expected=2)
    for title in ("Plain Film", "Foreign Film"):
        await open_item(page, server, "Films", title)
        await page.locator("a[href*='/watch/']").first.click()
        await picture_advances_at_all(page)
        bar = await page.locator("media-time-range").bounding_box()
        assert bar is not None
        for share in (0.25, 0.8, 0.02):
            await page.mouse.move(bar["x"] + bar["width"] * share, bar["y"] + bar["height"] / 2)
            await shows(page, SECONDS * share)
        await page.mouse.move(300, 200)
        await page.keyboard.press("6")
        await shows(page, SECONDS * 0.6)
        seen = await page.evaluate(SHOWN)
        assert seen["middle"] == pytest.approx(bar["x"] + bar["width"] * 0.6, abs=8)
        await page.keyboard.press("ArrowRight")
        await shows(page, SECONDS * 0.6 + 10)
        # the mouse takes the preview back from the keys, picture and place
        await page.mouse.move(bar["x"] + bar["width"] * 0.3, bar["y"] + bar["height"] / 2)
        await page.mouse.move(bar["x"] + bar["width"] * 0.25, bar["y"] + bar["height"] / 2)
        await shows(page, SECONDS * 0.25)
        seen = await page.evaluate(SHOWN)
        assert seen["middle"] == pytest.approx(bar["x"] + bar["width"] * 0.25, abs=8)


async def test_a_finger_on_the_bar_sees_where_it_goes(
    browser: Browser, page: Page, server: Running, media: Path
) -> None:
    await set_up(page, server)
    await add_and_scan(page, server, media, "movies", "Films", expected=2)
    state = await page.context.storage_state()
    await page.goto("about:blank")
    context = await browser.new_context(
        viewport={"width": 390, "height": 780}, has_touch=True, is_mobile=True, storage_state=state
    )
    phone = await context.new_page()
    await open_item(phone, server, "Films", "Plain Film")
    await phone.locator("a[href*='/watch/']").first.tap()
    await picture_advances_at_all(phone)
    await phone.touchscreen.tap(195, 250)
    bar = await phone.locator("media-time-range").bounding_box()
    assert bar is not None
    touch = await context.new_cdp_session(phone)
    y = bar["y"] + bar["height"] / 2
    await touch.send(
        "Input.dispatchTouchEvent",
        {"type": "touchStart", "touchPoints": [{"x": bar["x"] + bar["width"] * 0.3, "y": y}]},
    )
    for share in (0.4, 0.5, 0.6, 0.7):
        point = {"x": bar["x"] + bar["width"] * share, "y": y}
        await touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    await shows(phone, SECONDS * 0.7)
    await touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    await phone.goto("about:blank")
    await context.close()


async def picture_advances_at_all(page: Page) -> None:
    await page.wait_for_url("**/watch/**")
    deadline = time.monotonic() + 20
    while not await page.evaluate("document.querySelector('video').currentTime > 0.5"):
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def shows(page: Page, seconds: float) -> None:
    """A preview is seen whole, of the stretch of the film that ``seconds`` lies in."""
    deadline = time.monotonic() + 20
    while True:
        seen = await page.evaluate(SHOWN)
        if seen and -1.5 <= seconds - seen["number"] / FPS <= STEP + 1.5:
            assert seen["inside"], seen
            assert seen["width"] >= 80
            return
        assert time.monotonic() < deadline, (seconds, seen)
        await asyncio.sleep(0.1)
