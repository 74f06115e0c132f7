"""Playing through the door: a film on disk, a session, its addresses, and who may fetch them."""

import asyncio
import gzip
import os
import re
import shutil
import time
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import ClientError, ClientSession, ClientTimeout
from aiohttp.test_utils import TestClient, TestServer

from mediaserver.app import build_app
from mediaserver.catalog import Filter, Query
from mediaserver.config import Config
from mediaserver.ids import ItemId
from mediaserver.services import Services, open_services
from tests.conftest import SignIn
from tests.media import Film, Line, Tone, write_film
from tests.scanned import viewer

LINES = (Line(1.0, 3.0, "Hello"), Line(9.0, 12.0, "Across <i>the</i> edge"), Line(21, 23, "End"))
SRT = "1\n00:00:02,000 --> 00:00:04,000\n{\\an8}Grüße & <b>mehr</b><script>x</script>\n"
Started = dict[str, Any]


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("films")
    write_film(folder / "Plain (2001).mp4", Film(seconds=24, lines=LINES))
    write_film(
        folder / "Rich (2002).mkv",
        Film(seconds=24, lines=LINES, tones=(Tone("ac3", language="ger"), Tone(language="eng"))),
    )
    (folder / "Rich (2002).de.sdh.srt").write_bytes(SRT.encode("cp1252"))
    return folder


@pytest.fixture
async def items(films: Path, services: Services) -> dict[str, ItemId]:
    """Title to item, scanned for real."""
    (movies,) = [one for one in await services.library.libraries() if one.name == "Movies"]
    shutil.copytree(films, movies.roots[0].path, dirs_exist_ok=True)
    await services.scanner.scan(movies.id)
    page = await services.catalog.page(viewer(), Query(filter=Filter()))
    return {card.title: card.id for card in page.items}


@pytest.fixture
async def owner(sign_in: SignIn) -> dict[str, str]:
    return await sign_in("owner")


async def play(client: TestClient, who: dict[str, str], item: ItemId, **body: Any) -> Started:
    response = await client.post(f"/api/items/{item}/playback", json=body, headers=who)
    assert response.status == 200, await response.text()
    found: Started = await response.json()
    return found


async def fetch(client: TestClient, url: str, **headers: str) -> bytes:
    response = await client.get(url, headers=headers)
    assert response.status == 200, (url, await response.text())
    return await response.read()


def beside(url: str, name: str) -> str:
    return url.rpartition("/")[0] + "/" + name


async def test_an_mp4_plays_directly_and_as_hls(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId], films: Path
) -> None:
    started = await play(client, owner, items["Plain"])
    assert started["decision"] == {"mode": "direct", "reasons": []}
    assert started["duration"] == pytest.approx(24.0, abs=0.1)
    assert started["start_at"] == 0
    assert started["start_quality"] == "original"
    assert started["segments_to_skip"] == []
    assert started["trickplay_url"].endswith("/trickplay/index.vtt")
    whole = (films / "Plain (2001).mp4").read_bytes()
    response = await client.get(started["direct_url"])
    assert await response.read() == whole
    assert response.headers["Content-Type"] == "video/mp4"
    assert response.headers["Cache-Control"] == "private, max-age=86400, immutable"
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Referrer-Policy"] == "no-referrer"

    multivariant = (await fetch(client, started["hls_url"])).decode()
    assert "original/index.m3u8" in multivariant
    playlist = (await fetch(client, beside(started["hls_url"], "original/index.m3u8"))).decode()
    assert playlist.endswith("#EXT-X-ENDLIST\n")
    init = await fetch(client, beside(started["hls_url"], "original/init.mp4"))
    assert init[4:8] == b"ftyp"
    for name in re.findall(r"^\d+\.m4s$", playlist, re.MULTILINE):
        segment = await fetch(client, beside(started["hls_url"], f"original/{name}"))
        assert b"moof" in segment[:200]


async def test_a_matroska_film_with_ac3_keeps_its_picture_and_says_why(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId]
) -> None:
    started = await play(client, owner, items["Rich"])
    assert started["decision"]["mode"] == "transcode_audio"
    assert {(r["code"], r["rejects"]) for r in started["decision"]["reasons"]} == {
        ("container_unsupported", "direct"),
        ("audio_codec_unsupported", "direct"),
        ("audio_codec_unsupported", "remux"),
    }
    assert started["direct_url"] is None
    assert [(one["language"], one["delivered_as"]) for one in started["audio_tracks"]] == [
        ("de", "stereo"),
        ("en", "copy"),
    ]
    assert [
        (one["id"], one["language"], one["external"]) for one in started["subtitle_tracks"]
    ] == [
        ("sub-3", None, False),
        ("sub-x0", "de", True),
    ]
    response = await client.get(beside(started["hls_url"], "direct"))
    assert response.status == 404
    for name in ("audio-1-stereo", "audio-2-copy"):
        init = await client.get(beside(started["hls_url"], f"{name}/init.mp4"))
        assert init.headers["Content-Type"] == "audio/mp4"
        await fetch(client, beside(started["hls_url"], f"{name}/5.m4s"))


async def test_subtitles_inside_and_beside_the_film_come_window_by_window(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId]
) -> None:
    for title, name in (("Rich", "sub-3"), ("Plain", "sub-2")):
        started = await play(client, owner, items[title])
        (inside,) = [one for one in started["subtitle_tracks"] if not one["external"]]
        assert inside["id"] == name
        playlist = (await fetch(client, inside["url"])).decode()
        assert re.findall(r"^\d+\.vtt$", playlist, re.MULTILINE) == ["0.vtt", "1.vtt", "2.vtt"]
        texts = [
            (await fetch(client, beside(inside["url"], f"{k}.vtt"))).decode() for k in (2, 1, 0)
        ]
        assert all(
            text.startswith("WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:900000,LOCAL:00:00:00.000\n")
            for text in texts
        )
        assert ["Hello" in text for text in texts] == [False, False, True]
        assert ["Across" in text for text in texts] == [False, True, True]
        assert ["End" in text for text in texts] == [True, False, False]
        # the sound begins a frame before the picture, and the timeline with it
        assert re.search(r"00:00:09\.0[0-5]\d --> 00:00:12\.0[0-5]\d\nAcross", texts[1])
        assert (await client.get(beside(inside["url"], "3.vtt"))).status == 404
    started = await play(client, owner, items["Rich"], subtitle="de")
    (outside,) = [one for one in started["subtitle_tracks"] if one["external"]]
    assert outside["selected"]
    assert outside["hearing_impaired"]
    response = await client.get(beside(outside["url"], "0.vtt"))
    assert response.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert (await response.text()).split("\n\n")[1] == (
        "00:00:02.000 --> 00:00:04.000 line:0\nGrüße &amp; <b>mehr</b>x\n"
    )


async def test_a_smaller_picture_is_encoded_when_asked_for(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId]
) -> None:
    started = await play(client, owner, items["Plain"], max_height=120)
    assert started["decision"]["mode"] == "transcode"
    assert {one["code"] for one in started["decision"]["reasons"]} == {"quality_chosen"}
    assert [one["name"] for one in started["qualities"]] == ["120p"]
    url = beside(started["hls_url"], "120p/0.m4s")
    assert b"moof" in (await fetch(client, url))[:200]
    assert (await client.get(beside(started["hls_url"], "120p/12.m4s"))).status == 404
    assert (await client.get(beside(started["hls_url"], "121p/0.m4s"))).status == 404
    assert (await client.get(beside(started["hls_url"], "120p/00.m4s"))).status == 404
    assert (await client.get(beside(started["hls_url"], "120p/0.vtt"))).status == 404


async def test_ranges_of_a_file_are_exact(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId], films: Path
) -> None:
    url = (await play(client, owner, items["Plain"]))["direct_url"]
    whole = (films / "Plain (2001).mp4").read_bytes()
    size = len(whole)
    for asked, start, end in (
        ("bytes=0-0", 0, 1),
        ("bytes=0-", 0, size),
        ("bytes=100-199", 100, 200),
        ("bytes=-50", size - 50, size),
        (f"bytes={size - 1}-{size + 99}", size - 1, size),
        (f"bytes=-{size * 2}", 0, size),
    ):
        response = await client.get(url, headers={"Range": asked})
        assert response.status == 206
        assert response.headers["Content-Range"] == f"bytes {start}-{end - 1}/{size}"
        assert await response.read() == whole[start:end]
    response = await client.get(url, headers={"Range": f"bytes={size}-"})
    assert response.status == 416
    assert response.headers["Content-Range"] == f"bytes */{size}"
    for ignored in ("bytes=5-2", "lines=1-2", "bytes=a-b", "bytes=-", "bytes=0-9,5-20"):
        response = await client.get(url, headers={"Range": ignored})
        assert response.status == 200
        assert int(response.headers["Content-Length"]) == size
    response = await client.get(url, headers={"Range": "bytes=0-3,10-13"})
    assert response.status == 206
    assert response.headers["Content-Type"].startswith("multipart/byteranges; boundary=")
    body = await response.read()
    assert int(response.headers["Content-Length"]) == len(body)
    assert body.count(b"Content-Range: bytes ") == 2
    assert whole[:4] in body


async def test_preconditions_and_head(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId]
) -> None:
    started = await play(client, owner, items["Plain"])
    url = started["direct_url"]
    head = await client.head(url)
    etag = head.headers["ETag"]
    assert int(head.headers["Content-Length"]) > 1000
    assert head.headers["Accept-Ranges"] == "bytes"
    assert await head.read() == b""
    assert (await client.get(url, headers={"If-None-Match": etag})).status == 304
    assert (await client.get(url, headers={"If-Match": '"other"'})).status == 412
    old = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert (await client.get(url, headers=old)).status == 200
    assert (await client.get(url, headers={**old, "If-Range": etag})).status == 206
    for name in ("index.m3u8", "original/index.m3u8", "original/init.mp4", "original/0.m4s"):
        response = await client.head(beside(started["hls_url"], name))
        assert response.status == 200
        assert int(response.headers["Content-Length"]) > 50
    segment = beside(started["hls_url"], "original/0.m4s")
    etag = (await client.get(segment)).headers["ETag"]
    assert (await client.get(segment, headers={"If-None-Match": etag})).status == 304
    assert (await client.options(segment)).headers["Access-Control-Allow-Headers"]


async def test_playlists_are_compressed_for_whom_asks(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId]
) -> None:
    started = await play(client, owner, items["Plain"])
    async with ClientSession(auto_decompress=False) as raw:
        url = client.make_url(beside(started["hls_url"], "original/index.m3u8"))
        response = await raw.get(url, headers={"Accept-Encoding": "gzip"})
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Content-Type"] == "application/vnd.apple.mpegurl"
        assert gzip.decompress(await response.read()).startswith(b"#EXTM3U")
        response = await raw.get(url, headers={"Accept-Encoding": "identity"})
        assert (await response.read()).startswith(b"#EXTM3U")


async def test_a_changed_token_opens_nothing(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId]
) -> None:
    one = await play(client, owner, items["Plain"])
    other = await play(client, owner, items["Rich"])
    kid, grant, exp, mac = one["hls_url"].split("/")[2].split(".")
    foreign = other["hls_url"].split("/")[2].split(".")
    for token in (
        f"{kid}.{grant}.{int(exp) + 3600}.{mac}",
        f"{kid}.{foreign[1]}.{exp}.{mac}",
        f"{kid}.{grant}.{exp}.{foreign[3]}",
        f"{kid}.{grant}.{exp}.",
        f"{kid}.{'a' * 26}.{exp}.{mac}",
        "nonsense",
    ):
        for name in ("index.m3u8", "direct", "original/0.m4s", "sub-2/0.vtt"):
            response = await client.get(f"/v/{token}/{name}")
            assert response.status == 403
            assert (await response.json())["code"] == "dead_link"


async def test_an_ended_session_opens_nothing_and_others_go_on(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId], sign_in: SignIn
) -> None:
    guest = await sign_in("viewer")
    one = await play(client, owner, items["Plain"])
    other = await play(client, guest, items["Plain"])
    assert (await client.delete(f"/api/playback/{one['session_id']}", headers=guest)).status == 404
    assert (await client.get(one["hls_url"])).status == 200
    assert (await client.delete(f"/api/playback/{one['session_id']}", headers=owner)).status == 204
    assert (await client.get(one["hls_url"])).status == 403
    assert (await client.get(one["direct_url"])).status == 403
    assert (await client.get(other["hls_url"])).status == 200
    assert (
        await client.delete(f"/api/playback/{other['session_id']}", headers=owner)
    ).status == 204
    assert (await client.get(other["hls_url"])).status == 403


async def test_signing_out_ends_the_film_within_seconds(
    client: TestClient, items: dict[str, ItemId], sign_in: SignIn, services: Services
) -> None:
    guest = await sign_in("viewer")
    started = await play(client, guest, items["Plain"])
    assert (await client.get(started["hls_url"])).status == 200
    assert (await client.post("/api/auth/logout", headers=guest)).status == 204
    sessions = services.streaming.sessions
    sessions._asked[started["session_id"]] = time.monotonic() - 5.0
    assert (await client.get(started["hls_url"])).status == 403
    assert (await client.get(started["direct_url"])).status == 403


@pytest.fixture
def restarted(config: Config) -> Any:
    """Called for each life of the server on one storage root."""

    class Life:
        async def __aenter__(self) -> tuple[Services, TestClient]:
            self._services = open_services(config)
            services = await self._services.__aenter__()
            self._client = TestClient(TestServer(build_app(services)))
            return services, await self._client.__aenter__()

        async def __aexit__(self, *err: object) -> None:
            await self._client.__aexit__(None, None, None)
            await self._services.__aexit__(None, None, None)

    return Life


async def test_a_restart_ends_nobodys_film(films: Path, restarted: Any) -> None:
    async with restarted() as (services, client):
        (movies,) = [one for one in await services.library.libraries() if one.name == "Movies"]
        shutil.copytree(films, movies.roots[0].path, dirs_exist_ok=True)
        await services.scanner.scan(movies.id)
        page = await services.catalog.page(viewer(), Query(filter=Filter()))
        items = {card.title: card.id for card in page.items}
        await services.accounts.add_user("ada", "a long password", "owner")
        signed = await client.post(
            "/api/auth/login", json={"username": "ada", "password": "a long password"}
        )
        who = {"Authorization": f"Bearer {(await signed.json())['access_token']}"}
        started = await play(client, who, items["Rich"])
        names = ("original/0.m4s", "original/init.mp4", "audio-1-stereo/3.m4s", "sub-3/1.vtt")
        urls = [started["hls_url"], *(beside(started["hls_url"], name) for name in names)]
        before = [await fetch(client, url) for url in urls]
    async with restarted() as (_, client):
        assert [await fetch(client, url) for url in urls] == before


async def test_what_a_player_reports_is_where_it_continues(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId], services: Services
) -> None:
    started = await play(client, owner, items["Rich"])
    url = f"/api/playback/{started['session_id']}"
    for seq, position, state in ((1, 5.0, "playing"), (3, 12.0, "paused"), (2, 8.0, "playing")):
        body = {"position": position, "state": state, "seq": seq, "quality": "original"}
        assert (await client.put(url, json=body, headers=owner)).status == 204
    watching = (await (await client.get("/api/playback", headers=owner)).json())["items"]
    (row,) = watching
    assert (row["position"], row["state"], row["quality"]) == (12.0, "paused", "original")
    assert row["username"] == "the owner"
    assert row["item"]["title"] == "Rich"
    assert row["decision"]["mode"] == "transcode_audio"
    item = await (await client.get(f"/api/items/{items['Rich']}", headers=owner)).json()
    assert item["user"]["position"] == 12.0
    body = {"position": 13.0, "state": "stopped", "seq": 4}
    assert (await client.put(url, json=body, headers=owner)).status == 204
    assert (await (await client.get("/api/playback", headers=owner)).json())["items"] == []
    again = await play(client, owner, items["Rich"], start=7.5)
    assert again["start_at"] == 7.5
    assert (await play(client, owner, items["Rich"], start=99))["start_at"] == 0


async def test_a_report_may_come_after_the_end_but_never_from_another(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId], sign_in: SignIn
) -> None:
    started = await play(client, owner, items["Plain"])
    url = f"/api/playback/{started['session_id']}"
    await client.delete(url, headers=owner)
    late = {"position": 20.0, "state": "stopped", "seq": 9, "at": time.time() - 60}
    assert (await client.put(url, json=late, headers=owner)).status == 204
    guest = await sign_in("viewer")
    assert (await client.put(url, json=late, headers=guest)).status == 404
    assert (await client.get("/api/playback", headers=guest)).status == 403
    wrong = {"position": -1, "state": "playing"}
    assert (await client.put(url, json=wrong, headers=owner)).status == 422


async def test_what_cannot_be_played_is_said_by_name(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId]
) -> None:
    url = f"/api/items/{items['Plain']}/playback"
    for body in ({"audio": 77}, {"subtitle": "sub-77"}, {"version_id": "x"}, {"max_height": 1}):
        response = await client.post(url, json=body, headers=owner)
        assert response.status == 422
        assert (await response.json())["code"] == "invalid"
    response = await client.post("/api/items/unknown/playback", json={}, headers=owner)
    assert response.status == 404
    assert (await client.post(url, json={})).status == 401


async def test_two_clients_on_one_segment_get_the_same_bytes(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId]
) -> None:
    started = [await play(client, owner, items["Plain"], max_height=120) for _ in range(2)]
    urls = [beside(one["hls_url"], "120p/7.m4s") for one in started] * 5
    found = await asyncio.gather(*(fetch(client, url) for url in urls))
    assert len(set(found)) == 1


async def test_the_same_session_keeps_one_address(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId], services: Services
) -> None:
    started = await play(client, owner, items["Plain"])
    session = await services.streaming.sessions.admit(started["session_id"])
    assert started["hls_url"].split("/")[2].count(".") == 3
    kept = await services.db.value(
        "SELECT presentation_json FROM playback_sessions WHERE id = ?", session.id
    )
    assert msgspec.json.decode(kept)["video"][0]["name"] == "original"
    assert await services.db.value("SELECT count(*) FROM plans") == 1


async def test_a_client_that_leaves_is_no_error_and_takes_its_work_along(
    client: TestClient,
    owner: dict[str, str],
    items: dict[str, ItemId],
    caplog: pytest.LogCaptureFixture,
) -> None:
    started = await play(client, owner, items["Plain"], max_height=120)
    for url in (beside(started["hls_url"], "120p/11.m4s"), started["hls_url"]):
        with pytest.raises(TimeoutError):
            await client.get(url, timeout=ClientTimeout(total=0.0001))
    direct = await play(client, owner, items["Plain"])
    response = await client.get(direct["direct_url"])
    response.close()
    await asyncio.sleep(0.5)
    assert [one for one in caplog.records if one.levelname in {"ERROR", "WARNING"}] == []
    assert b"moof" in (await fetch(client, beside(started["hls_url"], "120p/11.m4s")))[:200]


async def test_a_file_cut_short_while_it_is_sent_is_not_passed_off_as_whole(
    client: TestClient, owner: dict[str, str], items: dict[str, ItemId], services: Services
) -> None:
    url = (await play(client, owner, items["Plain"]))["direct_url"]
    (movies,) = [one for one in await services.library.libraries() if one.name == "Movies"]
    path = Path(movies.roots[0].path, "Plain (2001).mp4")
    os.truncate(path, 64 * 1024 * 1024)
    response = await client.get(url)
    assert int(response.headers["Content-Length"]) == 64 * 1024 * 1024
    os.truncate(path, 1024 * 1024)
    with pytest.raises(ClientError):
        await response.read()
