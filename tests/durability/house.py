"""A real server under mixed load, and the book of everything it answered for.

What was answered must be there after any death; what was under way may be there or not.
"""

import asyncio
import itertools
import os
import random
import re
import shutil
import sqlite3
import struct
import subprocess
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from tests.library.small_films import Small, film
from tests.media import Film, Tone, write_film
from tests.server import ready, spawn

GONE = (ClientError, ConnectionError, TimeoutError)
SEGMENT = re.compile(r"^\d+\.m4s$", re.MULTILINE)
RENDITION = re.compile(r'^[\w-]+/index\.m3u8$|URI="([\w-]+/index\.m3u8)"', re.MULTILINE)


class Book(msgspec.Struct):
    """Acknowledged writes, in their order."""

    marks: defaultdict[str, list[str]] = msgspec.field(default_factory=lambda: defaultdict(list))
    """By item: the kinds of events in the ledger."""
    reports: defaultdict[str, list[int]] = msgspec.field(default_factory=lambda: defaultdict(list))
    """By playback session: the numbers of its reports."""
    users: set[str] = set()
    libraries: set[str] = set()
    segments: dict[str, bytes] = {}
    """Copied renditions come out the same for ever."""
    fetched: int = 0
    pictures: int = 0

    @property
    def writes(self) -> int:
        marks = sum(len(one) for one in self.marks.values())
        reports = sum(len(one) for one in self.reports.values())
        return marks + reports + len(self.users) + len(self.libraries)


class Watched(msgspec.Struct):
    """A playback session and the addresses it fetches."""

    session_id: str
    item_id: str
    index: str
    segments: list[str]


class House:
    """The storage root, the server on it, and one client."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "storage"
        self.folder = folder
        self.book = Book()
        self.watching: list[Watched] = []
        self.films = 0
        self.library = ""
        self._process: subprocess.Popen[str] | None = None
        self._client: ClientSession | None = None
        self._url = ""
        self._headers: dict[str, str] = {}
        self._numbers = itertools.count()
        self._template = film(folder / "template.mkv", Small(seconds=0.5))

    # ---- life and death -------------------------------------------------------------------

    async def start(self) -> float:
        """Seconds until it answers."""
        began = time.monotonic()
        self._process = spawn(self.root)
        running = await asyncio.to_thread(ready, self._process, self.root)
        self._url = running.url
        if self._client:
            await self._client.close()
        self._client = ClientSession(timeout=ClientTimeout(total=20))
        async with self._client.get(f"{self._url}/api/health") as answer:
            assert answer.status == 200
        took = time.monotonic() - began
        if running.setup_code:
            body = {"code": running.setup_code, "username": "ada", "password": "correct horse"}
            signed_in = await self.ask("POST", "/api/setup", body)
            self._headers = {"Authorization": f"Bearer {signed_in['access_token']}"}
        return took

    async def kill(self) -> None:
        """As hard as it gets."""
        assert self._process
        self._process.kill()
        await asyncio.to_thread(self._process.wait, 10)

    @asynccontextmanager
    async def open(self) -> AsyncIterator["House"]:
        try:
            yield self
        finally:
            if self._process and self._process.poll() is None:
                await self.kill()
            if self._client:
                await self._client.close()

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """What a 2xx answered; anything else is a failure of the test."""
        assert self._client
        data = msgspec.json.encode(body) if body is not None else None
        headers = self._headers | {"Content-Type": "application/json"}
        async with self._client.request(
            method, self._url + path, data=data, headers=headers
        ) as answer:
            content = await answer.read()
            assert 200 <= answer.status < 300, (method, path, answer.status, content)
            return msgspec.json.decode(content) if content else None

    async def fetch(self, path: str) -> bytes:
        assert self._client
        async with self._client.get(self._url + path, headers=self._headers) as answer:
            content = await answer.read()
            assert answer.status == 200, (path, answer.status, content[:300])
            return content

    # ---- what it holds --------------------------------------------------------------------

    async def furnish(self) -> None:
        """Two films to watch, a library of small ones, and a session for each film."""
        movies = self.root / "library" / "movies"
        write_film(movies / "Plain (2001).mp4", Film(seconds=18))
        write_film(movies / "Rich (2002).mkv", Film(seconds=18, tones=(Tone("ac3"),)))
        self.films = 2
        (self.folder / "home").mkdir()
        body = {"name": "Home", "kind": "homevideos", "paths": [str(self.folder / "home")]}
        self.library = (await self.ask("POST", "/api/libraries", body))["id"]
        for library in (await self.ask("GET", "/api/libraries"))["items"]:
            await self.ask("POST", f"/api/libraries/{library['id']}/scan", {})
        await self.scans_done()
        wishes: dict[str, dict[str, object]] = {"Plain": {}, "Rich": {"max_height": 120}}
        for title, wish in wishes.items():
            (item,) = [one for one in await self.items() if one["title"] == title]
            self.watching.append(await self._watch(item["id"], wish))

    async def _watch(self, item_id: str, wish: Mapping[str, object]) -> Watched:
        playback = await self.ask("POST", f"/api/items/{item_id}/playback", wish)
        index = playback["hls_url"]
        names = RENDITION.finditer((await self.fetch(index)).decode())
        segments = []
        for name in names:
            playlist = urljoin(index, name[1] or name[0])
            text = (await self.fetch(playlist)).decode()
            segments += [urljoin(playlist, one) for one in ["init.mp4", *SEGMENT.findall(text)]]
        return Watched(playback["session_id"], item_id, index, segments)

    def add_films(self, count: int) -> None:
        """Into the library of small films; each has a time of its own, or it were a move."""
        for _ in range(count):
            number = next(self._numbers)
            path = self.folder / "home" / f"film {number:05d}.mkv"
            shutil.copyfile(self._template, path)
            os.utime(path, (1_600_000_000 + number, 1_600_000_000 + number))
        self.films += count

    async def items(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.ask("GET", "/api/items?limit=200"))["items"]
        return found

    async def scans_done(self) -> None:
        async with asyncio.timeout(60):
            while True:
                jobs = (await self.ask("GET", "/api/jobs?limit=100"))["items"]
                scans = [one["state"] for one in jobs if one["kind"] == "scan"]
                assert set(scans) <= {"queued", "running", "done"}, scans
                if set(scans) == {"done"}:
                    return
                await asyncio.sleep(0.05)

    # ---- load -----------------------------------------------------------------------------

    async def load(self) -> None:
        """Until the server dies."""
        async with asyncio.TaskGroup() as group:
            for work in (self._scan, self._mark, self._add_users, self._add_libraries, self._look):
                group.create_task(_until_gone(work))
            for watched in self.watching:
                group.create_task(_until_gone(lambda w=watched: self._play(w)))
                group.create_task(_until_gone(lambda w=watched: self._report(w)))

    async def _scan(self) -> None:
        await self.ask("POST", f"/api/libraries/{self.library}/scan", {})
        await asyncio.sleep(0.05)

    async def _mark(self) -> None:
        item = random.choice(self.watching).item_id
        kind, method, path, body = random.choice(
            (
                ("favorite", "PUT", "favorite", None),
                ("unfavorite", "DELETE", "favorite", None),
                ("watched", "PUT", "watched", {"watched": True}),
                ("unwatched", "PUT", "watched", {"watched": False}),
            )
        )
        await self.ask(method, f"/api/items/{item}/{path}", body)
        self.book.marks[item].append(kind)

    async def _add_users(self) -> None:
        name = f"user {next(self._numbers)}"
        body = {"username": name, "password": "correct horse", "role": "viewer"}
        await self.ask("POST", "/api/users", body)
        self.book.users.add(name)
        await asyncio.sleep(0.03)

    async def _add_libraries(self) -> None:
        folder = self.folder / f"folder {next(self._numbers)}"
        folder.mkdir()
        body = {"name": folder.name, "kind": "movies", "paths": [str(folder)]}
        self.book.libraries.add((await self.ask("POST", "/api/libraries", body))["name"])
        await asyncio.sleep(0.1)

    async def _look(self) -> None:
        """At pictures: each is whole, for Pillow decodes it to the end."""
        for item in await self.items():
            for image in item["images"].values():
                check_picture(await self.fetch(image["url"] + "&width=240"))
                self.book.pictures += 1
                await asyncio.sleep(0.02)
        await asyncio.sleep(0.02)

    async def _play(self, watched: Watched) -> None:
        for address in watched.segments:
            self.check_segment(address, await self.fetch(address))
            await asyncio.sleep(0.02)

    async def _report(self, watched: Watched) -> None:
        known = self.book.reports[watched.session_id]
        seq = known[-1] + 1 if known else 0
        body = {"position": 1.0 + seq % 10, "state": "playing", "seq": seq}
        await self.ask("PUT", f"/api/playback/{watched.session_id}", body)
        known.append(seq)
        await asyncio.sleep(0.002)

    def check_segment(self, address: str, data: bytes) -> None:
        names = set(boxes(data))
        wanted = {"ftyp", "moov"} if address.endswith("init.mp4") else {"moof", "mdat"}
        assert wanted <= names, (address, names)
        if "/original/" in address or "-copy/" in address:
            assert self.book.segments.setdefault(address, data) == data, address
        self.book.fetched += 1

    # ---- the reckoning --------------------------------------------------------------------

    def reckon(self) -> None:
        """Compare the dead server's database with the book, without touching the original."""
        copy = self.folder / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for path in (self.root / "data").glob("mediaserver.db*"):
            shutil.copy(path, copy)
        connection = sqlite3.connect(copy / "mediaserver.db")
        try:
            assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
            self._reckon(connection)
        finally:
            connection.close()

    def half_written(self) -> set[Path]:
        return {path for path in self.root.rglob("*") if ".tmp" in path.name}

    def _reckon(self, connection: sqlite3.Connection) -> None:
        for session, acked in self.book.reports.items():
            sql = "SELECT seq FROM watch_events WHERE session_id = ? ORDER BY seq"
            stored = [seq for (seq,) in connection.execute(sql, (session,))]
            assert stored[: len(acked)] == acked
            assert len(stored) <= len(acked) + 1
            self.book.reports[session] = stored
        underway = 0
        for item, marks in self.book.marks.items():
            sql = "SELECT kind FROM watch_events WHERE item_id = ? AND seq IS NULL ORDER BY number"
            kinds = [kind for (kind,) in connection.execute(sql, (item,))]
            assert kinds[: len(marks)] == marks
            underway += len(kinds) - len(marks)
            self.book.marks[item] = kinds
        assert underway <= 1
        assert self.book.users <= _names(connection, "SELECT username FROM users")
        assert self.book.libraries <= _names(connection, "SELECT name FROM libraries")


async def _until_gone(work: Any) -> None:
    while True:
        try:
            await work()
        except GONE:
            return


def check_picture(data: bytes) -> None:
    """A WebP file says how long it is."""
    assert data[:4] == b"RIFF"
    assert int.from_bytes(data[4:8], "little") + 8 == len(data)


def boxes(data: bytes) -> Iterator[str]:
    """The boxes at the top, which fill the data to the last byte."""
    at = 0
    while at < len(data):
        size, name = struct.unpack_from(">I4s", data, at)
        assert 8 <= size <= len(data) - at, (name, size, len(data) - at)
        yield name.decode("ascii")
        at += size


def _names(connection: sqlite3.Connection, sql: str) -> set[str]:
    return {name for (name,) in connection.execute(sql)}
