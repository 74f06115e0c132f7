"""C20, C24: hostile files scanned, pictured and played. Nothing nested opens.

The canaries: a film that only a playlist could lead to, watched by the kernel (inotify), and an
HTTP server that counts who knocks.
"""

import ctypes
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from mediaserver.accounts import Role
from mediaserver.catalog import Filter, ItemKind, Query
from mediaserver.library import LibraryKind
from tests.library.test_source import PLAYLISTS
from tests.scanned import viewer
from tests.security.conftest import Door

IN_OPEN, NONBLOCK = 0x20, os.O_NONBLOCK
SUFFIXES = (".mkv", ".mp4", ".ts", ".avi")


class Watch:
    """Whether anybody opened a file, from this process or any other."""

    def __init__(self, path: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self._descriptor = libc.inotify_init1(NONBLOCK)
        assert self._descriptor >= 0
        assert libc.inotify_add_watch(self._descriptor, os.fsencode(path), IN_OPEN) >= 0

    def opened(self) -> bool:
        try:
            return bool(os.read(self._descriptor, 4096))
        except BlockingIOError:
            return False


@pytest.fixture
def web() -> Iterator[tuple[str, list[str]]]:
    knocks: list[str] = []

    class Knock(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            knocks.append(self.path)
            self.send_error(404)

        def log_message(self, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Knock)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/canary.ts", knocks
    server.shutdown()
    thread.join()


async def test_c20_no_hostile_file_opens_another(
    door: Door, reel: Path, tmp_path: Path, web: tuple[str, list[str]]
) -> None:
    address, knocks = web
    canary = tmp_path / "canary.mkv"
    shutil.copy(reel, canary)
    folder = tmp_path / "films"
    for number, (name, text) in enumerate(PLAYLISTS.items()):
        for target in (address, str(canary), "file:" + str(canary), "../canary.mkv"):
            suffix = SUFFIXES[number % len(SUFFIXES)]
            place = folder / f"{name} {abs(hash(target))} (2002){suffix}"
            place.write_text(text.replace("{}", target))
    (folder / "Plain Film (2001)" / "Plain Film (2001).en.srt").write_text(
        f"#EXTM3U\n{address}\nfile '{canary}'\n"
    )
    (folder / "Plain Film (2001)" / "poster.jpg").write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{address}"/></svg>'
    )
    watch = Watch(canary)
    before = len(await door.services.library.failures(door.library))
    await door.services.scanner.scan(door.library)
    failures = await door.services.library.failures(door.library)
    assert len(failures) - before == 4 * len(PLAYLISTS)
    assert {file.reason_code for file in failures} <= {"forbidden_format", "unknown_format"}
    found = await door.services.catalog.page(
        viewer(), Query(filter=Filter(kinds=(ItemKind.MOVIE,)), limit=200)
    )
    who = door.who[Role.OWNER]
    for card in found.items:
        answer = await door.client.post(f"/api/items/{card.id}/playback", json={}, headers=who)
        assert answer.status == (200 if card.id == door.film else 422), card.title
        for kind in ("poster", "backdrop", "thumb", "logo"):
            picture = await door.client.get(f"/api/items/{card.id}/images/{kind}", headers=who)
            assert picture.status in {200, 404}
    assert not watch.opened()
    assert knocks == []
    canary.read_bytes()
    assert watch.opened(), "the canary sings when it is touched"


async def test_c24_no_link_leads_out_of_a_library(door: Door, reel: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    shutil.copy(reel, outside / "secret.mp4")
    (outside / "secret.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nsecret\n")
    films = tmp_path / "films"
    evil = tmp_path / "films-evil"
    evil.mkdir()
    shutil.copy(reel, evil / "secret.mp4")
    plain = films / "Plain Film (2001)"
    (films / "Linked (2003).mp4").symlink_to(outside / "secret.mp4")
    (films / "Neighbour (2003).mp4").symlink_to(evil / "secret.mp4")
    (films / "Relative (2003).mp4").symlink_to("../outside/secret.mp4")
    (films / "Folder (2003)").symlink_to(outside)
    (films / "Device (2003).mp4").symlink_to("/dev/zero")
    (plain / "Plain Film (2001).en.srt").symlink_to(outside / "secret.srt")
    watches = [Watch(outside / "secret.mp4"), Watch(outside / "secret.srt"), Watch(evil)]
    await door.services.scanner.scan(door.library)
    found = await door.services.catalog.page(viewer(), Query(filter=Filter(), limit=200))
    assert [card.title for card in found.items] == ["Plain Film"]
    answer = await door.client.post(
        f"/api/items/{door.film}/playback", json={}, headers=door.who[Role.OWNER]
    )
    tracks = (await answer.json())["subtitle_tracks"]
    assert not [track for track in tracks if track["external"]]
    assert not any(watch.opened() for watch in watches)


async def test_c24_what_became_a_link_after_the_scan_is_not_played(
    door: Door, reel: Path, tmp_path: Path
) -> None:
    film = tmp_path / "films" / "Plain Film (2001)" / "Plain Film (2001).mp4"
    who = door.who[Role.OWNER]
    started = await (
        await door.client.post(f"/api/items/{door.film}/playback", json={}, headers=who)
    ).json()
    secret = tmp_path / "secret.mp4"
    secret.write_bytes(film.read_bytes()[::-1])
    film.unlink()
    film.symlink_to(secret)
    watch = Watch(secret)
    answer = await door.client.get(started["direct_url"])
    assert answer.status in {404, 422}
    assert not watch.opened()


@pytest.mark.parametrize(
    "path", ["a\0b", "relative/folder", "/no/such/folder", "/" + "a" * 5000, "", "\ud800"]
)
async def test_c23_a_library_needs_a_folder_that_is_there(door: Door, path: str) -> None:
    body = {"name": "x", "kind": LibraryKind.MOVIES, "paths": [path]}
    answer = await door.client.post("/api/libraries", json=body, headers=door.who[Role.OWNER])
    assert answer.status in {400, 409, 422}, await answer.text()
