"""The OpenAPI document says what the server does: schemathesis sends what it allows and more."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from fractions import Fraction
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer

from mediaserver.accounts import Role
from mediaserver.app import all_endpoints, build_app, openapi_document
from mediaserver.http import Access, Kind
from tests.media import Film, write_film

PASSWORD = "correct horse battery"
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)


@pytest.fixture
async def stocked(services, tmp_path) -> AsyncIterator[TestClient]:
    """A served library with one film in it."""
    folder = tmp_path / "films"
    folder.mkdir()
    write_film(folder / "A Film (2001).mp4", Film(seconds=4, fps=Fraction(10)))
    library = await services.library.add("Films", "movies", [str(folder)])
    await services.scanner.scan(library.id)
    async with TestClient(TestServer(build_app(services))) as client:
        yield client


def test_exactly_the_public_operations_ask_for_no_sign_in() -> None:
    document = openapi_document()
    open_paths = {
        (method.upper(), path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if operation.get("security") == []
    }
    assert open_paths == {
        (one.method, one.path)
        for one in all_endpoints()
        if one.kind is Kind.API and one.access is Access.PUBLIC
    }
    assert {path for _, path in open_paths} == {
        "/api/health",
        "/api/setup",
        "/api/auth/login",
        "/api/auth/refresh",
    }


def test_every_operation_is_described() -> None:
    for path, operations in openapi_document()["paths"].items():
        for method, operation in operations.items():
            assert operation["summary"], (method, path)
            assert operation["responses"], (method, path)


async def test_schemathesis_finds_no_fault_and_no_undocumented_status(
    stocked: TestClient, services, tmp_path: Path
) -> None:
    await services.accounts.add_user("ana", PASSWORD, Role.OWNER)
    answer = await stocked.post("/api/auth/login", json={"username": "ana", "password": PASSWORD})
    token = (await answer.json())["access_token"]
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", "from schemathesis.cli import schemathesis; schemathesis()"),
        *("run", str(stocked.make_url("/api/openapi.json"))),
        *("--header", f"Authorization: Bearer {token}"),
        *("--checks", CHECKS),
        *("--phases", "coverage,fuzzing"),
        *("--max-examples", "20"),
        # These end the sign-in that the run itself needs; tests/http/test_door.py covers them.
        *("--exclude-path", "/api/auth/logout"),
        *("--exclude-path", "/api/auth/password"),
        *("--no-color", "--seed", "1"),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    async with asyncio.timeout(110):
        output, _ = await process.communicate()
    print(output.decode()[-6000:])
    assert process.returncode == 0
