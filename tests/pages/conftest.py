"""A house with something in it, and a browser's way of asking for pages."""

from collections.abc import Awaitable, Callable
from fractions import Fraction
from pathlib import Path

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient

from mediaserver.accounts import Role
from mediaserver.library import LibraryKind
from mediaserver.services import Services
from tests.conftest import PASSWORD
from tests.media import Film, Line, Tone, write_film

Get = Callable[..., Awaitable[str]]
Post = Callable[..., Awaitable[ClientResponse]]
HOSTILE = "<img src=x onerror=alert(1)>"
FILMS = (
    "Plain Film (2001)/Plain Film (2001).mkv",
    f"{HOSTILE} (2002)/{HOSTILE} (2002).mkv",
    "'-alert(1)-' \"onload=x (2003)/'-alert(1)-' \"onload=x (2003).mkv",
    "{{ 7 * 7 }} %}{# (2004)/{{ 7 * 7 }} %}{# (2004).mkv",
)
EPISODES = tuple(
    f"Some Show (2010)/Season 0{season}/Some Show S0{season}E0{number} Part {number}.mkv"
    for season in (1, 2)
    for number in (1, 2)
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("media")
    original = root / "original.mkv"
    film = Film(
        seconds=2,
        fps=Fraction(10),
        tones=(Tone(), Tone(language="deu")),
        lines=(Line(0.1, 1.0, "<script>alert(1)</script>"),),
    )
    write_film(original, film)
    for part, names in (("films", FILMS), ("shows", EPISODES)):
        for name in names:
            path = root / part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.hardlink_to(original)
    (root / "films" / f"Broken {HOSTILE} (2005).mkv").write_bytes(b"not a film" * 500)
    (root / "videos").mkdir()
    (root / "videos" / f"Picnic {HOSTILE}.mkv").hardlink_to(original)
    return root


@pytest.fixture
async def house(services: Services, folder: Path) -> Services:
    async def ignore(*_: object, **__: object) -> None:
        pass

    for name, kind, part in (
        (f"Films {HOSTILE}", LibraryKind.MOVIES, "films"),
        ("Series", LibraryKind.SHOWS, "shows"),
        ("Homes", LibraryKind.HOMEVIDEOS, "videos"),
    ):
        added = await services.library.add(name, kind, [str(folder / part)])
        await services.scanner.scan(added.id, ignore)
    await services.accounts.add_user("ana", PASSWORD, Role.OWNER)
    await services.accounts.add_user(HOSTILE, PASSWORD, Role.VIEWER)
    return services


@pytest.fixture
async def post(client: TestClient) -> Post:
    """Send a form as a page of ours does; what is asked for comes back unfollowed."""

    async def send(path: str, /, **fields: str) -> ClientResponse:
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        return await client.post(path, data=fields, headers=headers, allow_redirects=False)

    return send


@pytest.fixture
async def get(client: TestClient, house: Services, post: Post) -> Get:
    """A page as the owner sees it, or as whoever ``as_`` names."""
    signed_in: list[str] = []

    async def read(path: str, *, status: int = 200, as_: str = "ana") -> str:
        if signed_in != [as_]:
            client.session.cookie_jar.clear()
            answer = await post("/sign-in", username=as_, password=PASSWORD)
            assert answer.status == 303, await answer.text()
            signed_in[:] = [as_]
        answer = await client.get(path, headers={"Accept": "text/html"})
        assert answer.status == status, await answer.text()
        return await answer.text()

    return read
