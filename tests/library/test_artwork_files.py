"""Pictures beside videos: whose poster, backdrop, logo or thumb they are (library.md §8)."""

import pytest

from mediaserver.library import Artwork, Entry, Identity, LibraryKind, identify_all

MOVIE = "Movie (2021)/Movie (2021).mkv"
EPISODE = "Show (2010)/Season 01/S01E03 Title.mkv"


def read(kind: LibraryKind, video: str, *pictures: str) -> Identity:
    entries = [Entry(video, 1000), *[Entry(path, 10) for path in pictures]]
    identity = identify_all(kind, entries)[video]
    assert isinstance(identity, Identity)
    return identity


@pytest.mark.parametrize(
    ("picture", "sort"),
    [
        ("Movie (2021).jpg", "poster"),
        ("Movie (2021)-poster.jpg", "poster"),
        ("movie (2021)-FOLDER.PNG", "poster"),
        ("poster.jpg", "poster"),
        ("folder.jpeg", "poster"),
        ("cover.webp", "poster"),
        ("default.tbn", "poster"),
        ("movie.gif", "poster"),
        ("poster.avif", "poster"),
        ("fanart.jpg", "backdrop"),
        ("fanart-1.jpg", "backdrop"),
        ("fanart3.jpg", "backdrop"),
        ("background.jpg", "backdrop"),
        ("background-2.jpg", "backdrop"),
        ("art.jpg", "backdrop"),
        ("extrafanart/anything.jpg", "backdrop"),
        ("backdrop.jpg", "backdrop"),
        ("backdrop1.jpg", "backdrop"),
        ("Movie (2021)-fanart.jpg", "backdrop"),
        ("logo.png", "logo"),
        ("clearlogo.png", "logo"),
        ("Movie (2021)-logo.png", "logo"),
        ("landscape.jpg", "thumb"),
        ("thumb.jpg", "thumb"),
    ],
)
def test_a_film_finds_its_pictures(picture: str, sort: str) -> None:
    path = f"Movie (2021)/{picture}"
    art = read(LibraryKind.MOVIES, MOVIE, path).art
    assert art == Artwork(**{sort: path})


@pytest.mark.parametrize(
    ("first", "second", "sort"),
    [
        ("Movie (2021).jpg", "poster.jpg", "poster"),
        ("Movie (2021)-cover.jpg", "poster.jpg", "poster"),
        ("poster.jpg", "folder.jpg", "poster"),
        ("poster.jpg", "poster.png", "poster"),
        ("fanart.jpg", "fanart-1.jpg", "backdrop"),
        ("fanart.jpg", "backdrop.jpg", "backdrop"),
        ("extrafanart/x.jpg", "backdrop.jpg", "backdrop"),
        ("logo.png", "clearlogo.png", "logo"),
        ("landscape.jpg", "thumb.jpg", "thumb"),
    ],
)
def test_the_first_name_in_the_list_wins(first: str, second: str, sort: str) -> None:
    paths = [f"Movie (2021)/{name}" for name in (second, first)]
    assert getattr(read(LibraryKind.MOVIES, MOVIE, *paths).art, sort) == paths[1]


@pytest.mark.parametrize("picture", ["poster.svg", "poster.txt", "fanart-4.jpg", "clearart.png"])
def test_other_files_are_no_pictures_of_these(picture: str) -> None:
    assert read(LibraryKind.MOVIES, MOVIE, f"Movie (2021)/{picture}").art == Artwork()


def test_an_empty_picture_is_passed_over() -> None:
    entries = [Entry(MOVIE, 1000), Entry("Movie (2021)/poster.jpg", 0)]
    entries.append(Entry("Movie (2021)/folder.jpg", 10))
    identity = identify_all(LibraryKind.MOVIES, entries)[MOVIE]
    assert isinstance(identity, Identity)
    assert identity.art.poster == "Movie (2021)/folder.jpg"


def test_in_a_folder_of_several_films_only_their_own_names_count() -> None:
    entries = [
        Entry(f"Action/{name}", 10) for name in ("A.mkv", "B.mkv", "poster.jpg", "B-poster.jpg")
    ]
    found = identify_all(LibraryKind.MOVIES, entries)
    posters = [i.art.poster for i in found.values() if isinstance(i, Identity)]
    assert posters == [None, "Action/B-poster.jpg"]


def test_a_poster_in_the_root_is_no_films() -> None:
    assert read(LibraryKind.MOVIES, "Flat (2001).mkv", "poster.jpg").art == Artwork()


@pytest.mark.parametrize(
    "picture", ["S01E03 Title.jpg", "S01E03 Title-thumb.jpg", "metadata/S01E03 Title.jpg"]
)
def test_an_episode_has_a_still(picture: str) -> None:
    path = f"Show (2010)/Season 01/{picture}"
    assert read(LibraryKind.SHOWS, EPISODE, path).art == Artwork(thumb=path)


def test_a_poster_in_the_season_folder_is_the_seasons() -> None:
    path = "Show (2010)/Season 01/poster.jpg"
    identity = read(LibraryKind.SHOWS, EPISODE, path)
    assert identity.season_art == Artwork(poster=path)
    assert identity.art == identity.series_art == Artwork()


@pytest.mark.parametrize("name", ["poster", "folder", "show", "Show (2010)"])
def test_a_poster_in_the_top_folder_is_the_shows(name: str) -> None:
    path = f"Show (2010)/{name}.jpg"
    identity = read(LibraryKind.SHOWS, EPISODE, path)
    assert identity.series_art == Artwork(poster=path)
    assert identity.season_art == Artwork()


@pytest.mark.parametrize(
    ("name", "sort"),
    [
        ("season01-poster", "poster"),
        ("season1-poster", "poster"),
        ("season-all-poster", "poster"),
        ("season01-fanart", "backdrop"),
        ("season01-landscape", "thumb"),
    ],
)
def test_season_pictures_may_lie_in_the_top_folder(name: str, sort: str) -> None:
    path = f"Show (2010)/{name}.jpg"
    assert read(LibraryKind.SHOWS, EPISODE, path).season_art == Artwork(**{sort: path})


def test_specials_have_a_poster_of_their_own() -> None:
    video, path = "Show/Specials/S00E01.mkv", "Show/season-specials-poster.jpg"
    identity = read(LibraryKind.SHOWS, video, path, "Show/season01-poster.jpg")
    assert identity.season_art == Artwork(poster=path)


def test_the_season_folder_is_asked_before_the_top_folder() -> None:
    near, far = "Show (2010)/Season 01/poster.jpg", "Show (2010)/season01-poster.jpg"
    assert read(LibraryKind.SHOWS, EPISODE, far, near).season_art.poster == near


def test_a_home_video_wears_only_its_own_picture() -> None:
    video = "2018/party.mp4"
    identity = read(LibraryKind.HOMEVIDEOS, video, "2018/poster.jpg", "2018/party-poster.jpg")
    assert identity.art == Artwork(poster="2018/party-poster.jpg")
    assert read(LibraryKind.HOMEVIDEOS, video, "2018/party.jpg").art.poster == "2018/party.jpg"
