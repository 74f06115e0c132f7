"""A server whose catalog is full, for what pages and apps read: films and shows without files."""

from collections.abc import Iterator
from contextlib import contextmanager

from mediaserver.services import Services
from tests import scanned
from tests.bench.films import fresh
from tests.bench.house import House, prepare, serving

MOVIES, SHOWS, EPISODES = 400, 10, 20
_BATCH = 200


@contextmanager
def peopled(**settings: str) -> Iterator[House]:
    root = fresh("peopled") / "storage"
    prepare(root, _fill)
    with serving(root, **settings) as house:
        yield house


async def _fill(services: Services) -> None:
    libraries = {library.name: library for library in await services.library.libraries()}
    films, shows = libraries["Movies"], libraries["Shows"]
    movies = [
        scanned.movie(films, f"Film number {n}", 1950 + n % 70, added_at=scanned.NOW + n)
        for n in range(MOVIES)
    ]
    episodes = [
        scanned.episode(shows, f"Show {show}", 1 + n // 10, 1 + n % 10, year=2000 + show)
        for show in range(SHOWS)
        for n in range(EPISODES)
    ]
    for library, files in ((films, movies), (shows, episodes)):
        for at in range(0, len(files), _BATCH):
            await services.catalog.ingest(library, files[at : at + _BATCH])
