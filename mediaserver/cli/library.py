"""``mediaserver library``: which folders are watched from."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from pathlib import Path

import click
import msgspec

from mediaserver.config import Config
from mediaserver.errors import Invalid, NotFound
from mediaserver.library import Library, LibraryKind
from mediaserver.services import Services, open_services


@click.group()
def library() -> None:
    """Add, list and remove libraries."""


@library.command("add")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--kind", required=True, type=click.Choice([kind.value for kind in LibraryKind]))
@click.option("--name", help="What to call it; the folder's name when left out.")
@click.pass_obj
def add(config: Config, path: Path, kind: str, name: str | None) -> None:
    """Add the folder PATH as a library; scan it afterwards with `mediaserver scan`."""
    folder = existing_folder(path)

    async def work(services: Services) -> None:
        added = await services.library.add(name or folder.name, LibraryKind(kind), [str(folder)])
        click.echo(f"Added {added.name} ({added.kind}): {folder}")

    with_services(config, work)


@library.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def list_libraries(config: Config, as_json: bool) -> None:
    """List the libraries and their folders."""

    async def work(services: Services) -> None:
        libraries = await services.library.libraries()
        if as_json:
            click.echo(msgspec.json.encode(libraries))
            return
        for one in libraries:
            click.echo(f"{one.name}  {one.kind}")
            for root in one.roots:
                away = "" if root.state == "present" else "  (away)"
                click.echo(f"    {root.path}{away}")

    with_services(config, work)


@library.command("remove")
@click.argument("name")
@click.pass_obj
def remove(config: Config, name: str) -> None:
    """Forget the library NAME; nothing on the disk is touched."""

    async def work(services: Services) -> None:
        found = named(await services.library.libraries(), name)
        await services.forget_library(found.id)
        click.echo(f"Removed {found.name}. Its files are where they were.")

    with_services(config, work)


def named(libraries: list[Library], name: str) -> Library:
    """By name, without regard to case, or by id."""
    for one in libraries:
        if name.casefold() == one.name.casefold() or name == one.id:
            return one
    known = ", ".join(one.name for one in libraries) or "none yet"
    raise NotFound(f"There is no library called {name!r}; there are: {known}.")


def existing_folder(path: Path) -> Path:
    folder = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100 - not through links
    if not folder.exists():
        raise Invalid(f"{path}: there is no such folder")
    if not folder.is_dir():
        raise Invalid(f"{path}: this is not a folder")
    return folder


def with_services(config: Config, work: Callable[[Services], Awaitable[None]]) -> None:
    """Beside a running server too: SQLite keeps the two apart."""

    async def run() -> None:
        async with open_services(config, exclusive=False) as services:
            await work(services)

    asyncio.run(run())
