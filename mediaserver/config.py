"""Every setting, its default and its bounds. ``config.toml`` is the manual of the same keys.

Environment variables ``MEDIASERVER_SECTION__KEY`` override the file. A wrong key or value is one
line naming file, key and what is allowed.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from mediaserver.errors import ConfigError

PREFIX = "MEDIASERVER_"
Port = Annotated[int, Meta(ge=0, le=65535)]
Positive = Annotated[int, Meta(ge=1)]


class Server(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    host: str = "0.0.0.0"  # noqa: S104 - a home box is watched from other rooms
    port: Port = 8090
    allowed_hosts: tuple[str, ...] = ()


class Storage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    root: str = "media"


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    format: Literal["human", "json"] = "human"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Scan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    workers: Annotated[int, Meta(ge=0, le=64)] = 0
    probe_timeout: Annotated[float, Meta(gt=0, le=600)] = 10.0
    settle_seconds: Annotated[float, Meta(ge=0, le=3600)] = 10.0


class Streaming(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    max_transcodes: Annotated[int, Meta(ge=0, le=256)] = 0
    memory_cache_mb: Annotated[int, Meta(ge=8, le=65536)] = 128
    disk_cache_gb: Annotated[float, Meta(ge=0, le=65536)] = 10.0
    trickplay_cache_gb: Annotated[float, Meta(ge=0, le=65536)] = 4.0


class Accounts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sign_in_days: Annotated[int, Meta(ge=1, le=3650)] = 90
    bcrypt_cost: Annotated[int, Meta(ge=4, le=16)] = 12


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    server: Server = Server()
    storage: Storage = Storage()
    log: Log = Log()
    scan: Scan = Scan()
    streaming: Streaming = Streaming()
    accounts: Accounts = Accounts()


def load_config(path: Path | None = None, environ: Mapping[str, str] | None = None) -> Config:
    """``path``, else ``./config.toml`` when there is one, else the defaults.

    ``storage.root`` comes back absolute: relative ones start at the config file's folder.
    """
    environ = os.environ if environ is None else environ
    file = path or Path("config.toml")
    if path is not None and not path.is_file():
        raise ConfigError(f"{path}: there is no such file")
    tree: dict[str, Any] = {}
    if file.is_file():
        try:
            tree = tomllib.loads(file.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
            raise ConfigError(f"{file}: not valid TOML: {err}") from err
        except OSError as err:
            raise ConfigError(f"{file}: cannot be read: {err.strerror}") from err
    config = _merge(_decode(str(file), tree), environ)
    root = file.absolute().parent / Path(config.storage.root).expanduser()
    return msgspec.structs.replace(config, storage=Storage(root=str(root)))


def _decode(file: str, tree: dict[str, Any]) -> Config:
    try:
        return msgspec.convert(tree, Config)
    except msgspec.ValidationError as err:
        raise ConfigError(f"{file}: {_explain(err, tree)}") from err


def _merge(config: Config, environ: Mapping[str, str]) -> Config:
    for name in sorted(environ):
        if not name.startswith(PREFIX) or "__" not in name:
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        tree = msgspec.to_builtins(config)
        if section not in tree or key not in tree[section]:
            raise ConfigError(f"{name}: there is no setting [{section}] {key}")
        tree[section][key] = _typed(environ[name], tree[section][key])
        config = _decode(name, tree)
    return config


def _typed(text: str, default: Any) -> Any:
    """``text`` in the type that the setting has; left as text where it does not fit."""
    if isinstance(default, (list, tuple)):
        return [part.strip() for part in text.split(",") if part.strip()]
    if isinstance(default, bool):
        return {"true": True, "1": True, "false": False, "0": False}.get(text.lower(), text)
    try:
        return type(default)(text)
    except ValueError:
        return text


def _explain(err: msgspec.ValidationError, tree: dict[str, Any]) -> str:
    """One line: key and what is allowed."""
    message, _, where = str(err).partition(" - at `$")
    key = where.rstrip("`").lstrip(".")
    if message.startswith("Object contains unknown field"):
        unknown = message.split("`")[1]
        allowed: Any = msgspec.to_builtins(Config())
        for part in filter(None, key.split(".")):
            allowed = allowed[part]
        full = f"{key}.{unknown}" if key else unknown
        return f"{full}: no such setting; allowed here are {', '.join(sorted(allowed))}"
    value: Any = tree
    for part in filter(None, key.split(".")):
        value = value.get(part) if isinstance(value, dict) else value
    return f"{key} = {value!r}: {message[:1].lower()}{message[1:]}"
