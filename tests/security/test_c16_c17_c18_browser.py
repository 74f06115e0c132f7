"""C16, C17, C18: hostile names in a real browser, page by page, and subtitles as text alone."""

import re
from pathlib import Path

import pytest

from mediaserver.accounts import Origin, Role
from mediaserver.catalog import Filter, ItemKind, Query
from mediaserver.http.middleware import CSP
from mediaserver.library import LibraryKind
from tests.browser.conftest import browser, page
from tests.conftest import PASSWORD
from tests.scanned import viewer
from tests.security.conftest import Door

__all__ = ["browser", "page"]
HOSTILE = (
    "<script>window.pwned=1<／script>",
    "<img src=x onerror=window.pwned=1>",
    '"><svg onload=window.pwned=1>',
    "' onfocus=window.pwned=1 autofocus x='",
    "{{constructor.constructor('window.pwned=1')()}}",
    "<!--<script>--><script>window.pwned=1",
)
SUBTITLES = """1
00:00:00,000 --> 00:00:09,000
<img src=x onerror=window.pwned=1><script>window.pwned=1</script><b>kept</b>
<a href="javascript:window.pwned=1">x</a> & -->

2
00:00:00,000 --> 00:00:09,000
NOTE x
STYLE
::cue { background: url(http://evil.example/) }
"""


@pytest.fixture
async def hostile(door: Door, reel: Path, tmp_path: Path) -> list[str]:
    """The addresses of every page of a house where every name is hostile."""
    folder = tmp_path / "films"
    (folder / "Plain Film (2001)" / "Plain Film (2001).en.srt").write_text(SUBTITLES)
    for number, text in enumerate(HOSTILE):
        name = text.replace("/", "／")
        (folder / f"{name} ({2002 + number}).mp4").hardlink_to(reel)
        (folder / f"broken {name} ({2002 + number}).mp4").write_bytes(b"no film" * 99)
        user = await door.services.accounts.add_user(text[:64], PASSWORD, Role.VIEWER)
        assert user.username == text[:64]
        other = tmp_path / f"other {number}"
        other.mkdir()
        await door.services.library.add(text[:100], LibraryKind.HOMEVIDEOS, [str(other)])
    await door.services.scanner.scan(door.library)
    kinds = Filter(kinds=(ItemKind.MOVIE,))
    found = await door.services.catalog.page(viewer(), Query(filter=kinds, limit=99))
    assert len(found.items) == 2 * len(HOSTILE) + 1
    items = [f"/items/{card.id}" for card in found.items]
    return [
        "/", "/settings", "/find?q=pwned", "/find?q=%22%3E%3Cscript%3Ewindow.pwned=1%3C/script%3E",
        f"/libraries/{door.library}", *items, f"/watch/{door.film}", "/api/docs",
        "/nowhere/%3Cscript%3Ewindow.pwned=1%3C/script%3E",
    ]  # fmt: skip


async def test_c16_c17_no_name_runs_on_any_page(door: Door, hostile: list[str], page) -> None:
    """``page`` fails by itself on a script error or a violation of the policy."""
    url = f"http://127.0.0.1:{door.client.port}"
    cookie = {"name": "sid", "value": door.cookies[Role.OWNER], "url": url}
    await page.context.add_cookies([cookie])
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    for path in hostile:
        await page.goto(url + path, wait_until="load")
        assert await page.evaluate("window.pwned") is None, path
    await page.goto(f"{url}/api/docs", wait_until="load")
    await page.wait_for_selector(".opblock", timeout=15_000)
    assert not dialogs


async def test_c16_every_page_carries_the_policy(door: Door, hostile: list[str]) -> None:
    seen = set()
    for path in [*hostile, "/sign-in", "/setup"]:
        answer = await door.client.get(
            path, headers={"Accept": "text/html"} | door.who[Role.OWNER], allow_redirects=False
        )
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if answer.content_type != "text/html":
            assert answer.status == 303
            continue
        policy = answer.headers["Content-Security-Policy"]
        nonce = re.search(r"'nonce-([\w-]+)'", policy)
        assert nonce
        assert policy == CSP.format(nonce=nonce[1])
        assert nonce[1] not in seen
        seen.add(nonce[1])
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"


async def test_c16_the_policy_is_the_agreed_one() -> None:
    for part in ("default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'"):
        assert part in CSP
    assert "unsafe-eval'" not in CSP.replace("'wasm-unsafe-eval'", "")
    assert "unsafe-inline" not in CSP.partition("script-src")[2].partition(";")[0]
    assert "http" not in CSP


async def test_c18_subtitles_come_out_as_text_alone(door: Door, hostile: list[str]) -> None:
    signed = await door.services.accounts.sign_in("the viewer", PASSWORD, Origin())
    answer = await door.client.post(
        f"/api/items/{door.film}/playback",
        json={},
        headers={"Authorization": f"Bearer {signed.access_token}"},
    )
    tracks = (await answer.json())["subtitle_tracks"]
    (external,) = [track for track in tracks if track["external"]]
    segment = await door.client.get(external["url"].rpartition("/")[0] + "/0.vtt")
    text = await segment.text()
    assert segment.content_type == "text/vtt"
    assert segment.headers["X-Content-Type-Options"] == "nosniff"
    assert "<b>kept</b>" in text
    assert not re.search(r"<(?!/?[biu]>|/?c)", text), text
    assert text.count("-->") == 2
    assert not re.search(r"\n\n(STYLE|NOTE)", text)
