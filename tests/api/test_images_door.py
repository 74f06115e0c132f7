"""Pictures at the door: made small, kept by browsers, and never anybody else's file."""

import io
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient
from PIL import Image

from mediaserver.catalog import ItemCard, Query
from mediaserver.library import Artwork, Library, LibraryKind
from mediaserver.services import Services
from tests.conftest import SignIn
from tests.scanned import episode, movie, viewer


async def _library(services: Services, kind: LibraryKind) -> Library:
    return next(one for one in await services.library.libraries() if one.kind is kind)


def _draw(path: Path, size: tuple[int, int]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (200, 30, 30)).save(path)


@pytest.fixture
async def film(services: Services) -> ItemCard:
    """A film with a poster and a backdrop beside it."""
    films = await _library(services, LibraryKind.MOVIES)
    folder = Path(films.roots[0].path) / "Alien"
    _draw(folder / "poster.png", (1000, 1500))
    _draw(folder / "backdrop.jpg", (1920, 1080))
    art = Artwork(poster="Alien/poster.png", backdrop="Alien/backdrop.jpg")
    await services.catalog.ingest(films, [movie(films, "Alien", art=art)])
    (card,) = (await services.catalog.page(viewer(), Query())).items
    return card


@pytest.fixture
async def headers(sign_in: SignIn) -> dict[str, str]:
    return await sign_in("viewer")


@pytest.mark.parametrize(
    ("name", "width", "size"),
    [
        ("poster", 200, (240, 360)),
        ("poster", 10_000, (1000, 1500)),
        ("backdrop", 640, (640, 360)),
        ("thumb", 320, (320, 180)),
    ],
)
async def test_a_picture_comes_in_the_nearest_width(
    client: TestClient, headers: dict[str, str], film: ItemCard, name: str, width: int,
    size: tuple[int, int],
) -> None:  # fmt: skip
    async with client.get(f"{film.images[name].url}&width={width}", headers=headers) as response:
        assert response.status == 200
        assert response.content_type == "image/webp"
        with Image.open(io.BytesIO(await response.read())) as picture:
            assert (picture.format, picture.size) == ("WEBP", size)
        assert "immutable" in response.headers["Cache-Control"]
        assert "private" in response.headers["Cache-Control"]


async def test_a_known_picture_is_not_sent_again(
    client: TestClient, headers: dict[str, str], film: ItemCard
) -> None:
    address = f"/api/items/{film.id}/images/poster?width=160"
    async with client.get(address, headers=headers) as response:
        etag = response.headers["ETag"]
        assert response.headers["Cache-Control"] == "private, max-age=300"
    for known, status in ((etag, 304), (f'W/{etag}, "x"', 304), ('"x"', 200)):
        asked = {**headers, "If-None-Match": known}
        async with client.get(address, headers=asked) as response:
            assert response.status == status
            assert bool(await response.read()) is (status == 200)


@pytest.mark.parametrize(
    ("tail", "status"),
    [
        ("logo", 404), ("banner", 422), ("..%2f..%2fetc%2fpasswd", 422), ("poster?width=0", 422),
        ("poster?width=-1", 422), ("poster?width=x", 422), ("poster?width=1000000000", 422),
        ("poster?v=other", 200),
    ],
)  # fmt: skip
async def test_only_pictures_of_known_kinds_and_sizes(
    client: TestClient, headers: dict[str, str], film: ItemCard, tail: str, status: int
) -> None:
    async with client.get(f"/api/items/{film.id}/images/{tail}", headers=headers) as response:
        assert response.status == status


async def test_a_picture_that_left_or_lies_elsewhere_is_not_found(
    client: TestClient, headers: dict[str, str], services: Services, tmp_path: Path
) -> None:
    _draw(tmp_path / "secret.png", (300, 450))
    films = await _library(services, LibraryKind.MOVIES)
    outside = str(Path("../../..") / "secret.png")
    files = [
        movie(films, name, art=Artwork(poster=path))
        for name, path in (("Gone", "gone.png"), ("Outside", outside))
    ]
    await services.catalog.ingest(films, files)
    for card in (await services.catalog.page(viewer(), Query())).items:
        async with client.get(card.images["poster"].url, headers=headers) as response:
            assert response.status == 404


async def test_an_episode_shows_its_show(
    client: TestClient, headers: dict[str, str], services: Services
) -> None:
    shows = await _library(services, LibraryKind.SHOWS)
    _draw(Path(shows.roots[0].path) / "Fargo" / "poster.jpg", (600, 900))
    file = episode(shows, "Fargo", 1, 1, series_art=Artwork(poster="Fargo/poster.jpg"))
    await services.catalog.ingest(shows, [file])
    (show,) = (await services.catalog.page(viewer(), Query())).items
    (season,) = await services.catalog.children(viewer(), show.id)
    (one,) = await services.catalog.children(viewer(), season.id)
    for id_ in (show.id, season.id, one.id):
        async with client.get(f"/api/items/{id_}/images/poster", headers=headers) as response:
            assert response.status == 200


async def test_strangers_see_no_pictures(client: TestClient, film: ItemCard) -> None:
    async with client.get(film.images["poster"].url) as response:
        assert response.status == 401
