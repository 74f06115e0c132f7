"""axe-core finds nothing on any page of ours, on a phone in the dark and a laptop in the light."""

import hashlib
import re
from fractions import Fraction
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.media import Film, Line, Tone, write_film
from tests.server import Running, command_line, running_server

VENDOR = Path(__file__).parents[1] / "vendor"
AXE = (VENDOR / "axe-core" / "axe.min.js").read_text()
PASSWORD = "correct horse battery"
LOOKS = {
    "dark phone": ((390, 844), "dark"),
    "light laptop": ((1280, 800), "light"),
}

RUN = """
async () => (await axe.run(document, { resultTypes: ["violations"] })).violations.flatMap(
  (rule) => rule.nodes.map((node) => `${rule.id}: ${node.target.join(" ")} ${node.failureSummary}`))
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A film with two sounds and subtitles, an episode, a file that cannot be read."""
    root = tmp_path_factory.mktemp("house") / "storage"
    film = root / "library" / "movies" / "A Film (2001)" / "A Film (2001).mkv"
    film.parent.mkdir(parents=True)
    tones = (Tone(channels=2, language="eng"), Tone(channels=2, language="deu"))
    write_film(
        film,
        Film(seconds=20, fps=Fraction(10), gop=20, tones=tones, lines=(Line(0.5, 19, "Hello."),)),
    )
    episode = root / "library" / "shows" / "Some Show (2010)" / "Some Show S01E01.mkv"
    episode.parent.mkdir(parents=True)
    episode.hardlink_to(film)
    film.with_name("Broken (2003).mp4").write_bytes(b"not a film" * 100)
    command_line(
        *("user", "add", "ana", "--role", "owner", "--password-stdin"), root=root, input=PASSWORD
    )
    command_line(
        *("user", "add", "kim", "--role", "viewer", "--password-stdin"), root=root, input=PASSWORD
    )
    assert command_line("scan", root=root).returncode == 0
    with running_server(root) as running:
        yield running


@pytest.fixture(params=LOOKS)
async def visitor(browser: Browser, request: pytest.FixtureRequest):
    """A page of that size and colours; nobody is signed in."""
    (width, height), theme = LOOKS[request.param]
    context = await browser.new_context(
        viewport={"width": width, "height": height}, reduced_motion="reduce"
    )
    await context.add_init_script(f"localStorage.setItem('theme', '{theme}')")
    yield await context.new_page()
    await context.close()


def test_the_vendored_axe_is_the_one_that_is_listed() -> None:
    listed = re.search(r"`([0-9a-f]{64})` \(axe\.min\.js\)", (VENDOR / "README.md").read_text())
    assert listed
    assert hashlib.sha256(AXE.encode()).hexdigest() == listed[1]


async def test_nobody_is_kept_out_of_a_page(visitor: Page, house: Running) -> None:
    faults = await check(visitor, house, "/sign-in")
    await sign_in(visitor, house, "ana")
    for path in await every_page(visitor, house):
        faults += await check(visitor, house, path)
    assert not faults, "\n".join(faults)


async def test_nobody_is_kept_out_of_the_player(visitor: Page, house: Running) -> None:
    await sign_in(visitor, house, "kim")
    found = (await (await visitor.request.get(f"{house.url}/api/items?kind=movie")).json())["items"]
    film = next(item["id"] for item in found if item["state"] == "present")
    await visitor.goto(f"{house.url}/watch/{film}")
    await visitor.wait_for_selector("html[data-player=playing]", state="attached")
    await visitor.keyboard.press("c")
    await visitor.wait_for_selector(".captions .cue")
    faults = await axe(visitor, "the player")
    for name in ("audio", "captions", "quality", "why"):
        await visitor.focus(f"#{name}-button")
        await visitor.keyboard.press("Enter")
        await visitor.wait_for_selector(f"#{name}-panel")
        faults += await axe(visitor, f"the {name} panel")
        await visitor.keyboard.press("Escape")
    await visitor.keyboard.press("Shift+?")
    await visitor.wait_for_selector("#keys-panel")
    faults += await axe(visitor, "the list of keys")
    assert not faults, "\n".join(faults)


async def test_nobody_is_kept_out_of_the_first_evening(visitor: Page, tmp_path: Path) -> None:
    with running_server(tmp_path / "storage") as empty:
        faults = await check(visitor, empty, f"/setup?code={empty.setup_code}")
        await visitor.fill("[name=username]", "ana")
        await visitor.fill("[name=password]", PASSWORD)
        await visitor.click("form button")
        await visitor.wait_for_url(f"{empty.url}/")
        for path in ("/", "/settings", *await libraries(visitor, empty)):
            faults += await check(visitor, empty, path)
    assert not faults, "\n".join(faults)


async def sign_in(page: Page, house: Running, name: str) -> None:
    await page.goto(house.url)
    await page.fill("[name=username]", name)
    await page.fill("[name=password]", PASSWORD)
    await page.click("form button")
    await page.wait_for_url(f"{house.url}/")


async def every_page(page: Page, house: Running) -> list[str]:
    kinds = "movie,show,season,episode"
    found = (await (await page.request.get(f"{house.url}/api/items?kind={kinds}")).json())["items"]
    fixed = ["/", "/find", "/find?q=film", "/find?q=nothing", "/settings", "/no-such-page"]
    return [*fixed, *(f"/items/{item['id']}" for item in found), *await libraries(page, house)]


async def libraries(page: Page, house: Running) -> list[str]:
    found = (await (await page.request.get(f"{house.url}/api/libraries")).json())["items"]
    return [f"/libraries/{library['id']}" for library in found]


async def check(page: Page, house: Running, path: str) -> list[str]:
    await page.goto(house.url + path)
    return await axe(page, path)


async def axe(page: Page, where: str) -> list[str]:
    """Evaluated from outside: the page's policy lets no other script in."""
    await page.evaluate(AXE)
    return [f"{where}: {fault}" for fault in await page.evaluate(RUN)]
