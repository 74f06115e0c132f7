"""The real application with segments of known size kept: in memory, or on disk only.

``python -m tests.bench.hot_server STORAGE KIB COUNT`` on a scanned storage root; segments that do
not fit the memory for them lie on disk. Prints the address and the path before their numbers.
"""

import asyncio
import os
import sys
from pathlib import Path

import msgspec

from mediaserver.app import serving
from mediaserver.config import Server, Streaming
from mediaserver.http import signing
from mediaserver.ids import UserId
from mediaserver.streaming import Who, Wish
from tests.bench.house import config

_MEMORY_MB = 64


async def main(storage: Path, kib: int, count: int) -> None:
    settings = msgspec.structs.replace(
        config(storage),
        server=Server(host="127.0.0.1", port=0),
        streaming=Streaming(memory_cache_mb=_MEMORY_MB),
    )
    async with serving(settings) as (services, url):
        owner = (await services.accounts.users())[0]
        viewer_id = UserId(owner.id)
        library = next(one for one in await services.library.libraries() if one.name == "Movies")
        (root,) = await services.library.known_roots(library.id)
        (known,) = await services.library.known_files(root.id)
        file = await services.library.file(known.id)
        item = await services.db.value("SELECT id FROM items LIMIT 1")
        sign_in = await services.db.value("SELECT id FROM sign_ins LIMIT 1")
        streaming = services.streaming
        started = await streaming.start(Who(viewer_id, sign_in), item, file, Wish())
        opened = await streaming.delivery.of(started.session)
        for number in range(count):
            key = f"{opened.keys['original']}-{number}"
            streaming.delivery._cache.put(key, os.urandom(kib * 1024))
            await asyncio.sleep(0.02)
        session = started.session
        token = _signed(services.stream_key, session)
        print(f"{url} /v/{token}/original/", flush=True)
        await asyncio.Event().wait()


def _signed(key: bytes, session: object) -> str:
    return signing.sign(key, session.id, session.item_id, session.expires_at)  # type: ignore[attr-defined]


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
