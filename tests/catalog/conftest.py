"""A catalog on a real database."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mediaserver.catalog import Catalog
from mediaserver.db import Database, open_database


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.db") as database:
        yield database


@pytest.fixture
def catalog(db: Database) -> Catalog:
    return Catalog(db)
