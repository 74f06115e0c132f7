"""Third-party browser files are exactly those the manifest lists, each with its licence."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

VENDOR = Path(__file__).parents[1] / "web" / "static" / "vendor"
PACKAGES: list[dict[str, Any]] = json.loads((VENDOR / "manifest.json").read_text())
OWN = {"manifest.json", "README.md"}


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["package"])
def test_every_file_is_the_one_that_was_vendored(package: dict[str, Any]) -> None:
    for name, digest in package["files"].items():
        found = hashlib.sha256((VENDOR / name).read_bytes()).hexdigest()
        assert found == digest, f"{name} was edited, or vendored anew without its manifest"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package["package"])
def test_every_package_says_its_version_licence_and_purpose(package: dict[str, Any]) -> None:
    assert package["version"][0].isdigit()
    assert package["why"]
    licence = next(name for name in package["files"] if name.endswith("/LICENSE"))
    assert (VENDOR / licence).stat().st_size > 200, package["licence"]


def test_nothing_lies_there_that_the_manifest_does_not_list() -> None:
    listed = {name for package in PACKAGES for name in package["files"]}
    there = {str(path.relative_to(VENDOR)) for path in VENDOR.rglob("*") if path.is_file()}
    assert there - OWN == listed


def test_the_recipe_names_the_same_versions() -> None:
    recipe = (VENDOR.parents[1] / "vendor.mjs").read_text()
    for package in PACKAGES:
        assert f"name: '{package['package']}', version: '{package['version']}'" in recipe
