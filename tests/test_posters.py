"""From a folder of films to pictures on cards: described, made, and made anew when they change."""

import asyncio
import os
from pathlib import Path

import pytest
from PIL import Image

from mediaserver.catalog import ItemCard, Query
from mediaserver.jobs import Job, JobState
from mediaserver.library import Library, LibraryKind
from mediaserver.services import Services
from tests.media import Film, write_film
from tests.scanned import viewer

ADA = viewer()


async def _posters(services: Services) -> dict[str, int]:
    """Run the job and wait for it: what it counted."""
    return (await _ended(services, await services.jobs.submit("posters"))).counts


async def _ended(services: Services, job: Job) -> Job:
    with services.jobs.follow() as changes:
        async with asyncio.timeout(30):
            while not (job := await services.jobs.get(job.id)).state.ended:
                await changes.get()
    assert job.state is JobState.DONE
    return job


@pytest.fixture
async def films(services: Services) -> Library:
    """One film with a poster beside it, one without, and one that is no film."""
    found = await services.library.libraries()
    library = next(one for one in found if one.kind is LibraryKind.MOVIES)
    root = Path(library.roots[0].path)
    for name in ("Drawn (2001)", "Bare (2002)", "Broken (2003)"):
        (root / name).mkdir()
    film = Film(seconds=4.0)
    write_film(root / "Drawn (2001)" / "Drawn (2001).mp4", film)
    write_film(root / "Bare (2002)" / "Bare (2002).mp4", film)
    (root / "Broken (2003)" / "Broken (2003).mp4").write_bytes(b"no film" * 999)
    _draw(root / "Drawn (2001)" / "poster.jpg", (200, 20, 20))
    await services.scanner.scan(library.id)
    return library


def _draw(path: Path, colour: tuple[int, int, int]) -> None:
    Image.new("RGB", (400, 600), colour).save(path)


async def _cards(services: Services) -> dict[str, ItemCard]:
    return {card.title: card for card in (await services.catalog.page(ADA, Query())).items}


async def test_every_playable_card_gets_its_pictures(services: Services, films: Library) -> None:
    assert (await _posters(services))["failed"] == 0
    cards = await _cards(services)
    for title in ("Drawn", "Bare"):
        for name in ("poster", "thumb", "backdrop"):
            image = cards[title].images[name]
            assert image.placeholder
            assert image.placeholder.startswith("data:image/webp;base64,")
    assert cards["Broken"].images == {}


async def test_a_poster_drawn_anew_gets_a_new_address(services: Services, films: Library) -> None:
    await _posters(services)
    before = (await _cards(services))["Drawn"].images
    await _posters(services)
    assert (await _cards(services))["Drawn"].images == before
    path = Path(films.roots[0].path) / "Drawn (2001)" / "poster.jpg"
    _draw(path, (20, 20, 200))
    os.utime(path, (1, 1))
    await _posters(services)
    after = (await _cards(services))["Drawn"].images
    assert after["poster"].url != before["poster"].url
    assert after["poster"].placeholder != before["poster"].placeholder
    assert after["thumb"] == before["thumb"]


async def test_a_picture_that_is_none_stops_nothing(services: Services, films: Library) -> None:
    path = Path(films.roots[0].path) / "Drawn (2001)" / "poster.jpg"
    path.write_bytes(b"no picture")
    await _posters(services)
    assert "poster" in (await _cards(services))["Bare"].images


async def test_a_scan_is_followed_by_its_pictures(services: Services, films: Library) -> None:
    await _ended(services, await services.jobs.submit("scan", films.id))
    (pictures, *_) = await services.jobs.recent(None, 1)
    assert pictures.kind == "posters"
    await _ended(services, pictures)
    assert "poster" in (await _cards(services))["Bare"].images
