"""Pages stay light, and their sources small enough to be read."""

import gzip
import re
from pathlib import Path

import pytest

WEB = Path(__file__).parents[2] / "web"
STATIC = WEB / "static"
SCRIPTS = sorted((STATIC / "js").rglob("*.js"))
SHEETS = sorted((STATIC / "css").glob("*.css"))
TEMPLATES = sorted((WEB / "templates").rglob("*.html"))
BROWSE_LIMIT = 60_000


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes()))


def test_all_scripts_of_a_browse_page_fit_in_sixty_kilobytes() -> None:
    """All of ours, the player's and the remote's too, though no page loads them all."""
    remote = STATIC / "vendor" / "lrud" / "lrud.min.mjs"
    assert sum(packed(path) for path in [*SCRIPTS, remote]) <= BROWSE_LIMIT


def test_all_sheets_are_light_too() -> None:
    assert sum(packed(path) for path in SHEETS) <= 30_000


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_fits_on_a_few_screens(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 120
    assert "|safe" not in text.replace(" ", ""), "everything is escaped"
    assert "autoescape" not in text
    assert not re.search(r"<script(?![^>]*(nonce|application/json))", text)


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_module_is_short_and_introduces_itself(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= 250
    assert text.startswith("//"), "begins with what it is for"
    assert "eval(" not in text
    for written in re.findall(r"innerHTML = `([^`]*)`", text):
        holes = set(re.findall(r"\$\{(\w+)\}", written))
        assert holes <= {"sprite", "glyph", "ICON"}, (
            f"only our own icons are written as HTML: {holes}"
        )


@pytest.mark.parametrize("path", [*SCRIPTS, *SHEETS, *TEMPLATES], ids=lambda path: path.name)
def test_no_request_leaves_the_box(path: Path) -> None:
    text = path.read_text().replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"""["'(](https?:)?//[\w.-]+\.\w+""", text)


def test_every_icon_that_is_asked_for_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    asked: set[str] = set()
    for path in TEMPLATES:
        asked |= set(re.findall(r'icon\("([\w-]+)"', path.read_text()))
    assert asked <= drawn


def test_sizes_and_colours_come_from_the_tokens() -> None:
    """A custom property that is used is defined, so a typing mistake cannot pass as a style."""
    text = "\n".join(path.read_text() for path in SHEETS)
    html = "\n".join(path.read_text() for path in TEMPLATES)
    defined = set(re.findall(r"(--[\w-]+)\s*:", text + html)) | {"--caption-size"}
    used = set(re.findall(r"var\((--[\w-]+)", text + html))
    assert {name for name in used if not name.startswith("--media-")} <= defined
