"""Every page on a phone, a laptop and a television: nothing sticks out, nothing fails, nothing
leaves the box.
"""

from fractions import Fraction
from urllib.parse import urlsplit

import pytest
from playwright.async_api import Browser

from tests.media import Film, Line, write_film
from tests.server import Running, command_line, running_server

PASSWORD = "correct horse battery"
SIZES = {"phone": (360, 740), "laptop": (1280, 800), "television": (1920, 1080)}
LONG = "A Film With Quite A Long Name That Goes On And On Without Any End In Sight"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    root = tmp_path_factory.mktemp("house") / "storage"
    film = Film(seconds=20, fps=Fraction(10), gop=20, lines=(Line(0.5, 19.0, "Hello there."),))
    first = root / "library" / "movies" / f"{LONG} (2001)" / f"{LONG} (2001).mkv"
    first.parent.mkdir(parents=True)
    write_film(first, film)
    for number in (1, 2):
        path = root / "library/shows/Some Show (2010)/Season 01" / f"Some Show S01E0{number}.mkv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(first)
    (root / "library" / "movies" / "Broken.mkv").write_bytes(b"not a film" * 300)
    command_line(
        *("user", "add", "ana", "--role", "owner", "--password-stdin"), root=root, input=PASSWORD
    )
    assert command_line("scan", root=root).returncode == 0
    with running_server(root) as running:
        yield running


@pytest.mark.parametrize("size", SIZES)
async def test_every_page_fits(browser: Browser, house: Running, size: str) -> None:
    width, height = SIZES[size]
    context = await browser.new_context(
        viewport={"width": width, "height": height}, has_touch=size == "phone"
    )
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
    page.on(
        "console",
        lambda said: faults.append(f"{page.url}: {said.text}") if said.type == "error" else None,
    )
    page.on(
        "request",
        lambda asked: (
            faults.append(f"asked {asked.url}")
            if urlsplit(asked.url).scheme in {"http", "https", "ws"}
            and urlsplit(asked.url).netloc != urlsplit(house.url).netloc
            else None
        ),
    )
    await page.goto(house.url)
    await page.fill("[name=username]", "ana")
    await page.fill("[name=password]", PASSWORD)
    await page.click("form button")
    await page.wait_for_url(f"{house.url}/")
    kinds = "movie,show,season,episode"
    items = (await (await page.request.get(f"{house.url}/api/items?kind={kinds}")).json())["items"]
    libraries = (await (await page.request.get(f"{house.url}/api/libraries")).json())["items"]
    paths = ["/", "/find", "/find?q=film", "/settings"]
    paths += [f"/items/{item['id']}" for item in items]
    paths += [f"/libraries/{library['id']}" for library in libraries]
    for path in paths:
        tv = ("&" if "?" in path else "?") + "tv=1" if size == "television" else ""
        await page.goto(house.url + path + tv)
        await page.wait_for_load_state("networkidle")
        wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} is {wide} pixels too wide on a {size}"
    assert not faults, faults
    await context.close()


async def test_subtitles_and_menus_work_by_keys_alone(browser: Browser, house: Running) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 720})
    page = await context.new_page()
    await page.goto(house.url)
    await page.fill("[name=username]", "ana")
    await page.fill("[name=password]", PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"{house.url}/")
    items = (await (await page.request.get(f"{house.url}/api/items?kind=movie")).json())["items"]
    film = next(item for item in items if item["title"] == LONG)
    await page.goto(f"{house.url}/watch/{film['id']}")
    await page.wait_for_selector("html[data-player=playing]", state="attached")
    await page.keyboard.press("c")
    await page.wait_for_selector(".captions .cue")
    assert await page.inner_text(".captions") == "Hello there."
    await page.keyboard.press("Space")
    await page.wait_for_selector("html[data-player=paused]", state="attached")
    await page.focus("#quality-button")
    await page.keyboard.press("Enter")
    assert await page.is_visible("#quality-panel")
    await page.keyboard.press("Escape")
    assert not await page.is_visible("#quality-panel")
    await page.keyboard.press("Shift+?")
    assert await page.is_visible("#keys-panel")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Escape")
    await page.wait_for_url(f"{house.url}/items/{film['id']}")
    await context.close()
