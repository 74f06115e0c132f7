"""A scanned house with one person of each role, and ways to knock at its door."""

from fractions import Fraction
from pathlib import Path

import msgspec
import pytest
from aiohttp.test_utils import TestClient

from mediaserver.accounts import Origin, Role
from mediaserver.catalog import Filter, ItemKind, Query
from mediaserver.ids import ItemId, LibraryId
from mediaserver.library import LibraryKind
from mediaserver.services import Services
from tests.conftest import PASSWORD
from tests.media import Film, Line, write_film
from tests.scanned import viewer

ROLES = (Role.OWNER, Role.ADMIN, Role.STAFF, Role.CREATOR, Role.VIEWER, Role.GUEST)


class Door(msgspec.Struct, frozen=True):
    """``who`` holds each role's bearer header; ``cookies`` each role's cookie."""

    client: TestClient
    services: Services
    who: dict[Role, dict[str, str]]
    cookies: dict[Role, str]
    library: LibraryId
    film: ItemId


@pytest.fixture(scope="session")
def reel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("reel") / "film.mp4"
    write_film(path, Film(seconds=12, fps=Fraction(10), lines=(Line(1.0, 3.0, "Hello"),)))
    return path


@pytest.fixture
async def door(client: TestClient, services: Services, reel: Path, tmp_path: Path) -> Door:
    folder = tmp_path / "films" / "Plain Film (2001)"
    folder.mkdir(parents=True)
    (folder / "Plain Film (2001).mp4").hardlink_to(reel)
    library = await services.library.add("Films", LibraryKind.MOVIES, [str(folder.parent)])
    await services.scanner.scan(library.id)
    found = await services.catalog.page(viewer(), Query(filter=Filter(kinds=(ItemKind.MOVIE,))))
    who, cookies = {}, {}
    for role in ROLES:
        await services.accounts.add_user(f"the {role}", PASSWORD, role)
        signed = await services.accounts.sign_in(f"the {role}", PASSWORD, Origin())
        who[role] = {"Authorization": f"Bearer {signed.access_token}"}
        cookies[role] = signed.cookie
    return Door(client, services, who, cookies, library.id, found.items[0].id)
