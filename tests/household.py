"""An owner at the door of a running server: sets up, adds libraries, plays, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession, ClientTimeout
from multidict import CIMultiDictProxy

from tests.server import Running

PASSWORD = "correct horse battery"
_STEP = 0.1


class Answer(msgspec.Struct, frozen=True):
    """``body`` is decoded where it is JSON."""

    status: int
    headers: CIMultiDictProxy[str]
    body: Any
    data: bytes


class Household:
    """Every request has a timeout: a server that hangs fails the test that asked."""

    def __init__(self, url: str, session: ClientSession) -> None:
        self.url = url
        self._session = session

    async def ask(
        self, method: str, path: str, body: Any = None, *, seconds: float = 30.0, **headers: str
    ) -> Answer:
        """``headers`` are written with underscores: ``If_Range="…"``."""
        url = path if path.startswith("http") else self.url + path
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self._session.request(
            method, url, json=body, headers=sent, timeout=ClientTimeout(seconds)
        ) as response:
            data = await response.read()
            decoded = msgspec.json.decode(data) if "json" in response.content_type else None
            return Answer(response.status, response.headers, decoded, data)

    async def get(self, path: str, *, seconds: float = 30.0) -> Any:
        answer = await self.ask("GET", path, seconds=seconds)
        assert answer.status == 200, f"{path}: {answer.status} {answer.data[:300]!r}"
        return answer.body

    async def fetch(self, url: str, *, seconds: float = 60.0) -> bytes:
        answer = await self.ask("GET", url, seconds=seconds)
        assert answer.status == 200, f"{url}: {answer.status} {answer.data[:300]!r}"
        return answer.data

    async def come_in(self, code: str | None) -> None:
        """As the owner, whom the first to come makes with the set-up code."""
        who = {"username": "ana", "password": PASSWORD}
        needed = (await self.get("/api/setup"))["needed"]
        if needed:
            answer = await self.ask("POST", "/api/setup", {**who, "code": code})
        else:
            answer = await self.ask("POST", "/api/auth/login", who)
        assert answer.status in {200, 201}, answer.body
        self._session.headers["Authorization"] = f"Bearer {answer.body['access_token']}"

    async def add_library(self, folder: Path, *, kind: str, seconds: float = 120.0) -> str:
        """A library of ``folder``, scanned; its id."""
        body = {"name": folder.name, "kind": kind, "paths": [str(folder)]}
        added = await self.ask("POST", "/api/libraries", body)
        assert added.status == 201, added.body
        library: str = added.body["id"]
        job = (await self.ask("POST", f"/api/libraries/{library}/scan")).body
        async with asyncio.timeout(seconds):
            while job["state"] in {"queued", "running"}:
                await asyncio.sleep(_STEP)
                job = await self.get(f"/api/jobs/{job['id']}")
        assert job["state"] == "done", job
        return library

    async def library_of(self, folder: Path) -> str | None:
        """The library that was made of ``folder``."""
        known = (await self.get("/api/libraries"))["items"]
        return next((one["id"] for one in known if one["name"] == folder.name), None)

    async def versions(self, library: str) -> dict[str, tuple[str, str]]:
        """Path below the library's folder to item and version, of all that can be played."""
        root = Path((await self.get(f"/api/libraries/{library}"))["roots"][0]["path"])
        found: dict[str, tuple[str, str]] = {}
        cursor = ""
        while True:
            page = await self.get(f"/api/items?library={library}&limit=200{cursor}")
            for card in page["items"]:
                for version in (await self.get(f"/api/items/{card['id']}"))["versions"]:
                    path = str((root / version["path"]).relative_to(root))
                    found[path] = (card["id"], version["id"])
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    async def play(self, item: str, **body: Any) -> Any:
        answer = await self.ask("POST", f"/api/items/{item}/playback", body)
        assert answer.status == 200, answer.body
        return answer.body

    def absolute(self, url: str) -> str:
        return self.url + url


@asynccontextmanager
async def owner_of(running: Running) -> AsyncIterator[Household]:
    async with ClientSession(auto_decompress=True) as session:
        household = Household(running.url.rstrip("/"), session)
        await household.come_in(running.setup_code)
        yield household
