"""Titles, years, versions and parts of films, read from names (library.md §§1–4, 11)."""

import pytest

from mediaserver.library import Entry, Identity, Ignored, LibraryKind, identify_all, version_order
from mediaserver.library.movie_names import movie_name, version_label

TITLES = [
    # M1, every example of the convention
    ("300 (2006)", "300", 2006),
    ("The Wolf of Wall Street 2001 (2013)", "The Wolf of Wall Street 2001", 2013),
    ("300 2001 (2006)", "300 2001", 2006),
    ("Super movie(2009)", "Super movie", 2009),
    ("Drug War 2013", "Drug War", 2013),
    ("Maximum Ride - 2016 - WEBDL-1080p", "Maximum Ride", 2016),
    ("1917 (2019)", "1917", 2019),
    ("2001 A Space Odyssey (1968)", "2001 A Space Odyssey", 1968),
    ("My Movie 2013.12.09", "My Movie 2013.12.09", None),
    ("[rec]", "[rec]", None),
    # years
    ("2012", "2012", None),
    ("2012 (2009)", "2012", 2009),
    ("Blade.Runner.2049.2017.1080p.WEB-DL.DD5.1.H.264-GRP", "Blade Runner 2049", 2017),
    ("(2019) Parasite", "Parasite", 2019),
    ("[REC] 2 (2009)", "[REC] 2", 2009),
    ("Movie [2011]", "Movie", 2011),
    ("Holiday 24.12.2015", "Holiday 24.12.2015", None),
    ("Amélie (2001)", "Amélie", 2001),
    ("Ame\u0301lie (2001)", "Amélie", 2001),
    ("千と千尋の神隠し (2001)", "千と千尋の神隠し", 2001),
    # M2, release names
    ("Arrival.2016.2160p.Blu-Ray.HEVC", "Arrival", 2016),
    ("The.Matrix.1999.REMASTERED.1080p.BluRay.x265.10bit-GRP", "The Matrix", 1999),
    ("Movie.LIMITED.1080p.BluRay", "Movie", None),
    ("Some_Film_DVDRip_XviD", "Some Film", None),
    ("Film.Name.UNRATED.720p", "Film Name", None),
    ("[YTS.MX] Foo Bar (2010)", "Foo Bar", 2010),
    ("Movie [1080p] [x265]", "Movie", None),
    ("Movie - 1080p", "Movie", None),
    ("1984.1080p", "1984", None),
    ("Dune.Part.Two.2024.2160p.WEB-DL.DV.HDR10", "Dune Part Two", 2024),
    ("Thunderbolt.WS.NTSC.DVDR", "Thunderbolt", None),
    ("S.W.A.T.2003.720p", "S.W.A.T.", 2003),
    ("The.Man.from.U.N.C.L.E.2015.1080p", "The Man from U.N.C.L.E.", 2015),
    ("Mr. Nobody (2009)", "Mr. Nobody", 2009),
    ("Monsters, Inc. (2001)", "Monsters, Inc.", 2001),
    ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
    ("Fahrenheit 9-11 (2004)", "Fahrenheit 9-11", 2004),
    ("1408.2007.DC.1080p", "1408", 2007),
    ("The.English.Patient.1996", "The English Patient", 1996),
    ("Das.Leben.der.Anderen.2006.German.DL.1080p.BluRay.x264-GRP", "Das Leben der Anderen", 2006),
    ("Mad Max Fury Road (2015) [1080p] [BluRay] [5.1] [YTS.MX]", "Mad Max Fury Road", 2015),
    ("Star Wars Episode IV - A New Hope (1977)", "Star Wars Episode IV - A New Hope", 1977),
    ("V for Vendetta", "V for Vendetta", None),
    ("Up", "Up", None),
    # words that are release tags elsewhere and title words here
    ("Uncut Gems (2019)", "Uncut Gems", 2019),
    ("Extended Family (2010)", "Extended Family", 2010),
    ("The Limited", "The Limited", None),
    ("Multi Story (1990)", "Multi Story", 1990),
    # §11, 3D
    ("Gravity.3D.HSBS.1080p", "Gravity", None),
    ("Gravity (2013) 3D.sbs", "Gravity", 2013),
    ("Gravity-3d-htab", "Gravity", None),
    ("Gravity.hsbs", "Gravity", None),
    ("Step Up 3D (2010)", "Step Up 3D", 2010),
]


@pytest.mark.parametrize(("name", "title", "year"), TITLES)
def test_a_name_tells_title_and_year(name: str, title: str, year: int | None) -> None:
    read = movie_name(name)
    assert (read.title, read.year) == (title, year)


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("Movie (2021) [tmdbid-12345]", {"tmdb": "12345"}),
        ("Movie (2021) [imdbid-tt1234567]", {"imdb": "tt1234567"}),
        ("Movie (2021) (tvdbid=79168)", {"tvdb": "79168"}),
        ("Movie (2021) {tmdb-12345}", {"tmdb": "12345"}),
        ("Movie (2021) {IMDB=tt7654321}[tmdbid-9]", {"imdb": "tt7654321", "tmdb": "9"}),
        ("Movie (2021) tt1234567", {"imdb": "tt1234567"}),
        ("Movie (2021) (tt12345678)", {"imdb": "tt12345678"}),
        ("Movie (2021) att1234567", {}),
    ],
)
def test_id_tags_are_read_and_leave_the_title(name: str, ids: dict[str, str]) -> None:
    read = movie_name(name)
    assert read.ids == ids
    assert (read.title, read.year) == ("Movie", 2021)


@pytest.mark.parametrize(
    ("folder", "name", "label"),
    [
        ("Iron Man", "Iron Man", ""),
        ("Iron Man", "Iron Man-720p", "720p"),
        ("Iron Man", "Iron Man[test]", "test"),
        ("Movie (2021)", "Movie (2021) - 2160p", "2160p"),
        ("Movie (2021)", "Movie (2021) - Directors Cut", "Directors Cut"),
        ("Movie (2021)", "Movie (2021) - [Directors Cut]", "Directors Cut"),
        ("Movie (2021)", "movie (2021).final", "final"),
        ("Movie (2021)", "Movie (2021)_final", "final"),
        ("Movie (2021)", "Movie (2021) 1080p BluRay", "1080p BluRay"),
        ("Movie (2021) [tmdbid-1]", "Movie (2021) - 4K", "4K"),
        ("Movie (2021)", "Movie (2021) {edition-Director's Cut}", "Director's Cut"),
        ("Ame\u0301lie", "AMÉLIE - 4K", "4K"),
        ("Movie", "Movie 1", None),
        ("Movie", "Movies - 1080p", None),
        ("Alien", "Alien.3", None),
        ("Movie (2021)", "Other (2021)", None),
    ],
)
def test_a_version_is_called_like_its_folder(folder: str, name: str, label: str | None) -> None:
    assert version_label(folder, name) == label


def films(*paths: str) -> dict[str, Identity | Ignored]:
    return identify_all(LibraryKind.MOVIES, [Entry(path, 1000) for path in paths])


def film(found: dict[str, Identity | Ignored], path: str) -> Identity:
    identity = found[path]
    assert isinstance(identity, Identity)
    return identity


def keys(found: dict[str, Identity | Ignored]) -> set[str]:
    return {i.key for i in found.values() if isinstance(i, Identity) and i.kind == "movie"}


def test_a_folder_with_one_video_is_that_film_named_by_the_folder() -> None:
    path = "Blade Runner (1982) [tmdbid-78]/br.1080p.mkv"
    identity = film(films(path), path)
    assert (identity.title, identity.year, identity.rule) == ("Blade Runner", 1982, "M3")
    assert identity.key == "movie:Blade Runner (1982) [tmdbid-78]"
    assert identity.provider_ids == {"tmdb": "78"}
    assert identity.version == "1080p"


def test_an_id_in_the_file_name_beats_one_in_the_folder_name() -> None:
    path = "Movie (2021) [tmdbid-1]/Movie (2021) [tmdbid-2].mkv"
    assert film(films(path), path).provider_ids == {"tmdb": "2"}


def test_a_folder_without_year_or_id_leaves_the_name_to_the_file() -> None:
    first, second = "Action/Die Hard (1988).mkv", "Action/Speed (1994).mkv"
    alone = film(films(first), first)
    assert (alone.title, alone.year, alone.rule) == ("Die Hard", 1988, "M3")
    both = films(first, second)
    assert film(both, second).title == "Speed"
    assert film(both, first).rule == "M4"
    assert film(both, first).key == alone.key, "a new neighbour must not make it another item"


def test_flat_files_are_films_of_their_own() -> None:
    found = films("Arrival.2016.2160p.Blu-Ray.HEVC.mkv", "300 (2006).mkv", "300 (2006) - 4K.mkv")
    assert len(keys(found)) == 3


@pytest.mark.parametrize(
    "names",
    [
        ["Iron Man/Iron Man.mkv", "Iron Man/Iron Man-720p.mkv", "Iron Man/Iron Man[test].mkv"],
        [
            "Movie (2021)/Movie (2021) - 2160p.mkv",
            "Movie (2021)/Movie (2021) - Directors Cut.mkv",
            "Movie (2021)/Movie (2021) - [Directors Cut].mp4",
        ],
        ["A (2001)/A.2001.1080p.BluRay.mkv", "A (2001)/a.2001.2160p.WEB-DL.mkv"],
    ],
)
def test_versions_of_one_film_share_its_key(names: list[str]) -> None:
    found = films(*names)
    assert len(found) == len(names)
    assert len(keys(found)) == 1


def test_numbered_films_in_one_folder_are_films_of_their_own() -> None:
    names = [f"Movie/Movie {number}.mkv" for number in range(1, 8)]
    assert len(keys(films(*names))) == 7


def test_one_file_that_does_not_fit_keeps_all_apart() -> None:
    names = ["Iron Man/Iron Man.mkv", "Iron Man/Iron Man-720p.mkv", "Iron Man/Hulk.mkv"]
    assert len(keys(films(*names))) == 3


def test_different_years_are_different_films() -> None:
    assert len(keys(films("Dune/Dune.1984.mkv", "Dune/Dune.2021.mkv"))) == 2


def test_an_edition_is_a_version_with_its_label() -> None:
    path = "Movie (2021)/Movie (2021) {edition-Director's Cut}.mkv"
    found = films("Movie (2021)/Movie (2021).mkv", path)
    assert len(keys(found)) == 1
    assert film(found, path).version == film(found, path).edition == "Director's Cut"


def test_the_highest_resolution_comes_first_after_the_plain_file() -> None:
    names = [
        "M/M - 1080p.mkv",
        "M/M - 2160p.mkv",
        "M/M - 360p.mkv",
        "M/M - b10.mkv",
        "M/M - b2.mkv",
    ]
    order = [path[6:-4] for path in sorted(names, key=version_order)]
    assert order == ["2160p", "1080p", "360p", "b2", "b10"]
    assert min([*names, "M/M.mkv"], key=version_order) == "M/M.mkv"


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Name-cd1", "Name-cd2"),
        ("Name part 1", "Name part 2"),
        ("Name.pt.1", "Name.pt.2"),
        ("Name disc a", "Name disc b"),
        ("Name_disk_1", "Name_disk_2"),
        ("Name dvd1", "Name DVD2"),
        ("Name (part 1)", "Name (part 2)"),
        ("Name (2001)cd1", "Name (2001)cd2"),
        ("Name part 1 720p", "Name part 2 720p"),
    ],
)
def test_parts_are_one_film(first: str, second: str) -> None:
    found = films(f"{first}.avi", f"{second}.avi")
    one, two = film(found, f"{first}.avi"), film(found, f"{second}.avi")
    assert one.key == two.key
    assert (one.part, two.part) == (1, 2)
    assert one.title == "Name"


@pytest.mark.parametrize(
    "names",
    [
        ["Harry Potter 7 Part 1 (2010).mkv", "Harry Potter 7 Part 2 (2011).mkv"],
        ["Name part 1.mkv", "Name part 2.avi"],
        ["Name part 1.mkv", "Name part a.mkv"],
        ["Compartment 1.mkv", "Compartment 2.mkv"],
    ],
)
def test_names_that_differ_elsewhere_are_no_parts(names: list[str]) -> None:
    found = films(*names)
    assert len(keys(found)) == 2
    assert all(film(found, name).part is None for name in names)


def test_a_lone_part_is_a_film() -> None:
    path = "Harry Potter and the Deathly Hallows Part 1 (2010).mkv"
    identity = film(films(path), path)
    assert identity.title == "Harry Potter and the Deathly Hallows Part 1"
    assert identity.part is None


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("300 (2006)/300 (2006)-trailer.mp4", "trailer"),
        ("300 (2006)/300 (2006).trailer.mp4", "trailer"),
        ("300 (2006)/300 (2006)_trailer.mp4", "trailer"),
        ("300 (2006)/300 (2006) trailer.mp4", "trailer"),
        ("300 (2006)/300 (2006) - trailer.mp4", "trailer"),
        ("300 (2006)/300-scene2.mp4", "scene"),
        ("300 (2006)/x-BehindTheScenes.mp4", "behind_the_scenes"),
        ("300 (2006)/x-deletedscene.mp4", "deleted_scene"),
        ("300 (2006)/trailer.mp4", "trailer"),
        ("300 (2006)/Trailers/one.mp4", "trailer"),
        ("300 (2006)/Behind The Scenes/one.mp4", "behind_the_scenes"),
        ("300 (2006)/Featurettes/Disc 2/one.mp4", "featurette"),
        ("300 (2006)/backdrops/one.mp4", "theme"),
    ],
)
def test_extras_belong_to_their_film(path: str, kind: str) -> None:
    found = films("300 (2006)/300 (2006).mkv", path)
    extra = film(found, path)
    assert (extra.kind, extra.extra_type) == ("extra", kind)
    assert extra.extra_of == film(found, "300 (2006)/300 (2006).mkv").key


@pytest.mark.parametrize(
    "path",
    [
        "I Live In A Trailer.mp4",
        "The DNA Sample.mp4",
        "stuff trailerthings.mkv",
        "Trailers/Trailers.mp4",
        "Trailer/Trailer.mp4",
        "Shorts/Presto (2008).mkv",
    ],
)
def test_titles_that_sound_like_extras_are_films(path: str) -> None:
    assert film(films(path), path).kind == "movie"


@pytest.mark.parametrize(
    "path",
    [
        "300 (2006)/sample.mkv",
        "300 (2006)/300-sample.mkv",
        "300 (2006)/300.sample.mkv",
        "300 (2006)/300.sample.720p.mkv",
        "300 (2006)/Sample/300.mkv",
        "300 (2006)/minta.avi",
    ],
)
def test_samples_are_ignored(path: str) -> None:
    found = films("300 (2006)/300 (2006).mkv", path)
    assert isinstance(found[path], Ignored)
    assert film(found, "300 (2006)/300 (2006).mkv").rule == "M3"


def test_a_folder_of_nothing_but_extras_holds_no_film() -> None:
    path = "300 (2006)/300-trailer.mp4"
    assert film(films(path), path).kind == "extra"


def test_a_dvd_folder_is_one_film_in_parts() -> None:
    disc = "Movie (2021) [imdbid-tt12801262]/VIDEO_TS"
    names = ["VIDEO_TS.IFO", "VIDEO_TS.VOB", "VTS_01_0.VOB", "VTS_01_1.VOB", "VTS_01_2.VOB"]
    found = films(*[f"{disc}/{name}" for name in names])
    one, two = film(found, f"{disc}/VTS_01_1.VOB"), film(found, f"{disc}/VTS_01_2.VOB")
    assert (one.title, one.year, one.part, two.part) == ("Movie", 2021, 1, 2)
    assert one.key == two.key
    assert one.provider_ids == {"imdb": "tt12801262"}
    assert isinstance(found[f"{disc}/VTS_01_0.VOB"], Ignored)


def test_a_bluray_folder_is_its_largest_stream() -> None:
    stream = "Film (2000)/BDMV/STREAM"
    entries = [Entry("Film (2000)/BDMV/index.bdmv", 10)]
    entries += [Entry(f"{stream}/0000{n}.m2ts", size) for n, size in enumerate([5, 900, 20])]
    found = identify_all(LibraryKind.MOVIES, entries)
    assert film(found, f"{stream}/00001.m2ts").title == "Film"
    assert isinstance(found[f"{stream}/00000.m2ts"], Ignored)


@pytest.mark.parametrize("name", ["sample", "trailer", "VID_20180324_101500", "Name part 1"])
def test_every_home_video_is_an_item_called_like_its_file(name: str) -> None:
    path = f"2018/{name}.mp4"
    identity = identify_all(LibraryKind.HOMEVIDEOS, [Entry(path, 5)])[path]
    assert isinstance(identity, Identity)
    assert (identity.kind, identity.title, identity.key) == ("video", name, f"video:{path}")
    assert identity.date == ("2018-03-24" if "2018" in name else None)
