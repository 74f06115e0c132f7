"""Naming as a whole: every video gets an answer, whatever it is called, and soon."""

import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediaserver.library import (
    Entry,
    Identity,
    LibraryKind,
    external_subtitles,
    identify_all,
    ignore_rules,
    is_ignored,
    is_video,
    never_opened,
    version_order,
)

PIECES = [
    "S01E02", "1x02", "-", " - ", ".", "_", " ", "(2010)", "2010", "[", "]", "(", ")", "{", "}",
    "part", "cd1", "1080p", "trailer", "-sample", "Season", "Specials", "Extras", "[tmdbid-1]",
    "{edition-x}", "VIDEO_TS", "BDMV", "tt1234567", "٣", "²", "é", "e\u0301", "ß", "İ", "ﬁ", "中",
    "\udcff", "\n", "\0", "~", "99999999999999999999", "..", "/", "Ep", "E", "x", "00",
]  # fmt: skip
NAMES = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=6)), max_size=8).map("".join)
ENDINGS = st.sampled_from([".mkv", ".MP4", ".srt", ".jpg", ".idx", ".sub", "", ".", ".iso"])
PATHS = st.lists(st.builds("{}{}".format, NAMES, ENDINGS), min_size=1, max_size=4).map("/".join)
TREES = st.lists(st.builds(Entry, PATHS, st.integers(-1, 3)), max_size=8)


@settings(max_examples=400, deadline=None)
@given(TREES, st.sampled_from(LibraryKind))
def test_every_video_gets_an_answer_whatever_it_is_called(
    tree: list[Entry], kind: LibraryKind
) -> None:
    found = identify_all(kind, tree)
    assert set(found) == {e.path for e in tree if is_video(e.path.rpartition("/")[2])}
    for identity in found.values():
        if isinstance(identity, Identity):
            assert identity.title
            assert identity.rule
            assert 0 < identity.confidence <= 1
    assert set(external_subtitles(tree)) <= set(found)
    assert sorted(found, key=version_order) is not None


@settings(max_examples=200, deadline=None)
@given(st.text(), PATHS)
def test_any_ignore_file_can_be_read(text: str, path: str) -> None:
    rules = ignore_rules(text)
    assert rules.ignores(path) in {True, False}
    assert is_ignored(path) in {True, False}


@pytest.mark.parametrize("kind", LibraryKind)
def test_an_empty_library_is_empty(kind: LibraryKind) -> None:
    assert identify_all(kind, []) == {}


@pytest.mark.parametrize("kind", LibraryKind)
def test_the_order_of_the_tree_does_not_matter(kind: LibraryKind) -> None:
    tree = [
        Entry(path, 5)
        for path in (
            "Show.Name.S02.720p-G/show.name.s02e01.mkv",
            "Show Name/Season 1/Show Name S01E01.mkv",
            "Show Name/Season 1/Show Name S01E01 1080p.mkv",
            "Show Name/poster.jpg",
            "A (2001)/A (2001)-cd2.avi",
            "A (2001)/A (2001)-cd1.avi",
            "A (2001)/Extras/x.mkv",
        )
    ]
    assert identify_all(kind, tree) == identify_all(kind, tree[::-1])


@pytest.mark.parametrize("name", ["Film.iso", "Film.strm", "Film.ISO"])
def test_disc_images_and_links_are_listed_and_never_opened(name: str) -> None:
    assert is_video(name)
    assert never_opened(name)
    assert name in identify_all(LibraryKind.MOVIES, [Entry(name, 5)])


@pytest.mark.parametrize("name", ["Film.mkv", "x.M2TS", "a.b.webm", "x.dvr-ms"])
def test_videos_are_known_by_their_extension(name: str) -> None:
    assert is_video(name)
    assert never_opened(name) is None


@pytest.mark.parametrize("name", ["Film", ".mkv", "Film.mkv.nfo", "Film.", "", "Film.mp3"])
def test_other_files_are_no_videos(name: str) -> None:
    assert not is_video(name)


def library_of(films: int, shows: int) -> tuple[list[Entry], list[Entry]]:
    movies = [
        Entry(f"Film {n} (19{n % 90 + 10})/Film {n} (19{n % 90 + 10}){rest}", 100)
        for n in range(films)
        for rest in (" - 1080p.mkv", " - 2160p.mkv", ".en.srt", "-poster.jpg", "-trailer.mp4")
    ]
    episodes = [
        Entry(f"Show {s}/Season {n // 20 + 1:02}/Show {s} S01E{n:02} Title.1080p{rest}", 100)
        for s in range(shows)
        for n in range(50)
        for rest in (".mkv", ".en.srt", "-thumb.jpg")
    ]
    return movies, episodes


def calls_for(kind: LibraryKind, tree: list[Entry]) -> int:
    """Function calls made: steadier than seconds on a machine that is busy."""
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in {"call", "c_call"}

    sys.setprofile(count)
    try:
        identify_all(kind, tree)
        external_subtitles(tree)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("shape", ["movies", "shows", "one folder", "one show", "flat parts"])
def test_work_grows_with_the_number_of_files_and_not_faster(shape: str) -> None:
    def tree(size: int) -> tuple[LibraryKind, list[Entry]]:
        if shape == "movies":
            return LibraryKind.MOVIES, library_of(size // 5, 0)[0]
        if shape == "shows":
            return LibraryKind.SHOWS, library_of(0, size // 150)[1]
        if shape == "one show":
            return LibraryKind.SHOWS, [Entry(f"Show/Show - {n}.mkv", 5) for n in range(size)]
        if shape == "one folder":
            return LibraryKind.MOVIES, [Entry(f"Films/Film {n}.mkv", 5) for n in range(size)]
        return LibraryKind.MOVIES, [Entry(f"Film part {n}.mkv", 5) for n in range(size)]

    calls_for(*tree(500))
    small, large = calls_for(*tree(500)), calls_for(*tree(4000))
    assert large < small * 8 * 1.5


def test_naming_touches_no_disk() -> None:
    here = Path(__file__).parents[2] / "mediaserver" / "library"
    for name in ("naming", "movie_folders", "show_folders", "sidecars", "artwork_files", "ignore"):
        text = (here / f"{name}.py").read_text()
        assert "import os" not in text
        assert "pathlib" not in text
