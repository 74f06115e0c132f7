"""Settings: the manual and the program agree, and a mistake is one clear line."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from mediaserver.config import Config, load_config
from mediaserver.errors import ConfigError

MANUAL = Path(__file__).parents[1] / "config.toml"


def test_the_manual_lists_every_setting_with_its_default() -> None:
    assert tomllib.loads(MANUAL.read_text()) == msgspec.json.decode(msgspec.json.encode(Config()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[server]\nprot = 1", "server.prot: no such setting; allowed here are allowed_hosts"),
        ("[sever]\nport = 1", "sever: no such setting; allowed here are accounts"),
        ("[server]\nport = 70000", "server.port = 70000: expected `int` <= 65535"),
        ("[server]\nport = 'x'", "server.port = 'x': expected `int`"),
        ("[log]\nformat = 'xml'", "log.format = 'xml': invalid enum value 'xml'"),
        ("server = 3", "server = 3: expected `object`"),
        ("[server", "not valid TOML"),
    ],
)
def test_a_mistake_names_file_key_and_what_is_allowed(tmp_path, text, expected) -> None:
    file = tmp_path / "config.toml"
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        load_config(file, {})
    assert str(error.value).startswith(f"{file}: ")
    assert expected in str(error.value)
    assert "\n" not in str(error.value)


def test_the_environment_overrides_the_file(tmp_path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[server]\nport = 1\n[storage]\nroot = 'here'")
    config = load_config(
        file, {"MEDIASERVER_SERVER__PORT": "2", "MEDIASERVER_SERVER__ALLOWED_HOSTS": "a, b"}
    )
    assert config.server.port == 2
    assert config.server.allowed_hosts == ("a", "b")
    assert config.storage.root == str(tmp_path / "here")
    with pytest.raises(ConfigError, match=r"MEDIASERVER_SERVER__PORT: server\.port = 'x'"):
        load_config(file, {"MEDIASERVER_SERVER__PORT": "x"})
    with pytest.raises(ConfigError, match="there is no setting"):
        load_config(file, {"MEDIASERVER_SERVER__PROT": "1"})
