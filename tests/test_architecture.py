"""The walls of the house: who may import whom, and how large a file may grow."""

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "mediaserver"
FILES = sorted(PACKAGE.rglob("*.py"))
TEST_FILES = sorted(Path(__file__).parent.rglob("*.py"))

ROOMS = {"library", "streaming", "catalog", "history", "accounts", "jobs", "shelves"}
FLOOR = {
    "__main__": 12, "cli": 11, "app": 10, "compat": 9, "api": 8, "pages": 8, "http": 7,
    "services": 6, "demo": 5, "bench": 5, "shelves": 5, "posters": 5, "health": 5,
    "streaming": 4, "catalog": 4, "history": 4, "library": 3, "accounts": 2, "jobs": 2,
    "storage": 2, "config": 1, "db": 1, "source": 1, "fetch": 1, "keys": 1, "log": 1,
    "errors": 0, "ids": 0,
}  # fmt: skip
ABOVE_ROOMS = {"http", "api", "pages", "compat", "services", "app", "cli"}
VAGUE_NAMES = {"utils", "helpers", "manager", "service", "controller", "base", "common"}
# libav outside the rooms that open, cut or draw media files
AV_ALLOWED = {"source", "demo", "bench", "library", "streaming", "live"}


def top(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> list[tuple[ast.AST, str]]:
    found: list[tuple[ast.AST, str]] = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found += [(node, node.module or "")]
            if node.module == "mediaserver":
                found += [(node, f"mediaserver.{alias.name}") for alias in node.names]
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    here = top(path)
    if here == "__init__":
        return
    for _, name in imports(path):
        parts = name.split(".")
        if parts[0] != "mediaserver" or len(parts) < 2:
            _check_foreign(here, path, parts[0])
            continue
        there = parts[1]
        if there in {here, "__version__"}:
            continue
        assert FLOOR[there] < FLOOR[here], f"{path}: {here} may not import {there}"
        if there in ROOMS | {"db"}:
            assert len(parts) == 2, f"{path}: reaches into {there}; import from its face"


def _check_foreign(here: str, path: Path, name: str) -> None:
    if here in ROOMS | {"config", "db", "source", "fetch", "errors", "ids"} - {"fetch"}:
        assert name not in {"aiohttp", "jinja2", "aiohttp_jinja2"}, f"{path}: no HTTP in rooms"
    if name == "av":
        assert here in AV_ALLOWED, f"{path}: only media files import av"
    if name in {"sqlite3", "aiosqlite"}:
        assert here == "db", f"{path}: SQLite is opened in db/ only"
    if name in {"jinja2", "aiohttp_jinja2"}:
        assert here == "http", f"{path}: templates are rendered in http/ only"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_files_are_small_and_introduce_themselves(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree), f"{path}: begins with a paragraph on what it is for"
    assert text.count("\n") <= 500, f"{path}: over 500 lines"
    assert path.stem not in VAGUE_NAMES
    assert "TYPE_CHECKING" not in text
    assert "TODO" not in text
    if path.name == "__init__.py":
        kinds = (ast.Import, ast.ImportFrom, ast.Expr, ast.Assign, ast.AnnAssign)
        assert all(isinstance(node, kinds) for node in tree.body), f"{path}: a face holds no code"
    if path.name != "config.py":
        assert "os.environ" not in text, f"{path}: the environment is read in config.py only"
        assert "getenv(" not in text, f"{path}: the environment is read in config.py only"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_stand_at_the_top(path: Path) -> None:
    lines = path.read_text().splitlines()
    for node, name in imports(path):
        if getattr(node, "col_offset", 0):
            line = lines[getattr(node, "lineno", 1) - 1]
            assert "heavy optional extra" in line, f"{path}: {name} is imported inside a function"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_media_is_opened_for_reading_in_one_place(path: Path) -> None:
    """Writing to memory or to a file of our own is allowed; reading goes through source.py."""
    if path.name == "source.py":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "av.open":
            mode = [kw.value for kw in node.keywords if kw.arg == "mode"] + node.args[1:2]
            assert mode, f"{path}: av.open for reading belongs in source.py"
            assert ast.unparse(mode[0]) in {"'w'", '"w"'}, f"{path}: av.open for reading"
