"""P16: API reads a second with 50 clients at once, everything on, and against a bare handler.

The load generator shares the cores with the server it loads.
"""

from collections.abc import Iterator

from tests.bench.children import child
from tests.bench.load import Load, load
from tests.bench.measure import Line
from tests.bench.peopled import peopled

NEEDS = ("wrk",)
N, SECONDS, CLIENTS = 3, 3.0, 50


def measure() -> Iterator[Line]:
    with peopled() as server, child("tests.bench.bare_server", "8000") as bare:
        items = server.call("GET", "/api/items?limit=50")["items"]
        paths = [
            "/api/home", "/api/items?limit=50", "/api/items?limit=20&sort=added",
            *(f"/api/items/{item['id']}" for item in items[:5]), "/api/search?q=film",
        ]  # fmt: skip
        ours: list[Load] = []
        theirs: list[Load] = []
        for _ in range(N):
            ours.append(_load(server.url, paths, server.pid, server.token))
            theirs.append(_load(bare.url, paths, bare.pid, ""))
    ours.sort(key=lambda one: one.rate)
    theirs.sort(key=lambda one: one.rate)
    rate, bare_rate = ours[N // 2].rate, theirs[N // 2].rate
    latency = sorted(one.p95 for one in ours)[N // 2]
    yield Line("P16", "API reads a second, 50 clients", rate, 1000, True)  # noqa: FBT003
    yield Line("P16", "their p95 in ms", latency * 1000, 50)
    note = f"{rate:.0f} : {bare_rate:.0f}, n={N}"
    yield Line("P16", "against a bare handler", rate / bare_rate, 0.25, True, note)  # noqa: FBT003
    cpu = sorted(one.cpu for one in theirs)[N // 2] / sorted(one.cpu for one in ours)[N // 2]
    yield Line("P16", "against a bare handler, by CPU", cpu, 0.25, True)  # noqa: FBT003


def _load(url: str, paths: list[str], pid: int, token: str) -> Load:
    return load(url, paths, pid, clients=CLIENTS, seconds=SECONDS, token=token)
