"""A household's first evening, in a real browser: from the set-up code to the next episode.

What plays is checked by the number drawn into each frame, not by the absence of errors.
"""

import asyncio
import re
import string
import time
from fractions import Fraction
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Page, expect

from tests.media import BITS, Film, Tone, write_film
from tests.server import Running, running_server

FPS = 10
REORDERED = 2
"""Frames by which an encode may reorder."""
FILM_SECONDS = 340.0
PASSWORD = "correct horse battery"

# Waits for the next picture to be shown, draws it and reads the row of blocks in its middle.
READ_FRAME = string.Template("""
() => new Promise((resolve) => {
  const video = document.querySelector("video");
  video.requestVideoFrameCallback((now, shown) => {
    const canvas = document.createElement("canvas");
    canvas.width = $bits * 8; canvas.height = 96;
    const context = canvas.getContext("2d");
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const row = context.getImageData(0, 48, canvas.width, 1).data;
    let number = 0;
    for (let bit = 0; bit < $bits; bit++)
      if (row[(bit * 8 + 4) * 4] > 127) number |= 1 << bit;
    resolve({ number, time: shown.mediaTime });
  });
})
""").substitute(bits=BITS)


@pytest.fixture(scope="module")
def media(tmp_path_factory) -> Path:
    """One film a browser plays as it is, one that must be transcoded, and a show."""
    folder = tmp_path_factory.mktemp("media")
    plain = Film(seconds=FILM_SECONDS, fps=Fraction(FPS), gop=40, tones=(Tone(channels=2),))
    foreign = Film(
        seconds=FILM_SECONDS, fps=Fraction(FPS), codec="mpeg4", gop=40, tones=(Tone("ac3"),)
    )
    short = Film(seconds=30, fps=Fraction(FPS), gop=40)
    for name, film in (
        ("movies/Plain Film (2001)/Plain Film (2001).mp4", plain),
        ("movies/Foreign Film (2002)/Foreign Film (2002).avi", foreign),
        ("shows/Some Show (2010)/Season 01/Some Show S01E01 Dawn.mkv", short),
        ("shows/Some Show (2010)/Season 01/Some Show S01E02 Noon.mkv", short),
    ):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_film(path, film)
    (folder / "movies" / "Broken (2003).mp4").write_bytes(b"not a film" * 1000)
    return folder


@pytest.fixture
def server(tmp_path):
    with running_server(tmp_path / "storage") as running:
        yield running


async def test_from_the_set_up_code_to_the_next_episode(
    page: Page, server: Running, media: Path
) -> None:
    await set_up(page, server)
    await add_and_scan(page, server, media / "movies", "movies", "Films", expected=2)
    await add_and_scan(page, server, media / "shows", "shows", "Series", expected=1)

    for title in ("Plain Film", "Foreign Film"):
        await open_item(page, server, "Films", title)
        await page.get_by_role("link", name=re.compile("^Play")).first.click()
        await page.wait_for_url("**/watch/**")
        await picture_advances(page)
        for key, share in (("7", 0.7), ("3", 0.3)):
            await page.keyboard.press(key)
            await plays_near(page, FILM_SECONDS * share)
        stopped = await pause(page)
        await page.reload()
        await picture_advances(page)
        resumed = await page.evaluate("document.querySelector('video').currentTime")
        assert stopped - 2 <= resumed <= stopped + 4
        await page.goto(server.url)
        await expect(page.get_by_role("heading", name="Continue Watching")).to_be_visible()

    await open_item(page, server, "Series", "Some Show")
    await page.get_by_role("link", name=re.compile("Play")).first.click()
    await page.wait_for_url("**/watch/**")
    await picture_advances(page)
    first = page.url
    await page.keyboard.press("Shift+N")
    await page.wait_for_url(lambda url: "/watch/" in url and url != first)
    await picture_advances(page)
    await expect(page.locator("h1")).to_contain_text("Some Show")


async def test_a_broken_file_is_listed_with_its_reason(
    page: Page, server: Running, media: Path
) -> None:
    await set_up(page, server)
    await add_and_scan(page, server, media / "movies", "movies", "Films", expected=2)
    await page.goto(f"{server.url}/settings")
    await expect(page.get_by_text("Broken (2003).mp4").first).to_be_attached()


async def set_up(page: Page, server: Running) -> None:
    await page.goto(server.url)
    assert urlsplit(page.url).path == "/setup"
    await page.fill("input[name=code]", server.setup_code or "")
    await page.fill("input[name=username]", "ana")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("form button")
    await page.wait_for_url(f"{server.url}/")


async def add_and_scan(
    page: Page, server: Running, folder: Path, kind: str, name: str, *, expected: int
) -> None:
    """Through the settings page; the scan's progress arrives over the WebSocket."""
    await page.goto(f"{server.url}/settings")
    form = page.locator("form[action='/settings/libraries']")
    if not await form.is_visible():
        await page.locator("summary", has_text="Add a folder").click()
    await form.locator("[name=path]").fill(str(folder))
    await form.locator("[name=name]").fill(name)
    kind_field = form.locator(f"[name=kind][value={kind}]")
    if await kind_field.count():
        await kind_field.check(force=True)
    else:
        await form.locator("[name=kind]").select_option(kind)
    await form.locator("button").last.click()
    await page.wait_for_load_state()
    deadline = time.monotonic() + 30
    while await scanned(page, name) < expected:
        assert time.monotonic() < deadline, "the scan did not find the files"
        await asyncio.sleep(0.2)


async def scanned(page: Page, name: str) -> int:
    """How many items the API shows in the library called ``name``, asked as the page would."""
    return await page.evaluate(
        """async (name) => {
          const libraries = await (await fetch("/api/libraries")).json();
          const library = libraries.items.find((one) => one.name === name);
          if (!library) return -1;
          return (await (await fetch("/api/items?library=" + library.id)).json()).items
            .filter((item) => item.state === "present").length;
        }""",
        name,
    )


async def open_item(page: Page, server: Running, library: str, title: str) -> None:
    await page.goto(server.url)
    await page.get_by_role("link", name=library, exact=True).first.click()
    await page.get_by_role("link", name=re.compile(title)).first.click()
    await expect(page.locator("h1").first).to_contain_text(title)


async def picture_advances(page: Page) -> None:
    """Two different frames, each the one that belongs to its time."""
    first = await frame(page)
    await until(page, f"video.currentTime > {first['time'] + 0.5}")
    second = await frame(page)
    assert second["number"] > first["number"]
    # hls.js takes the first decode time for the start of the timeline, so pictures that wait for
    # their turn (B-frames) are shown that much later, all of them alike.
    lags = [seen["time"] * FPS - seen["number"] for seen in (first, second)]
    assert all(-0.5 <= lag <= REORDERED + 0.5 for lag in lags), (first, second)
    assert abs(lags[0] - lags[1]) <= 1, (first, second)


async def plays_near(page: Page, seconds: float) -> None:
    await until(page, f"Math.abs(video.currentTime - {seconds}) < 3 && !video.seeking")
    await picture_advances(page)


async def until(page: Page, condition: str) -> None:
    """Wait for something to be true of ``video``. Polled: the page's policy forbids eval."""
    deadline = time.monotonic() + 20
    video = "const video = document.querySelector('video')"
    script = f"() => {{ {video}; return video && ({condition}); }}"
    while not await page.evaluate(script):
        assert time.monotonic() < deadline, condition
        await asyncio.sleep(0.05)


async def frame(page: Page) -> dict:
    await until(page, "video.readyState >= 2 && !video.paused && video.currentTime > 0")
    return await page.evaluate(READ_FRAME)


async def pause(page: Page) -> float:
    async with page.expect_response(lambda answer: "/api/playback/" in answer.url) as saved:
        await page.keyboard.press("k")
    assert (await saved.value).ok
    return await page.evaluate("document.querySelector('video').currentTime")
