"""What the scanner passes over: fixed names, .ignore, .plexignore and .nomedia (library.md §10)."""

import time

import pytest

from mediaserver.library import ignore_rules, is_ignored


@pytest.mark.parametrize(
    "path",
    [
        ".DS_Store",
        "._Film.mkv",
        "Film/.hidden.mkv",
        ".AppleDouble/Film.mkv",
        ".snapshots/daily/Film.mkv",
        ".zfs/Film.mkv",
        ".actors/First_Last.jpg",
        "@eaDir/Film.mkv",
        "a/b/@EADIR/Film.mkv",
        "eaDir/Film.mkv",
        "#recycle/Film.mkv",
        "@Recycle/Film.mkv",
        ".@__thumb/x.jpg",
        "$RECYCLE.BIN/Film.mkv",
        "System Volume Information/x",
        "lost+found/x",
        "metadata/Film.mkv",
        "extrafanart/Film.mkv",
        "Subs/Film.mkv",
        "Film.trickplay/1.jpg",
        "PS3_UPDATE/x.mkv",
        "TempRec/x.ts",
        "TempSBE/x.ts",
        "Thumbs.db",
        "small.jpg",
        "AlbumArt.jpg",
        "x.bts",
        "x.sync",
        "Film.mkv.part",
        "Film.mkv.!qB",
        "Film.mkv.crdownload",
        "~Film.mkv",
    ],
)
def test_droppings_are_ignored(path: str) -> None:
    assert is_ignored(path)


@pytest.mark.parametrize(
    "path",
    [
        "Film (2010)/Film.mkv",
        "metadata/S01E01.jpg",
        "extrafanart/1.jpg",
        "Subs/Film.en.srt",
        "sample.mkv",
        "Part.mkv",
        "Film.part.mkv",
        "",
        "/",
    ],
)
def test_everything_else_is_not(path: str) -> None:
    assert not is_ignored(path)


@pytest.mark.parametrize("folder", ["@eaDir", ".git", "a/.hidden/b", "Film.trickplay"])
def test_an_ignored_folder_is_not_walked(folder: str) -> None:
    assert is_ignored(folder, folder=True)


@pytest.mark.parametrize("folder", ["Subs", "metadata", "extrafanart", "Film", "small.jpg"])
def test_folders_of_pictures_and_subtitles_are_walked(folder: str) -> None:
    assert not is_ignored(folder, folder=True)


@pytest.mark.parametrize("text", ["", "\n \n", "# only a comment\n", "/\n", "\ufeff"])
def test_an_empty_ignore_file_means_everything(text: str) -> None:
    assert ignore_rules(text).ignores("Film.mkv")
    assert not ignore_rules(text, name=".plexignore").ignores("Film.mkv")


def test_nomedia_means_everything_whatever_it_holds() -> None:
    assert ignore_rules("*.txt", name=".nomedia").ignores("Film.mkv")


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.mkv", "Film.mkv"),
        ("*.mkv", "deep/down/Film.mkv"),
        ("*.MKV", "film.mkv"),
        ("Film.mkv", "deep/Film.mkv"),
        ("/Film.mkv", "Film.mkv"),
        ("deep/*.mkv", "deep/Film.mkv"),
        ("deep/", "deep/Film.mkv"),
        ("deep", "deep/er/Film.mkv"),
        ("**/x/Film.mkv", "a/b/x/Film.mkv"),
        ("**/x/Film.mkv", "x/Film.mkv"),
        ("a/**/b.mkv", "a/b.mkv"),
        ("a/**/b.mkv", "a/c/d/b.mkv"),
        ("a/**", "a/b/c"),
        ("Film?.mkv", "Film1.mkv"),
        ("Film[0-9].mkv", "Film1.mkv"),
        ("Film[!0-9].mkv", "Filma.mkv"),
        ("\\#1.mkv", "#1.mkv"),
        ("\\!1.mkv", "!1.mkv"),
        ("Film\\*.mkv", "Film*.mkv"),
        ("with space.mkv   ", "with space.mkv"),
        ("*\r", "Film.mkv"),
        ("caf\u00e9.mkv", "cafe\u0301.mkv"),
    ],
)
def test_patterns_that_fit(pattern: str, path: str) -> None:
    assert ignore_rules(pattern).ignores(path)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("*.mkv", "Film.mp4"),
        ("/Film.mkv", "deep/Film.mkv"),
        ("deep/*.mkv", "deep/er/Film.mkv"),
        ("deep/*.mkv", "x/deep/Film.mkv"),
        ("deep/", "deep"),
        ("a/**", "a"),
        ("Film?.mkv", "Film/.mkv"),
        ("Film[0-9].mkv", "Filma.mkv"),
        ("Film\\*.mkv", "Film1.mkv"),
        ("# Film.mkv\n*.txt", "# Film.mkv"),
        ("[", "x"),
    ],
)
def test_patterns_that_do_not_fit(pattern: str, path: str) -> None:
    assert not ignore_rules(pattern).ignores(path)


def test_the_last_pattern_that_fits_decides() -> None:
    rules = ignore_rules("*.mkv\n!Good.mkv\n")
    assert rules.ignores("Bad.mkv")
    assert not rules.ignores("Good.mkv")
    assert ignore_rules("!Good.mkv\n*.mkv\n").ignores("Good.mkv")


def test_a_file_in_an_ignored_folder_cannot_be_taken_back() -> None:
    assert ignore_rules("deep/\n!deep/Good.mkv\n").ignores("deep/Good.mkv")


def test_a_folder_pattern_fits_folders_only() -> None:
    rules = ignore_rules("extras/")
    assert rules.ignores("extras", folder=True)
    assert not rules.ignores("extras")


def test_a_hostile_pattern_takes_no_time() -> None:
    rules = ignore_rules("*a" * 60 + "b\n" + "**/" * 40 + "x/" * 20 + "y")
    began = time.perf_counter()
    assert not rules.ignores("/".join(["a" * 250] * 12))
    assert time.perf_counter() - began < 2.0
