"""Picture subtitles, ASS and fonts through the door: what is sent, as what, and what is refused."""

import shutil
from pathlib import Path
from typing import Any

import av
import pytest
from aiohttp.test_utils import TestClient

from mediaserver.catalog import Filter, Query
from mediaserver.ids import ItemId
from mediaserver.services import Services
from tests.conftest import SignIn
from tests.drawn import Patch, add_subtitles, write_ass, write_sup
from tests.media import Film, write_film
from tests.scanned import viewer

FONT = b"OTTO" + bytes(2000)


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    work = tmp_path_factory.mktemp("work")
    folder = tmp_path_factory.mktemp("films")
    plain = write_film(work / "plain.mkv", Film(seconds=24))
    sup = write_sup(work / "s.sup", (Patch(1.0, 3.0, 800, 900, 320, 60),), (1920, 1080))
    add_subtitles(plain, sup, folder / "Disc (2001).mkv")
    signs = add_subtitles(plain, write_ass(work / "s.ass", 10, 10, 20), work / "signs.mkv")
    attach(signs, folder / "Signs (2002).mkv")
    shutil.copy(plain, folder / "Beside (2003).mkv")
    shutil.copy(work / "s.ass", folder / "Beside (2003).en.ass")
    return folder


def attach(film: Path, to: Path) -> None:
    """With a font, and with a page that calls itself one."""
    with av.open(str(film)) as one, av.open(str(to), "w") as out:
        places = {stream: out.add_stream_from_template(stream) for stream in one.streams}
        out.add_attachment("page.ttf", "font/ttf", b"<script>alert(1)</script>" * 50)
        out.add_attachment("sign.otf", "font/otf", FONT)
        for packet in one.demux():
            if packet.size and packet.pts is not None:
                packet.stream = places[packet.stream]
                out.mux(packet)


@pytest.fixture
async def items(films: Path, services: Services) -> dict[str, ItemId]:
    (movies,) = [one for one in await services.library.libraries() if one.name == "Movies"]
    shutil.copytree(films, movies.roots[0].path, dirs_exist_ok=True)
    await services.scanner.scan(movies.id)
    page = await services.catalog.page(viewer(), Query(filter=Filter()))
    return {card.title: card.id for card in page.items}


async def tracks(client: TestClient, sign_in: SignIn, item: ItemId) -> tuple[str, list[Any]]:
    who = await sign_in("owner")
    response = await client.post(f"/api/items/{item}/playback", json={}, headers=who)
    assert response.status == 200, await response.text()
    started = await response.json()
    return started["hls_url"].rpartition("/")[0], started["subtitle_tracks"]


async def test_pictures_are_named_by_their_window_and_sent_as_png(
    client: TestClient, sign_in: SignIn, items: dict[str, ItemId]
) -> None:
    prefix, (track,) = await tracks(client, sign_in, items["Disc"])
    assert track["url"] is None
    assert not track["text"]
    window = await client.get(f"{track['images']['url']}0.json")
    assert window.status == 200
    assert window.content_type == "application/json"
    (cue,) = (await window.json())["cues"]
    picture = await client.get(track["images"]["url"] + cue["src"])
    assert picture.content_type == "image/png"
    assert picture.headers["X-Content-Type-Options"] == "nosniff"
    assert "immutable" in picture.headers["Cache-Control"]
    assert (await picture.read()).startswith(b"\x89PNG")
    again = await client.get(
        track["images"]["url"] + cue["src"], headers={"If-None-Match": picture.headers["ETag"]}
    )
    assert again.status == 304
    playlist = await (await client.get(f"{prefix}/index.m3u8")).text()
    assert "TYPE=SUBTITLES" not in playlist, "no HLS player could read it"
    for wrong in ("9.json", "0-7.png", "0-0.webp", "-1.json", "00.json", "x"):
        assert (await client.get(track["images"]["url"] + wrong)).status == 404
    assert (await client.get(f"{prefix}/{track['id']}/0.vtt")).status == 404
    assert (await client.get(f"{prefix}/{track['id']}/index.m3u8")).status == 404
    assert (await client.get(f"{prefix}/{track['id']}/script/all.ass")).status == 404
    assert (await client.get(f"{prefix}/original/images/0.json")).status == 404


async def test_a_script_is_plain_text_and_its_lines_come_by_window(
    client: TestClient, sign_in: SignIn, items: dict[str, ItemId]
) -> None:
    _, (track,) = await tracks(client, sign_in, items["Signs"])
    header = await client.get(track["script"]["url"])
    assert header.content_type == "text/plain"
    assert header.headers["X-Content-Type-Options"] == "nosniff"
    text = await header.text()
    assert "Style: Sign" in text
    assert "Dialogue:" not in text
    lines = await client.get(f"{track['script']['lines']}0.json")
    assert lines.content_type == "application/json"
    events = (await lines.json())["events"]
    assert [(one["start"], one["duration"]) for one in events] == [
        pytest.approx((1.0, 8.0), abs=0.05)
    ] * 2
    assert "\\p1" in events[0]["data"]
    assert (await client.get(f"{track['script']['lines']}7.json")).status == 404


async def test_only_what_begins_like_a_font_is_sent_as_one(
    client: TestClient, sign_in: SignIn, items: dict[str, ItemId]
) -> None:
    _, (track,) = await tracks(client, sign_in, items["Signs"])
    sent = [await client.get(url) for url in track["script"]["fonts"]]
    assert [one.status for one in sent] == [200, 404]
    assert await sent[0].read() == FONT
    assert sent[0].content_type == "application/octet-stream"
    assert sent[0].headers["X-Content-Type-Options"] == "nosniff"


async def test_a_script_beside_the_film_is_sent_whole(
    client: TestClient, sign_in: SignIn, items: dict[str, ItemId]
) -> None:
    _, (track,) = await tracks(client, sign_in, items["Beside"])
    assert track["script"]["lines"] is None
    text = await (await client.get(track["script"]["url"])).text()
    assert text.count("Dialogue:") == 2


@pytest.mark.parametrize(("title", "kind"), [("Disc", "images"), ("Signs", "script")])
async def test_the_address_is_signed(
    client: TestClient, sign_in: SignIn, items: dict[str, ItemId], title: str, kind: str
) -> None:
    _, (track,) = await tracks(client, sign_in, items[title])
    url = track[kind]["url"] + ("0.json" if kind == "images" else "")
    assert (await client.get(url)).status == 200
    token = url.split("/")[2]
    flipped = token[:-1] + ("A" if token[-1] != "A" else "B")
    assert (await client.get(url.replace(token, flipped))).status == 403
