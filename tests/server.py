"""The real server as a process of its own, started and stopped by its handle."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

ROOT = Path(__file__).parents[1]


class Running(msgspec.Struct):
    process: "subprocess.Popen[str]"
    url: str
    setup_code: str | None


def command_line(*words: str, root: Path, **options) -> "subprocess.CompletedProcess[str]":
    """``mediaserver …`` on the storage root ``root``."""
    return subprocess.run(
        [sys.executable, "-m", "mediaserver", *words],
        env=environment(root),
        cwd=root.parent,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )


@contextmanager
def running_server(root: Path, **settings: str) -> Iterator[Running]:
    """Serving on a free port of 127.0.0.1; SIGTERM at the end, and it must obey within 5 s."""
    process = spawn(root, **settings)
    try:
        yield ready(process, root)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            assert process.wait(timeout=5) in {0, -signal.SIGKILL}
        finally:
            process.kill()


def spawn(root: Path, **settings: str) -> "subprocess.Popen[str]":
    """Started and not waited for; whoever calls this ends it."""
    with (root.parent / "server.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "mediaserver", "serve"],
            env=environment(root) | settings,
            cwd=root.parent,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )


def environment(root: Path) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(ROOT),
        "PYTHONUNBUFFERED": "1",
        "MEDIASERVER_STORAGE__ROOT": str(root),
        "MEDIASERVER_SERVER__HOST": "127.0.0.1",
        "MEDIASERVER_SERVER__PORT": "0",
        "MEDIASERVER_ACCOUNTS__BCRYPT_COST": "4",
        "MEDIASERVER_SCAN__SETTLE_SECONDS": "0",
    }


def ready(process: "subprocess.Popen[str]", root: Path) -> Running:
    """Wait for the line that tells the address."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"http://\S+", line)
    assert found, f"the server did not start: {line!r}"
    code = root / "data" / "setup-code"
    return Running(process, found[0], code.read_text() if code.exists() else None)
