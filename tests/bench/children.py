"""Servers to compare with, each a process of its own on 127.0.0.1, stopped by its handle."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from tests.server import ROOT

_NGINX = """
worker_processes 1;
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 512; }}
http {{
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  open_file_cache max=1000;
  open_file_cache_valid 300s;
  types {{ video/mp4 m4s; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  server {{
    listen 127.0.0.1:{port};
    root {folder}/files;
    add_header Cache-Control "private, max-age=86400, immutable";
  }}
}}
"""


class Child(msgspec.Struct, frozen=True):
    url: str
    pid: int
    said: tuple[str, ...] = ()


@contextmanager
def child(module: str, *arguments: str | Path) -> Iterator[Child]:
    """``python -m module``, which prints its address first, then what else it has to say."""
    process = subprocess.Popen(
        [sys.executable, "-m", module, *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        if process.stdout is None:
            raise RuntimeError("no output")
        url, *said = process.stdout.readline().split()
        yield Child(url, process.pid, tuple(said))
    finally:
        _stop(process)


@contextmanager
def nginx(folder: Path) -> Iterator[Child]:
    """One worker serving ``folder/files``."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = folder / "nginx.conf"
    settings.write_text(_NGINX.format(folder=folder, port=port))
    process = subprocess.Popen(
        ["nginx", "-c", settings, "-p", folder, "-e", folder / "error.log"], text=True
    )
    try:
        for _ in range(100):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield Child(f"http://127.0.0.1:{port}", process.pid)
    finally:
        _stop(process)


def _stop(process: "subprocess.Popen[str]") -> None:
    process.terminate()
    try:
        process.wait(timeout=5)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
