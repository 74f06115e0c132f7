"""The floor plan: every long-lived object, built in order and closed in reverse.

``serve``, the command line and the tests all enter here.
"""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mediaserver.accounts import Accounts, AccountStore, Passwords
from mediaserver.catalog import Catalog
from mediaserver.config import Config
from mediaserver.db import Database, open_database
from mediaserver.errors import ConfigError, Conflict
from mediaserver.history import History
from mediaserver.jobs import Jobs, JobStore
from mediaserver.keys import load_or_create_key
from mediaserver.library import Library
from mediaserver.shelves import Shelves


@dataclass(frozen=True)
class Paths:
    """The folders below the storage root."""

    library: Path
    uploads: Path
    cache: Path
    data: Path

    @classmethod
    def below(cls, root: Path) -> "Paths":
        paths = cls(root / "library", root / "uploads", root / "cache", root / "data")
        try:
            for folder in (paths.library, paths.uploads, paths.cache, paths.data):
                folder.mkdir(parents=True, exist_ok=True)
        except OSError as err:
            raise ConfigError(
                f"storage.root = {str(root)!r}: cannot be used: {err.strerror}"
            ) from err
        return paths


@dataclass(frozen=True)
class Services:
    config: Config
    paths: Paths
    db: Database
    accounts: Accounts
    jobs: Jobs
    catalog: Catalog
    history: History
    shelves: Shelves


@asynccontextmanager
async def open_services(config: Config, *, exclusive: bool = True) -> AsyncIterator[Services]:
    """``exclusive``: be the one server of this storage root, and run its jobs."""
    paths = Paths.below(Path(config.storage.root))
    async with contextlib.AsyncExitStack() as stack:
        if exclusive:
            stack.enter_context(only_server(paths.data))
        db = await stack.enter_async_context(open_database(paths.data / "mediaserver.db"))
        pepper = await asyncio.to_thread(load_or_create_key, paths.data / "keys" / "passwords")
        passwords = Passwords(pepper, config.accounts.bcrypt_cost)
        stack.callback(passwords.close)
        accounts = Accounts(
            AccountStore(db), passwords, paths.data / "setup-code", config.accounts.sign_in_days
        )
        jobs = Jobs(JobStore(db), {})
        if exclusive:
            await stack.enter_async_context(jobs)
        catalog, history = Catalog(db), History(db)
        yield Services(
            config=config,
            paths=paths,
            db=db,
            accounts=accounts,
            jobs=jobs,
            catalog=catalog,
            history=history,
            shelves=Shelves(catalog, history, libraries),
        )


async def libraries() -> list[Library]:
    return []


@contextlib.contextmanager
def only_server(data: Path) -> Iterator[None]:
    """Hold ``data/server.lock``; Conflict when another process does."""
    descriptor = os.open(data / "server.lock", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as err:
            raise Conflict(
                f"Another mediaserver is using {data.parent}. Stop it first, or choose another "
                "storage.root.",
                code="already_running",
            ) from err
        yield
    finally:
        os.close(descriptor)
