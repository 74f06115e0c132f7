"""The command line as a person meets it: real processes, one clear line for what went wrong."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.media import Film, write_film
from tests.server import command_line, environment, running_server

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "storage with spaces"


@pytest.fixture(scope="module")
def film(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("film") / "film.mkv"
    write_film(path, Film(seconds=1, gop=5))
    return path


def said(done: Done, code: int) -> str:
    """The one line on standard error, or a failed test."""
    assert done.returncode == code, done.stderr
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("mediaserver: "), lines
    return lines[0]


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ("[server]\nprot = 1", "server.prot: no such setting"),
        ("[server]\nport = 'x'", "server.port = 'x'"),
        ("[server\n", "not valid TOML"),
    ],
)
def test_a_wrong_settings_file_is_one_line_and_exit_code_2(
    root: Path, settings: str, words: str
) -> None:
    file = root.parent / "config.toml"
    file.write_text(settings)
    line = said(command_line("serve", root=root), 2)
    assert words in line
    assert "config.toml" in line
    assert not root.exists()


def test_a_taken_port_is_told_in_the_words_of_the_readme(root: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve_once(root, MEDIASERVER_SERVER__PORT=str(port))
    line = said(done, 1)
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use." in line
    assert "MEDIASERVER_SERVER__PORT" in line


def test_an_address_of_another_machine_is_told_as_such(root: Path) -> None:
    # 192.0.2.0/24 is for documentation: RFC 5737
    line = said(serve_once(root, MEDIASERVER_SERVER__HOST="192.0.2.1"), 1)
    assert "this machine has no such address" in line


def test_two_servers_do_not_share_a_storage_root(root: Path) -> None:
    with running_server(root):
        assert "Another mediaserver is using" in said(serve_once(root), 1)


def serve_once(root: Path, **settings: str) -> Done:
    return subprocess.run(
        [sys.executable, "-m", "mediaserver", "serve"],
        env=environment(root) | settings,
        cwd=root.parent,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_what_is_not_there_is_one_line_and_exit_code_1(root: Path) -> None:
    file = root.parent / "a file"
    file.touch()
    for words, expected in (
        (("library", "add", "/no/such/folder", "--kind", "movies"), "no such folder"),
        (("library", "add", str(file), "--kind", "movies"), "not a folder"),
        (("library", "remove", "Films"), "no library called 'Films'"),
        (("scan", str(file)), "in no library"),
    ):
        assert expected in said(command_line(*words, root=root), 1)


def test_an_unknown_command_is_exit_code_2(root: Path) -> None:
    assert command_line("serv", root=root).returncode == 2


def test_odd_names_are_scanned_and_an_unplugged_disk_comes_back_unread(
    root: Path, film: Path
) -> None:
    folder = root.parent / "my films"
    for name in ("Ünï 🎬 (2001)", "New\nline (2002)", "-- -rf; (2003)"):
        (folder / name).mkdir(parents=True)
        (folder / name / f"{name}.mkv").hardlink_to(film)
    (folder / "Broken (2004).mp4").write_bytes(b"not a film" * 100)
    command_line("library", "add", str(folder), "--kind", "movies", root=root)

    first = scan(root, folder)
    assert (first["new"], first["failed"]) == (4, 1)
    away = folder.rename(root.parent / "unplugged")
    assert scan(root, folder.name)["away"] == 4
    away.rename(folder)
    back = scan(root, folder)
    assert (back["back"], back["reopened"], back["away"]) == (4, 0, 0)


def scan(root: Path, what: Path | str) -> dict[str, int]:
    done = command_line("scan", str(what), "--json", root=root)
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)[0]["counts"]


def test_a_scan_away_from_a_terminal_writes_one_line(root: Path, film: Path) -> None:
    path = root / "library" / "movies" / "Film (2001).mkv"
    path.parent.mkdir(parents=True)
    path.hardlink_to(film)
    link = path.with_name("Elsewhere (2002).mkv")
    link.symlink_to("/etc/hostname")
    dry = command_line("scan", "Movies", "--dry-run", root=root)
    assert dry.stdout.splitlines()[0] == "Movies: 1 found, 1 new (a dry run: nothing was kept)"
    assert "Elsewhere (2002).mkv" in dry.stdout.splitlines()[1]
    done = command_line("scan", "Movies", root=root)
    assert (done.stdout, done.stderr) == ("Movies: 1 found, 1 new, 1 read\n", "")


def test_an_interrupted_scan_ends_at_once_and_the_next_one_finishes_it(
    root: Path, film: Path
) -> None:
    folder = root / "library" / "movies"
    for number in range(300):
        path = folder / f"Film {number} (2001)" / f"Film {number} (2001).mkv"
        path.parent.mkdir(parents=True)
        path.hardlink_to(film)
    process = subprocess.Popen(
        [sys.executable, "-m", "mediaserver", "scan", "Movies"],
        env=environment(root),
        cwd=root.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 30
    while not (root / "data" / "mediaserver.db-wal").exists():
        assert time.monotonic() < deadline
        time.sleep(0.01)
    time.sleep(0.1)
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=5)
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    counts = scan(root, "Movies")
    assert counts["seen"] == 300
