"""A machine that has every tool must not pass by leaving tests out."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SKIPPING = """
import pytest

def test_with_a_missing_tool():
    pytest.skip("no such tool here")

@pytest.mark.skipif(True, reason="no other tool either")
def test_that_is_marked():
    pass

def test_of_films_that_may_be_absent():
    pytest.skip("no shared media on this machine")

@pytest.mark.xfail(reason="known")
def test_that_is_expected_to_fail():
    assert False
"""


def outcome(folder: Path, require: str, text: str = SKIPPING) -> str:
    (folder / "test_leaves_out.py").write_text(text)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--rootdir", str(folder),
         "-c", os.devnull, "-p", "no:cacheprovider", "-rA", str(folder)],
        env={**os.environ, "MEDIASERVER_TESTS_REQUIRE_ALL": require}, cwd=ROOT,
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    return done.stdout + done.stderr


def test_skips_are_allowed_where_tools_may_be_missing(tmp_path: Path) -> None:
    assert "3 skipped, 1 xfailed" in outcome(tmp_path, "")


def test_a_skip_fails_with_its_reason_where_every_tool_is_installed(tmp_path: Path) -> None:
    said = outcome(tmp_path, "1")
    assert "1 failed, 1 skipped, 1 xfailed, 1 error" in said
    assert "allows no skip: Skipped: no such tool here" in said
    assert "allows no skip: Skipped: no other tool either" in said


def test_a_whole_file_that_leaves_itself_out_fails_too(tmp_path: Path) -> None:
    text = 'import pytest\npytest.skip("no tool for all of this", allow_module_level=True)\n'
    said = outcome(tmp_path, "1", text)
    assert "1 error" in said
    assert "no tool for all of this" in said


@pytest.mark.parametrize("line", ["make test", "make test-long"])
def test_the_recipe_runs_what_the_readme_says(line: str) -> None:
    recipe = (ROOT / ".ci" / "run").read_text().splitlines()
    assert line in recipe
    assert line in (ROOT / "README.md").read_text()
