"""C26, C27: pictures beside a film that are bombs or none, and sizes nobody should ask for."""

import time
from pathlib import Path

import pytest

from mediaserver.accounts import Role
from tests.library.test_artwork import HOSTILE, png_bomb
from tests.security.conftest import Door

BOMBS = {
    **{name: data for name, data in HOSTILE.items() if data},
    "900 million.png": png_bomb(30_000, 30_000),
    "just above.png": png_bomb(6_400, 6_400),
    "page.png": b"<!doctype html><script>alert(1)</script>",
    "polyglot.gif": b"GIF89a/*" + b"\xff" * 20 + b"*/=1;alert(1)//",
}


@pytest.mark.parametrize("name", BOMBS)
async def test_c26_a_bomb_beside_a_film_is_not_shown(door: Door, tmp_path: Path, name: str) -> None:
    suffix = Path(name).suffix if Path(name).suffix in {".png", ".jpg", ".gif", ".webp"} else ".jpg"
    folder = tmp_path / "films" / "Plain Film (2001)"
    (folder / f"poster{suffix}").write_bytes(BOMBS[name])
    await door.services.scanner.scan(door.library)
    began = time.monotonic()
    answer = await door.client.get(
        f"/api/items/{door.film}/images/poster", headers=door.who[Role.VIEWER]
    )
    assert answer.status == 404, "and no byte of it is passed on"
    assert time.monotonic() - began < 10


async def test_c27_a_size_is_one_of_a_few(door: Door, tmp_path: Path) -> None:
    from_disk = tmp_path / "films" / "Plain Film (2001)" / "poster.png"
    from_disk.write_bytes(png_bomb(300, 450))
    await door.services.scanner.scan(door.library)
    path = f"/api/items/{door.film}/images/poster"
    for width in ("0", "-1", "1e9", "999999999", "9" * 40, "nan", "96.5", ""):
        answer = await door.client.get(f"{path}?width={width}", headers=door.who[Role.VIEWER])
        assert answer.status == 422, width
    for pixels in range(1, 200, 7):
        answer = await door.client.get(f"{path}?width={pixels}", headers=door.who[Role.VIEWER])
        assert answer.status == 200
        assert answer.content_type == "image/webp"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
    kept = list((door.services.paths.cache / "artwork" / "sized").rglob("*.webp"))
    assert len(kept) <= 3, "near sizes share one picture"
