"""Key files: 32 random bytes, written once with mode 0600 and synced before anyone relies on them.

There is no fallback: a key that cannot be read, or has the wrong length, stops the start.
"""

import os
import secrets
from pathlib import Path

from mediaserver.errors import ConfigError

LENGTH = 32


def load_or_create_key(path: Path, *, needed: bool = False) -> bytes:
    """The key at ``path``; two processes starting at once end up with the same one.

    ``needed``: something was made with it already, so a missing one is lost, not new.
    """
    if not path.exists():
        if needed:
            raise ConfigError(
                f"{path}: the key is gone. Put it back from a backup. Without one: write "
                f"{LENGTH} random bytes there, and give everybody a new password with "
                "`mediaserver user passwd NAME`."
            )
        _create(path)
    try:
        key = path.read_bytes()
    except OSError as err:
        raise ConfigError(f"{path}: the key cannot be read: {err.strerror}") from err
    if len(key) != LENGTH:
        raise ConfigError(f"{path}: the key is damaged ({len(key)} bytes instead of {LENGTH})")
    return key


def write_private(path: Path, content: bytes) -> None:
    """Publish ``content`` at ``path`` whole or not at all, readable by the owner alone.

    An existing file stays as it is: whoever came first wins.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            return
    finally:
        temporary.unlink()
    # the folder may be new: then its own name is not on the disk either
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _create(path: Path) -> None:
    try:
        write_private(path, secrets.token_bytes(LENGTH))
    except OSError as err:
        raise ConfigError(f"{path}: the key cannot be written: {err.strerror}") from err
