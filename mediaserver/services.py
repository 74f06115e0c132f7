"""The floor plan: every long-lived object, built in order and closed in reverse.

``serve``, the command line and the tests all enter here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mediaserver.accounts import Accounts, AccountStore, Passwords
from mediaserver.catalog import Catalog
from mediaserver.config import Config
from mediaserver.db import Database, open_database
from mediaserver.errors import ConfigError
from mediaserver.health import Health
from mediaserver.history import History
from mediaserver.ids import LibraryId, SignInId
from mediaserver.jobs import JobHandler, Jobs, JobStore, RunningJob
from mediaserver.keys import load_or_create_key
from mediaserver.library import ArtworkStore, LibraryKind, LibraryStore, Scanner
from mediaserver.posters import Posters
from mediaserver.shelves import Shelves
from mediaserver.source import prove_guards
from mediaserver.storage import Paths, collect_half_written, only_server, running_mark
from mediaserver.streaming import PlaybackSession, PreviewsAhead, Streaming, open_streaming


@dataclass(frozen=True)
class Services:
    config: Config
    paths: Paths
    db: Database
    accounts: Accounts
    jobs: Jobs
    library: LibraryStore
    scanner: Scanner
    catalog: Catalog
    history: History
    shelves: Shelves
    posters: Posters
    health: Health
    streaming: Streaming
    stream_key: bytes
    """Signs the addresses of media."""

    async def forget_library(self, library_id: LibraryId) -> None:
        """The library and its items; nothing on the disk, and nothing of what was watched."""
        await self.library.remove(library_id)
        await self.catalog.remove_library(library_id)


@asynccontextmanager
async def open_services(config: Config, *, exclusive: bool = True) -> AsyncIterator[Services]:
    """``exclusive``: be the one server of this storage root, and run its jobs."""
    root = Path(config.storage.root)
    paths = Paths.below(root)
    async with contextlib.AsyncExitStack() as stack:
        crashed = False
        if exclusive:
            stack.enter_context(only_server(paths.data))
            crashed = stack.enter_context(running_mark(paths.data))
            if crashed:
                await asyncio.to_thread(collect_half_written, root)
            if unguarded := await asyncio.to_thread(prove_guards):
                raise ConfigError(f"libav does not keep its guards: {'; '.join(unguarded)}")
        database = paths.data / "mediaserver.db"
        db = await stack.enter_async_context(open_database(database, suspicious=crashed))
        people = AccountStore(db)
        inhabited = bool(await people.users())
        pepper, stream_key = await asyncio.to_thread(_keys, paths.data / "keys", inhabited)
        passwords = Passwords(pepper, config.accounts.bcrypt_cost)
        stack.callback(passwords.close)
        accounts = Accounts(
            people, passwords, paths.data / "setup-code", config.accounts.sign_in_days
        )
        library = LibraryStore(db)
        if await accounts.setup_needed():
            await _add_first_libraries(library, paths)
        catalog = Catalog(db)
        if crashed:
            await catalog.keep_libraries([one.id for one in await library.libraries()])
        history = History(db)
        scanner = Scanner(library, config.scan, on_change=catalog.ingest)
        artwork = await stack.enter_async_context(ArtworkStore(paths.cache / "artwork"))
        posters = Posters(library, artwork, catalog)
        streaming = await stack.enter_async_context(
            open_streaming(
                db,
                library,
                config.streaming,
                paths.cache if exclusive else None,
                _still_allowed(accounts, catalog),
            )
        )
        cap = int(config.streaming.trickplay_cache_gb * 1e9)
        previews = PreviewsAhead(library, streaming.delivery, streaming.trickplay, cap)
        job_store = JobStore(db)
        jobs = Jobs(job_store, _job_handlers(job_store, scanner, posters, previews))
        if exclusive:
            await stack.enter_async_context(jobs)
        yield Services(
            config=config,
            paths=paths,
            db=db,
            accounts=accounts,
            jobs=jobs,
            library=library,
            scanner=scanner,
            catalog=catalog,
            history=history,
            shelves=Shelves(catalog, history, library.libraries),
            posters=posters,
            health=Health(db, library, [paths.data, paths.cache]),
            streaming=streaming,
            stream_key=stream_key,
        )


def _keys(folder: Path, needed: bool) -> tuple[bytes, bytes]:
    """For passwords and for the addresses of media."""
    return (
        load_or_create_key(folder / "passwords", needed=needed),
        load_or_create_key(folder / "streams", needed=needed),
    )


def _still_allowed(
    accounts: Accounts, catalog: Catalog
) -> Callable[[PlaybackSession], Awaitable[bool]]:
    """A grant lives as long as its sign-in, and while its viewer may see the item."""

    async def check(session: PlaybackSession) -> bool:
        found = await accounts.by_sign_in(SignInId(session.sign_in_id or ""))
        return found is not None and bool(await catalog.cards(found, [session.item_id]))

    return check


def _job_handlers(
    store: JobStore, scanner: Scanner, posters: Posters, previews: PreviewsAhead
) -> dict[str, JobHandler]:
    async def scan(job: RunningJob) -> None:
        await scanner.scan(
            LibraryId(job.subject or ""),
            job.report,
            accept_missing=bool(job.arguments.get("accept_missing")),
        )
        # One that runs already has passed some of what was found just now.
        await store.insert("posters", None, {}, follow_up=True)

    async def make_posters(job: RunningJob) -> None:
        await posters.fill_in(job)
        await store.insert("trickplay", None, {}, follow_up=True)

    return {"scan": scan, "posters": make_posters, "trickplay": previews.fill_in}


async def _add_first_libraries(library: LibraryStore, paths: Paths) -> None:
    """Until somebody owns this server it has these, unless there are others."""
    first = (
        ("Movies", LibraryKind.MOVIES, paths.library / "movies"),
        ("Shows", LibraryKind.SHOWS, paths.library / "shows"),
        ("Uploads", LibraryKind.HOMEVIDEOS, paths.uploads),
    )
    for _, _, folder in first:
        folder.mkdir(parents=True, exist_ok=True)
    await library.add_first(first)
