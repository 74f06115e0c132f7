"""P9: the home page's data against a bare aiohttp handler that answers as many bytes.

CPU of the server's process for each of many requests, one after the other on one connection. The
home is remembered while nothing changed; the list of fifty is read from the database each time.
"""

import socket
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from tests.bench.children import child
from tests.bench.house import House
from tests.bench.measure import Cost, Line, cpu_of, interleaved
from tests.bench.peopled import peopled

NEEDS = ()
N, A_TURN = 7, 300
HOME, LIST = "/api/home", "/api/items?limit=50"


def measure() -> Iterator[Line]:
    with (
        peopled(MEDIASERVER_LOG__LEVEL="info") as server,
        peopled(MEDIASERVER_LOG__LEVEL="warning") as silent,
    ):
        size = _size(server, HOME)
        with child("tests.bench.bare_server", str(size)) as bare:
            found = interleaved(
                {
                    "bare": _asking(bare.url, bare.pid, "/", ""),
                    "home": _asking(server.url, server.pid, HOME, server.token),
                    "silent": _asking(silent.url, silent.pid, HOME, silent.token),
                    "list": _asking(silent.url, silent.pid, LIST, silent.token),
                },
                N,
            )
    bare_cpu = found["bare"].cpu
    for name, part, target in (
        ("silent", "home data against a bare handler, CPU", 4.0),
        ("list", "fifty items from the database, CPU", 4.0),
    ):
        note = f"{found[name].cpu * 1e6:.0f} : {bare_cpu * 1e6:.0f} µs, {size} bytes"
        yield Line("P9", part, found[name].cpu / bare_cpu, target, note=note)
    ratio = found["home"].cpu / found["silent"].cpu
    yield Line("P9", "with the access log against without, CPU", ratio, 1.15)


def _size(server: House, path: str) -> int:
    with socket.create_connection(_place(server.url)) as line:
        return _ask(line, _request(server.url, path, server.token))


def _asking(url: str, pid: int, path: str, token: str) -> Callable[[], Cost]:
    words = _request(url, path, token)

    def run() -> Cost:
        with socket.create_connection(_place(url)) as line:
            _ask(line, words)
            cpu, wall = cpu_of(pid), time.perf_counter()
            for _ in range(A_TURN):
                _ask(line, words)
            return Cost((time.perf_counter() - wall) / A_TURN, (cpu_of(pid) - cpu) / A_TURN)

    return run


def _place(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    return parts.hostname or "127.0.0.1", parts.port or 80


def _request(url: str, path: str, token: str) -> bytes:
    host = urlsplit(url).netloc
    return f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def _ask(line: socket.socket, words: bytes) -> int:
    """Bytes of the body."""
    line.sendall(words)
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += line.recv(1 << 16)
    head, _, body = answer.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise RuntimeError(head.decode())
    lower = head.lower()
    size = int(lower.split(b"content-length:")[1].split(b"\r\n")[0])
    left = size - len(body)
    while left > 0:
        left -= len(line.recv(1 << 16))
    return size
