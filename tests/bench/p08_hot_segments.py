"""P8: hot segments against nginx with one worker, sendfile and open_file_cache; cold ones too.

Hot: ours from memory through the whole door (signature, grant, headers). Cold: segments that lie in
our cache on disk only, against the same number of files; both from the kernel's page cache.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from mediaserver.accounts import Origin
from mediaserver.services import Services
from tests.bench.children import Child, child, nginx
from tests.bench.films import film, fresh
from tests.bench.house import PASSWORD, prepare
from tests.bench.load import load
from tests.bench.measure import Cost, Line, interleaved

NEEDS = ("nginx", "wrk")
N, SECONDS, CLIENTS = 5, 1.0, 8
_COLD = 160


def measure() -> Iterator[Line]:
    storage = fresh("hot") / "storage"
    folder = storage / "library" / "movies"
    folder.mkdir(parents=True)
    shutil.copy(film("mkv"), folder / "Film (2001).mkv")
    prepare(storage, _scan_and_sign_in)
    yield from _against(storage, 1024, 1, "1 MiB", 1.15)
    yield from _against(storage, 4096, 1, "4 MiB", 1.2)
    yield from _against(storage, 1024, _COLD, "1 MiB from disk", 0.85)


async def _scan_and_sign_in(services: Services) -> None:
    for library in await services.library.libraries():
        await services.scanner.scan(library.id)
    await services.accounts.sign_in("owner", PASSWORD, Origin("bench"))


def _against(storage: Path, kib: int, count: int, part: str, target: float) -> Iterator[Line]:
    files = fresh("nginx")
    (files / "files").mkdir()
    for number in range(count):
        (files / "files" / f"{number}.m4s").write_bytes(os.urandom(kib * 1024))
    with (
        child("tests.bench.hot_server", storage, str(kib), str(count)) as ours,
        nginx(files) as theirs,
    ):
        found = interleaved(
            {
                "ours": lambda: _cost(ours, ours.said[0], count),
                "nginx": lambda: _cost(theirs, "/", count),
            },
            N,
        )
    rate = found["nginx"].wall / found["ours"].wall
    note = f"{1 / found['ours'].wall:.0f} : {1 / found['nginx'].wall:.0f}, n={N}"
    yield Line("P8", f"{part}: requests/s against nginx", rate, target, True, note)  # noqa: FBT003
    if count == 1:
        ratio = found["ours"].cpu / found["nginx"].cpu
        yield Line("P8", f"{part}: CPU a request against nginx", ratio, 1.0)


def _cost(server: Child, prefix: str, count: int) -> Cost:
    """For each request."""
    paths = [f"{prefix}{number}.m4s" for number in range(count)]
    found = load(server.url, paths, server.pid, clients=CLIENTS, seconds=SECONDS)
    return Cost(1 / found.rate, found.cpu)
