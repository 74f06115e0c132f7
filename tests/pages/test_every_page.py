"""What holds for every page: a title, one heading, a language, nothing inline, nothing hostile."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from mediaserver.catalog import Filter, ItemKind, Query
from mediaserver.services import Services
from tests.pages.conftest import HOSTILE, Get
from tests.scanned import viewer

VOID = {"img", "input", "link", "meta", "br", "hr"}


class Seen(HTMLParser):
    """The elements of a page, and the text of its title and headings."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[str, list[str]] = {}
        self._open: list[str] = []
        self.feed(text)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        assert len(attrs) == len(dict(attrs)), f"<{tag}> names an attribute twice"
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self._open:
            self.words.setdefault(self._open[-1], []).append(data.strip())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


async def paths_of(house: Services) -> dict[str, str]:
    """One address of each kind of page."""
    page = await house.catalog.page(viewer(), Query(filter=Filter(kinds=tuple(ItemKind)), limit=99))
    by_kind = {card.kind: card.id for card in page.items}
    libraries = await house.library.libraries()
    return {
        "home": "/",
        "find": "/find",
        "found": "/find?q=film",
        "not found": "/find?q=%3Cscript%3Ealert(1)%3C/script%3E",
        "settings": "/settings",
        "missing": "/items/none",
        **{f"library {n}": f"/libraries/{library.id}" for n, library in enumerate(libraries)},
        "sorted": f"/libraries/{libraries[0].id}?sort=added&watched=no",
        **{f"a {kind}": f"/items/{id_}" for kind, id_ in by_kind.items()},
        **{f"all {card.id}": f"/items/{card.id}" for card in page.items},
        "watch": f"/watch/{by_kind[ItemKind.EPISODE]}",
        "watch a film": f"/watch/{by_kind[ItemKind.MOVIE]}?start=1&version=x",
    }


async def test_every_page_is_whole_and_carries_nothing_hostile(get: Get, house: Services) -> None:
    for name, path in (await paths_of(house)).items():
        text = await get(path, status=404 if name == "missing" else 200)
        check(name, text)


async def test_a_viewer_sees_no_folders_and_no_other_people(
    get: Get, house: Services, folder: Path
) -> None:
    for name, path in (await paths_of(house)).items():
        text = await get(path, status=404 if name == "missing" else 200, as_=HOSTILE)
        check(name, text)
        assert str(folder) not in text, name
        assert ">ana<" not in text, name


@pytest.mark.parametrize("path", ["/sign-in?next=//evil.example", "/setup?code=%22%3E%3Cscript%3E"])
async def test_the_pages_before_sign_in_are_whole(client: TestClient, path: str) -> None:
    answer = await client.get(path, headers={"Accept": "text/html"})
    text = await answer.text()
    check(path, text)
    assert "evil.example" not in text


def check(name: str, text: str) -> None:
    seen = Seen(text)
    assert "".join(seen.words["title"]).removesuffix("· mediaserver").strip(), name
    assert len(seen.all("h1")) == 1, f"{name}: one first heading"
    assert seen.all("html")[0]["lang"] == "en", name
    assert seen.all("main"), name
    for tag, attributes in seen.elements:
        for attribute, value in attributes.items():
            assert not attribute.startswith("on"), f"{name}: <{tag} {attribute}>"
            assert not (value or "").lower().lstrip().startswith("javascript:"), name
        if tag == "script" and attributes.get("type") != "application/json":
            assert attributes.get("nonce"), f"{name}: a script without a nonce"
        if tag == "img":
            assert "alt" in attributes, f"{name}: a picture without alt"
            assert (attributes.get("src") or "/").startswith("/"), f"{name}: {attributes}"
        if tag in {"link", "script"}:
            assert (attributes.get("href") or attributes.get("src") or "/").startswith("/"), name
        if tag in {"button", "a"} and attributes.get("aria-label") == "":
            raise AssertionError(f"{name}: an empty name")
    assert not re.search(r"<img src=x|<script>alert|onload=x\s*\(2003\)\"\s*>", text), name
    assert "49 %}" not in text, f"{name}: a template ran what a file is called"


async def test_names_are_shown_as_they_are(get: Get, house: Services) -> None:
    """Escaped, not dropped: the film with the strange name is still findable."""
    text = await get("/find?q=onerror")
    assert "&lt;img src=x onerror=alert(1)&gt;" in text
    text = await get("/settings")
    assert "Broken &lt;img src=x onerror=alert(1)&gt; (2005).mkv" in text


async def test_a_page_for_people_leads_to_the_sign_in_and_back(
    client: TestClient, house: Services
) -> None:
    answer = await client.get(
        "/settings?done=added", headers={"Accept": "text/html"}, allow_redirects=False
    )
    assert answer.status == 303
    assert answer.headers["Location"].startswith("/sign-in?next=/settings")
