"""The real server on a storage root of its own, as its clients see it, and what it costs."""

import asyncio
import http.client
import json
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from mediaserver.accounts import Role
from mediaserver.config import Accounts, Config, Scan, Storage
from mediaserver.services import Services, open_services
from tests.bench.films import fresh
from tests.bench.measure import cpu_of
from tests.server import running_server

PASSWORD = "correct horse battery"


def config(root: Path) -> Config:
    """Cheap passwords, and files are read at once."""
    return Config(
        storage=Storage(root=str(root)),
        accounts=Accounts(bcrypt_cost=4),
        scan=Scan(settle_seconds=0),
    )


class Playing(msgspec.Struct, frozen=True):
    """A playback session: where its bytes lie."""

    prefix: str
    video: str
    audio: str


class House(msgspec.Struct):
    """A running server. Each thread has to ask through a client of its own."""

    url: str
    pid: int
    token: str = ""

    def connection(self) -> http.client.HTTPConnection:
        parts = urlsplit(self.url)
        return http.client.HTTPConnection(parts.hostname or "127.0.0.1", parts.port, timeout=120)

    def call(self, method: str, path: str, body: object = None) -> Any:
        """JSON in and out."""
        headers = {"Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        with_ = self.connection()
        with_.request(method, path, json.dumps(body) if body is not None else None, headers)
        answer = with_.getresponse()
        text = answer.read()
        with_.close()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text.decode()[:300]}")
        return json.loads(text) if text else None

    def fetch(self, *paths: str) -> list[bytes]:
        """All at the same time, as a player does with picture and sound."""
        with ThreadPoolExecutor(len(paths)) as threads:
            return list(threads.map(self._fetch, paths))

    def _fetch(self, path: str) -> bytes:
        with_ = self.connection()
        with_.request("GET", path)
        answer = with_.getresponse()
        data = answer.read()
        with_.close()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {data.decode(errors='replace')[:300]}")
        return data

    def play(self, title: str, **wish: object) -> Playing:
        items = self.call("GET", "/api/items?limit=100")["items"]
        (item,) = [one for one in items if one["title"] == title]
        found = self.call("POST", f"/api/items/{item['id']}/playback", wish)
        prefix = found["hls_url"].rpartition("/")[0]
        (text,) = self.fetch(found["hls_url"])
        sound = re.search(r'TYPE=AUDIO[^\n]*URI="([^/"]+)/', text.decode())
        if sound is None:
            raise RuntimeError("the film has no sound")
        return Playing(prefix, found["start_quality"], sound[1])

    @property
    def cpu(self) -> float:
        return cpu_of(self.pid)


@contextmanager
def house(films: Mapping[str, Path], **settings: str) -> Iterator[House]:
    """A server whose film library holds ``films`` by file name."""
    root = fresh("house") / "storage"
    folder = root / "library" / "movies"
    folder.mkdir(parents=True)
    for name, path in films.items():
        shutil.copy(path, folder / name)

    async def scan(services: Services) -> None:
        for library in await services.library.libraries():
            await services.scanner.scan(library.id)

    prepare(root, scan)
    with serving(root, **settings) as running:
        yield running


def prepare(root: Path, work: Any) -> None:
    """``work(services)`` before the server starts; the owner exists then."""

    async def run() -> None:
        async with open_services(config(root)) as services:
            await services.accounts.add_user("owner", PASSWORD, Role.OWNER)
            await work(services)

    asyncio.run(run())


@contextmanager
def serving(root: Path, **settings: str) -> Iterator[House]:
    with running_server(root, **settings) as running:
        found = House(running.url, running.process.pid)
        said = found.call("POST", "/api/auth/login", {"username": "owner", "password": PASSWORD})
        found.token = said["access_token"]
        yield found
