"""C31, C32: keys that are written once and never replaced, and one owner, from nearby."""

import asyncio
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mediaserver.accounts import Origin, Role
from mediaserver.config import Config
from mediaserver.errors import ConfigError, Conflict, Forbidden
from mediaserver.keys import load_or_create_key
from mediaserver.services import Services, open_services
from tests.conftest import PASSWORD
from tests.server import command_line


@pytest.mark.parametrize("content", [b"", b"x" * 31])
def test_c31_a_damaged_key_stops_the_start(tmp_path: Path, content: bytes) -> None:
    key = tmp_path / "storage" / "data" / "keys" / "streams"
    key.parent.mkdir(parents=True)
    key.write_bytes(content)
    ended = command_line("serve", root=tmp_path / "storage")
    assert ended.returncode == 2, "a setting is wrong"
    assert "the key is damaged" in ended.stderr + ended.stdout
    assert "Traceback" not in ended.stderr
    assert key.read_bytes() == content


def test_c31_what_is_no_file_is_no_key(tmp_path: Path) -> None:
    """The branch of an unreadable key, also where the tests run as root, who may read all."""
    (tmp_path / "key").mkdir()
    with pytest.raises(ConfigError, match="cannot be read"):
        load_or_create_key(tmp_path / "key")


@pytest.mark.parametrize("name", ["passwords", "streams"])
async def test_c31_a_lost_key_is_not_replaced_where_people_live(config: Config, name: str) -> None:
    async with open_services(config) as services:
        await services.accounts.add_user("ana", PASSWORD, Role.OWNER)
        key = services.paths.data / "keys" / name
    key.unlink()
    with pytest.raises(ConfigError, match="the key is gone"):
        async with open_services(config):
            pass
    assert not key.exists()


async def test_c31_keys_and_data_are_for_the_owner_alone(services: Services) -> None:
    await services.accounts.setup_code()
    for path in (services.paths.data / "keys" / "passwords", services.paths.data / "setup-code"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(services.paths.data.stat().st_mode) == 0o700


def test_c31_first_boots_at_once_share_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(16) as pool:
        keys = set(pool.map(lambda _: load_or_create_key(tmp_path / "keys" / "a"), range(64)))
    assert len(keys) == 1
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["a"]


async def test_c32_of_two_set_ups_one_makes_the_owner(services: Services) -> None:
    code = await services.accounts.setup_code() or ""
    origin = Origin(address="127.0.0.1")
    outcomes = await asyncio.gather(
        *(services.accounts.set_up(code, f"name {n}", PASSWORD, origin) for n in range(6)),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Conflict) for one in outcomes) == 5
    assert [user.role for user in await services.accounts.users()] == [Role.OWNER]
    assert not (services.paths.data / "setup-code").exists()


async def test_c32_once_done_it_is_closed_after_a_restart_too(config: Config) -> None:
    async with open_services(config) as services:
        code = await services.accounts.setup_code() or ""
        await services.accounts.set_up(code, "ana", PASSWORD, Origin(address="::1"))
    async with open_services(config) as services:
        assert await services.accounts.setup_code() is None
        with pytest.raises(Conflict):
            await services.accounts.set_up(code, "eve", PASSWORD, Origin(address="::1"))


@pytest.mark.parametrize("address", ["203.0.114.9", "2a00:1450::1", "::ffff:8.8.8.8", ""])
async def test_c32_nobody_sets_up_from_afar(services: Services, address: str) -> None:
    code = await services.accounts.setup_code() or ""
    with pytest.raises(Forbidden) as caught:
        await services.accounts.set_up(code, "eve", PASSWORD, Origin(address=address))
    assert caught.value.reason == "not_from_here"
    assert await services.accounts.setup_needed()


@pytest.mark.parametrize("code", ["", "0" * 32, "é", "\0", "x" * 5000])
async def test_c32_a_wrong_code_is_refused(services: Services, code: str) -> None:
    with pytest.raises(Forbidden):
        await services.accounts.set_up(code, "eve", PASSWORD, Origin(address="127.0.0.1"))
