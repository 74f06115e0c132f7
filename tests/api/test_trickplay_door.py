"""Previews through the door: the index, its sheets, and the job that makes them ahead."""

import asyncio
import io
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient
from PIL import Image

from mediaserver.catalog import Filter, Query
from mediaserver.config import Config
from mediaserver.jobs import Job
from mediaserver.services import Services, open_services
from tests.conftest import SignIn
from tests.media import Film, write_film
from tests.scanned import viewer

FILM = Film(seconds=40, fps=Fraction(5), gop=10, tones=())


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_film(tmp_path_factory.mktemp("film") / "film.mp4", FILM)


@pytest.fixture
async def started(
    services: Services, client: TestClient, sign_in: SignIn, film: Path
) -> dict[str, Any]:
    """A playback session of a scanned film, and where the film lies."""
    (movies,) = [one for one in await services.library.libraries() if one.name == "Movies"]
    place = Path(movies.roots[0].path, "Film (2001).mp4")
    await asyncio.to_thread(shutil.copy, film, place)
    await services.scanner.scan(movies.id)
    (item,) = (await services.catalog.page(viewer(), Query(filter=Filter()))).items
    answer = await client.post(f"/api/items/{item.id}/playback", json={}, headers=await sign_in())
    return {**await answer.json(), "place": place}


async def test_the_index_and_its_sheets_come_from_the_signed_prefix(
    client: TestClient, started: dict[str, Any]
) -> None:
    url: str = started["trickplay_url"]
    index = await client.get(url)
    text = await index.text()
    assert index.content_type == "text/vtt"
    assert index.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert text.count(" --> ") == 30
    assert "00:00:01.333 --> 00:00:02.666\n0.jpg#xywh=320,0,320,192\n" in text
    folder = url.rpartition("/")[0]
    sheet = await client.get(f"{folder}/0.jpg")
    assert sheet.content_type == "image/jpeg"
    assert Image.open(io.BytesIO(await sheet.read())).size == (3200, 576)
    again = await client.get(f"{folder}/0.jpg", headers={"If-None-Match": sheet.headers["ETag"]})
    assert again.status == 304
    for name in ("1.jpg", "-1.jpg", "x.jpg", "²2.jpg", "999999999.jpg", "0.png"):
        assert (await client.get(f"{folder}/{name}")).status == 404, name
    tampered = folder.replace("/trickplay", "x/trickplay")
    assert (await client.get(f"{tampered}/0.jpg")).status == 403


async def test_a_film_that_went_bad_is_refused_in_words_and_stops_nothing(
    client: TestClient, started: dict[str, Any]
) -> None:
    folder: str = started["trickplay_url"].rpartition("/")[0]
    started["place"].write_bytes(b"not a film" * 1000)
    refused = await client.get(f"{folder}/0.jpg")
    assert refused.status == 422
    assert (await refused.json())["code"] == "unknown_format"
    started["place"].unlink()
    assert (await client.get(f"{folder}/0.jpg")).status == 422
    assert (await client.get("/api/health")).status == 200


async def test_new_films_get_previews_ahead_also_after_a_restart(
    config: Config, film: Path
) -> None:
    async with open_services(config) as services:
        (movies,) = [one for one in await services.library.libraries() if one.name == "Movies"]
        folder = Path(movies.roots[0].path)
        for name in ("One (2001).mp4", "Two (2002).mp4"):
            await asyncio.to_thread(shutil.copy, film, folder / name)
        (folder / "Broken (2003).mp4").write_bytes(b"not a film" * 1000)
        await services.jobs.submit("scan", str(movies.id))
        assert (await made(services)).counts["sheets"] == 2
        assert services.streaming.trickplay.kept_bytes > 10_000
    async with open_services(config) as services:
        await services.jobs.submit("trickplay")
        assert (await made(services)).counts["sheets"] == 0
        assert services.streaming.trickplay.kept_bytes > 10_000


async def made(services: Services) -> Job:
    """The job ``trickplay``, once the last one is done."""
    async with asyncio.timeout(30):
        while True:
            jobs = await services.jobs.recent(None, 10)
            if jobs[0].kind == "trickplay" and jobs[0].state.ended:
                assert jobs[0].error is None
                return jobs[0]
            await asyncio.sleep(0.1)
