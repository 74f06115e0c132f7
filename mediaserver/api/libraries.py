"""Libraries: their folders, their scans, and the files that could not be read."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from mediaserver.errors import Conflict, Forbidden, NotFound
from mediaserver.http import Access, endpoint, services, viewer
from mediaserver.ids import LibraryId
from mediaserver.jobs import Job
from mediaserver.library import Library, LibraryKind

Name = Annotated[str, Meta(min_length=1, max_length=100)]


class LibraryPath(msgspec.Struct, frozen=True):
    id: str


class NewLibrary(msgspec.Struct, frozen=True):
    name: Name
    kind: LibraryKind
    paths: Annotated[list[str], Meta(min_length=1, max_length=50)]


class LibraryChange(msgspec.Struct, frozen=True):
    name: Name


class ScanWish(msgspec.Struct, frozen=True):
    accept_missing: bool = False
    """Files that vanished in number are held as away; this says that they are gone indeed."""


class LibraryList(msgspec.Struct, frozen=True):
    items: list[Library]
    next_cursor: str | None
    total: int


class FailedFile(msgspec.Struct, frozen=True):
    path: str
    code: str
    reason: str


class FailedFiles(msgspec.Struct, frozen=True):
    items: list[FailedFile]
    next_cursor: str | None
    total: int


@endpoint("GET", "/api/libraries", access=Access.SIGNED_IN)
async def list_libraries(request: web.Request) -> LibraryList:
    """Every library; its folders are named to owner and admins only."""
    libraries = await services(request).library.libraries()
    if not viewer(request).is_admin:
        libraries = [msgspec.structs.replace(one, roots=()) for one in libraries]
    return LibraryList(libraries, None, len(libraries))


@endpoint("POST", "/api/libraries", access=Access.ADMIN, status=201, raises=(Conflict,))
async def add_library(request: web.Request, body: NewLibrary) -> Library:
    """Add folders of this machine as a library; scan it afterwards."""
    return await services(request).library.add(body.name, body.kind, body.paths)


@endpoint("GET", "/api/libraries/{id}", access=Access.SIGNED_IN, raises=(NotFound,))
async def get_library(request: web.Request, path: LibraryPath) -> Library:
    """One library."""
    found = await services(request).library.library(LibraryId(path.id))
    return found if viewer(request).is_admin else msgspec.structs.replace(found, roots=())


@endpoint(
    "PATCH", "/api/libraries/{id}", access=Access.ADMIN, raises=(NotFound, Conflict, Forbidden)
)
async def change_library(request: web.Request, path: LibraryPath, body: LibraryChange) -> Library:
    """Give it another name."""
    return await services(request).library.rename(LibraryId(path.id), body.name)


@endpoint("DELETE", "/api/libraries/{id}", access=Access.ADMIN, raises=(NotFound,))
async def remove_library(request: web.Request, path: LibraryPath) -> None:
    """Forget it; nothing on the disk is touched, and what was watched stays in the ledger."""
    await services(request).forget_library(LibraryId(path.id))


@endpoint("POST", "/api/libraries/{id}/scan", access=Access.ADMIN, status=202, raises=(NotFound,))
async def scan_library(request: web.Request, path: LibraryPath, body: ScanWish) -> Job:
    """Scan it; while one runs, that one is answered."""
    rooms = services(request)
    library = await rooms.library.library(LibraryId(path.id))
    return await rooms.jobs.submit("scan", library.id, msgspec.to_builtins(body))


@endpoint("GET", "/api/libraries/{id}/failures", access=Access.ADMIN, raises=(NotFound,))
async def failures(request: web.Request, path: LibraryPath) -> FailedFiles:
    """The files that could not be read, each with its reason."""
    store = services(request).library
    library = await store.library(LibraryId(path.id))
    files = [
        FailedFile(file.path, file.reason_code or "unplayable", file.reason or "")
        for file in await store.failures(library.id)
    ]
    return FailedFiles(files, None, len(files))
