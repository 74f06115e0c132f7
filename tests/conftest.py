"""What every test may ask for: rooms on a temporary storage root, and a client at the door."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Generator
from pathlib import Path
from typing import TypeVar

import pytest
from aiohttp.test_utils import TestClient, TestServer

from mediaserver.accounts import Role
from mediaserver.app import build_app
from mediaserver.config import Accounts, Config, Scan, Storage
from mediaserver.services import Services, open_services

PASSWORD = "correct horse battery"
SHARED_MEDIA = Path(__file__).parents[2] / "shared" / "media"

# set by .ci/run, which has installed every tool: a test skipped for want of one then fails
REQUIRE_ALL = os.environ.get("MEDIASERVER_TESTS_REQUIRE_ALL") == "1"
MAY_BE_ABSENT = ("shared media", "may not mount")
"""Films that lie beside the repository on some machines, for no package holds them; and the right
to mount a small disk, which a container may not have."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
SignIn = Callable[..., Awaitable[dict[str, str]]]


@pytest.fixture
def config(tmp_path: Path) -> Config:
    """Cheap passwords, and files are read at once."""
    return Config(
        storage=Storage(root=str(tmp_path / "storage")),
        accounts=Accounts(bcrypt_cost=4),
        scan=Scan(settle_seconds=0),
    )


@pytest.fixture
async def services(config: Config) -> AsyncIterator[Services]:
    async with open_services(config) as opened:
        yield opened


@pytest.fixture
async def client(services: Services) -> AsyncIterator[TestClient]:
    async with TestClient(TestServer(build_app(services))) as opened:
        yield opened


@pytest.fixture
def sign_in(client: TestClient, services: Services) -> SignIn:
    """Called with a role it makes a person and returns their bearer header."""

    async def make(role: str = "owner", name: str | None = None) -> dict[str, str]:
        username = name or f"the {role}"
        await services.accounts.add_user(username, PASSWORD, Role(role))
        response = await client.post(
            "/api/auth/login", json={"username": username, "password": PASSWORD}
        )
        assert response.status == 200
        client.session.cookie_jar.clear()
        return {"Authorization": f"Bearer {(await response.json())['access_token']}"}

    return make


def _refuse_skip(report: Report) -> Report:
    """A skipped test becomes a failed one; an expected failure stays what it is."""
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        where = report.longrepr
        reason = where[2] if isinstance(where, tuple) else str(where)
        if not any(absent in reason for absent in MAY_BE_ABSENT):
            report.outcome = "failed"
            report.longrepr = f"MEDIASERVER_TESTS_REQUIRE_ALL=1 allows no skip: {reason}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _refuse_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _refuse_skip((yield))
