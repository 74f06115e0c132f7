"""``mediaserver scan``: look for new, changed and vanished files, with progress in the terminal.

With a server running the scan is its job and this command follows it; without one the same job
runs here.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

from mediaserver.cli.library import named
from mediaserver.config import Config
from mediaserver.errors import Conflict, Invalid, MediaServerError
from mediaserver.ids import LibraryId
from mediaserver.jobs import Job, JobState
from mediaserver.library import Library
from mediaserver.services import Services, open_services

FOLLOW_SECONDS = 0.15
NAMES = {
    "seen": "found",
    "reopened": "read",
    "back": "back again",
    "waiting": "still being written (scan again)",
}
"""How a count is told where its own name would puzzle."""


class ScanFailed(MediaServerError):
    code = "scan_failed"


@click.command()
@click.argument("what", nargs=-1, metavar="[LIBRARY|PATH]...")
@click.option("--dry-run", is_flag=True, help="Only say what a scan would find.")
@click.option(
    "--accept-missing",
    is_flag=True,
    help="Files that vanished in number are gone indeed, and not on a disk that is away.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the outcome as JSON.")
@click.pass_obj
def scan(
    config: Config, what: tuple[str, ...], dry_run: bool, accept_missing: bool, as_json: bool
) -> None:
    """Scan every library, or those named, or those that hold the given folders."""
    wish = _Wish(dry_run=dry_run, accept_missing=accept_missing, as_json=as_json)
    asyncio.run(_scan(config, what, wish))


async def _scan(config: Config, what: tuple[str, ...], wish: "_Wish") -> None:
    async with _here_or_beside(config, dry_run=wish.dry_run) as services:
        libraries = await services.library.libraries()
        chosen = (
            libraries
            if not what
            else list({one.id: one for text in what for one in _meant(libraries, text)}.values())
        )
        outcomes = []
        for library in chosen:
            if wish.dry_run:
                outcomes.append(await _dry_run(services, library, as_json=wish.as_json))
            else:
                outcomes.append(await _run(services, library, wish))
        if wish.as_json:
            click.echo(msgspec.json.encode(outcomes))


class _Wish(msgspec.Struct, frozen=True):
    dry_run: bool
    accept_missing: bool
    as_json: bool


@contextlib.asynccontextmanager
async def _here_or_beside(config: Config, *, dry_run: bool) -> AsyncIterator[Services]:
    """Let this process do the work, unless a server holds the storage root already."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            services = await stack.enter_async_context(open_services(config, exclusive=not dry_run))
        except Conflict:
            services = await stack.enter_async_context(open_services(config, exclusive=False))
        yield services


def _meant(libraries: list[Library], text: str) -> list[Library]:
    """The libraries that ``text`` names, or whose folders hold it or lie in it."""
    path = Path(text).expanduser().absolute()
    if "/" not in text and not path.exists():
        return [named(libraries, text)]
    if not path.exists():
        raise Invalid(f"{text}: there is no such file or folder, and no library of that name")
    found = [
        one
        for one in libraries
        if any(
            path.is_relative_to(root.path) or Path(root.path).is_relative_to(path)
            for root in one.roots
        )
        or one.name.casefold() == text.casefold()
    ]
    if not found:
        raise Invalid(
            f"{text}: in no library; add it with `mediaserver library add {text} --kind …`"
        )
    return found


async def _dry_run(services: Services, library: Library, *, as_json: bool) -> dict[str, object]:
    summary = await services.scanner.scan(library.id, dry_run=True)
    counts = summary.counts()
    if not as_json:
        click.echo(f"{library.name}: {_words(counts)} (a dry run: nothing was kept)")
        for note in summary.notes:
            click.echo(f"  {note}")
    return {"library": library.name, "counts": counts}


async def _run(services: Services, library: Library, wish: _Wish) -> dict[str, object]:
    arguments = {"accept_missing": wish.accept_missing}
    job = await services.jobs.submit("scan", LibraryId(library.id), arguments)
    job = await _follow(services, library, job, quiet=wish.as_json)
    if job.state is not JobState.DONE:
        raise ScanFailed(f"{library.name}: {job.error or 'the scan was cancelled'}")
    if not wish.as_json:
        click.echo(f"{library.name}: {_words(job.counts)}")
    return {"library": library.name, "state": job.state, "counts": job.counts}


async def _follow(services: Services, library: Library, job: Job, *, quiet: bool) -> Job:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.fields[library]}", style="bold"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[counts]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[current]}", style="dim"),
    )
    console = Console(stderr=True)
    # away from a terminal a bar that is wiped at its end leaves an empty line
    off = quiet or not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=off) as progress:
        task = progress.add_task("", total=1.0, library=library.name, counts="", current="")
        while not job.state.ended:
            await asyncio.sleep(FOLLOW_SECONDS)
            job = await services.jobs.get(job.id)
            progress.update(
                task,
                completed=job.progress,
                counts=_rate(job),
                current=(job.current or "")[-60:],
            )
    return job


def _rate(job: Job) -> str:
    seen, rate = job.counts.get("seen", 0), job.counts.get("per_second", 0)
    return f"{seen} files" + (f", {rate}/s" if rate else "")


def _words(counts: dict[str, int]) -> str:
    shown = [
        f"{number} {NAMES.get(name, name)}"
        for name, number in counts.items()
        if number and name != "per_second"
    ]
    return ", ".join(shown) or "nothing there"
