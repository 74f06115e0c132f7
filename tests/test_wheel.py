"""The wheel holds all that the server needs: installed elsewhere it serves from an empty folder."""

import os
import re
import signal
import subprocess
import sys
import urllib.request
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> Path:
    """The ``mediaserver`` command of a new environment; its dependencies are this one's."""
    folder = tmp_path_factory.mktemp("wheel")
    wheels, home = folder / "wheels", folder / "venv"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run(*pip, "wheel", "--no-deps", "--wheel-dir", str(wheels), str(ROOT))
    venv.create(home)
    (wheel,) = wheels.glob("mediaserver-*.whl")
    run(*pip, f"--python={home / 'bin' / 'python'}", "install", "--no-deps", str(wheel))
    packages = next(home.glob("lib/python*/site-packages"))
    ours = [path for path in sys.path if path.endswith("site-packages")]
    # read after the wheel's own folder, and without the .pth file of an editable install
    (packages / "dependencies.pth").write_text("\n".join(ours))
    return home / "bin" / "mediaserver"


@pytest.mark.long
def test_the_wheel_serves_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    process = subprocess.Popen(
        [installed, "serve"],
        cwd=empty,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address
        page = fetch(f"{address[0]}/setup").decode()
        assert "Your own cinema" in page
        for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
            assert fetch(address[0] + path)
        assert b'"openapi"' in fetch(f"{address[0]}/api/openapi.json")
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=5) == 0
    assert [path.name for path in empty.iterdir()] == ["media"]


@pytest.mark.long
def test_the_wheel_brings_the_manual_of_its_settings(installed: Path) -> None:
    (packaged,) = installed.parents[1].glob("lib/python*/site-packages/mediaserver/config.toml")
    assert packaged.read_text() == (ROOT / "config.toml").read_text()


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return kept | {
        "PYTHONUNBUFFERED": "1",
        "MEDIASERVER_SERVER__HOST": "127.0.0.1",
        "MEDIASERVER_SERVER__PORT": "0",
    }


def run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=10) as answer:  # noqa: S310 - our own http address
        return answer.read()
