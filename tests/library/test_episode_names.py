"""Shows, seasons and episodes, read from names and folders (library.md §5)."""

import pytest

from mediaserver.library import Entry, Identity, Ignored, LibraryKind, identify_all
from mediaserver.library.episode_names import Place, episode_name
from mediaserver.library.season_names import WORDS, season_name

# name, season, episode, end
FORMS = [
    ("S01E02", 1, 2, None),
    ("s01.e02", 1, 2, None),
    ("s01_e02", 1, 2, None),
    ("S01 - E02", 1, 2, None),
    ("S01xE02", 1, 2, None),
    ("S01EP02", 1, 2, None),
    ("1x02", 1, 2, None),
    ("[1x02]", 1, 2, None),
    ("01x02", 1, 2, None),
    ("Season 1 Episode 2", 1, 2, None),
    ("Staffel 1 Folge 2", 1, 2, None),
    ("S1 E2", 1, 2, None),
    ("Running Man S2017E368", 2017, 368, None),
    ("Show.Name.S01E02.Pilot.1080p.WEB-DL.DD5.1.H264-GRP", 1, 2, None),
    ("[Group] Show - S02E05 [1080p]", 2, 5, None),
    ("Episode 16", None, 16, None),
    ("ep01", None, 1, None),
    ("E07", None, 7, None),
    ("The.Legend.of.Something.2017.E07.1080p", None, 7, None),
    ("anything_102", 1, 2, None),
    ("show.102.hdtv", 1, 2, None),
    ("[Group] Name - 136 [720p]", None, 136, None),
    ("Name - 1234 [720p]", None, 1234, None),
    ("[Group][Name][04][1080p]", None, 4, None),
    ("[Group]_Name_-_05v2_[1080p]", None, 5, None),
    ("Name 1001", None, 1001, None),
    ("Log Horizon 2 - 03 [720p]", None, 3, None),
    # E2, more than one
    ("S01E23-E24-E26", 1, 23, 26),
    ("S01E01-E02", 1, 1, 2),
    ("S01E01-S01E02", 1, 1, 2),
    ("S01E01E02", 1, 1, 2),
    ("S01E01-02", 1, 1, 2),
    ("02x03-04-15", 2, 3, 15),
    ("02x03-x04-x15", 2, 3, 15),
    ("02x03 - 02x04", 2, 3, 4),
    ("02x03x04x15", 2, 3, 15),
    # guards
    ("s09e14-1080p", 9, 14, None),
    ("s09e14-720p", 9, 14, None),
    ("S01E05-x264", 1, 5, None),
    ("S01E05-10bit", 1, 5, None),
    ("S05E23 11-59", 5, 23, None),
    ("S01E01 1-23-45", 1, 1, None),
    ("S01E01 The 6-10 to Lubbock", 1, 1, None),
    ("S01E05-E03", 1, 5, None),
]


@pytest.mark.parametrize(("name", "season", "episode", "end"), FORMS)
def test_a_name_tells_its_number(
    name: str, season: int | None, episode: int, end: int | None
) -> None:
    read = episode_name(name, Place())
    assert read is not None
    assert (read.season, read.episode, read.episode_end) == (season, episode, end)


@pytest.mark.parametrize(
    ("name", "series", "season", "episode"),
    [
        ("02 - Title", "Show", 2, 2),
        ("02. Title", "Show", 2, 2),
        ("02", "Show", 2, 2),
        ("16 Some Title", "Show", 2, 16),
        ("7 - 12 Angry Men", "Show", 2, 7),
        ("02 - blah 14 blah", "Show", 2, 2),
        ("Episode 21 - 94 Meetings", "Show", 2, 21),
        ("Log Horizon 2 03", "Log Horizon 2", None, 3),
        ("Show (2010) - 03 - Foo", "Show", 1, 3),
        ("01 - Pilot", "Show", None, 1),
        ("Area 51 - 04", "Area 51", None, 4),
        ("Show 305", "Show", 3, 5),
        ("Show.Name.1923.S01E04", "Show Name", None, 4),
        ("90210 S01E02", "90210", 1, 2),
        ("11.22.63.S01E02.The.Kill.Floor", "11.22.63", 1, 2),
        ("3rd Rock from the Sun - 02x10", "3rd Rock from the Sun", 2, 10),
        ("Space 1999 - 05 - Foo", "Space 1999", 1, 5),
        ("Planet Earth II 03 Jungles", "Planet Earth II", 1, 3),
        ("[Erai-raws] Frieren - 12 [1080p][Multiple Subtitle][ABCDEF12]", "Frieren", 1, 12),
        ("One Piece - 1071 (1080p)", "One Piece", None, 1071),
        ("Chernobyl.Part.2.1080p", "Chernobyl", 1, 2),
    ],
)
def test_the_folder_says_what_a_bare_number_means(
    name: str, series: str, season: int | None, episode: int
) -> None:
    read = episode_name(name, Place(series, season))
    assert read is not None
    assert read.episode == episode


@pytest.mark.parametrize(
    ("name", "first", "last"), [("01-02 - blah", 1, 2), ("Ep03-04", 3, 4), ("E01-E03", 1, 3)]
)
def test_bare_numbers_make_runs_too(name: str, first: int, last: int) -> None:
    read = episode_name(name, Place("Show", 1))
    assert read is not None
    assert (read.episode, read.episode_end, read.rule) == (first, last, "E2")


@pytest.mark.parametrize(
    "name",
    [
        "Show 2018-03-24",
        "Show.2018.03.24.Guest.720p",
        "2018_03_24",
        "Show 2018 03 24",
        "Show 24.03.2018",
    ],
)
def test_daily_shows_are_known_by_their_day(name: str) -> None:
    read = episode_name(name, Place("Show"))
    assert read is not None
    assert (read.date, read.episode) == ("2018-03-24", None)


@pytest.mark.parametrize("name", ["Show 1920x1080", "Some Special", "2012 Foo", "", "Show 2019"])
def test_other_numbers_are_no_episodes(name: str) -> None:
    assert episode_name(name, Place("Show", 1)) is None


def test_an_impossible_day_is_no_date() -> None:
    read = episode_name("Show 2018-13-44", Place())
    assert read is None or read.date is None


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Series Name S01E03 Title", "Title"),
        ("Show.S01E02.Pilot.1080p.WEB-DL.DD5.1.H264-GRP", "Pilot"),
        ("Show - 1x02 - The Cut", "The Cut"),
        ("Show S01E02", None),
        ("Show.S01E02.1080p.x264", None),
        ("Show.S01E02.GERMAN.1080p.WEB", None),
        ("S01E01 The 6-10 to Lubbock", "The 6-10 to Lubbock"),
        ("S05E23 11-59", "11-59"),
        ("Show - S01E01-E02 - Long Night (1080p)", "Long Night"),
        ("[Group] Name - 05v2 - Tea [ABCD1234]", "Tea"),
        ("Show S02E03 - Mr. Robot's Café [tvdbid-7]", "Mr. Robot's Café"),
        ("02 - blah 14 blah", "blah 14 blah"),
        ("Attack on Titan S04E28 v2", None),
        ("24.S01E01.12AM-1AM", "12AM-1AM"),
        ("Friends.S10E17E18.The.Last.One.1080p", "The Last One"),
        ("Mini Part 3 Crossroads", "Crossroads"),
    ],
)
def test_what_follows_the_number_is_the_title(name: str, title: str | None) -> None:
    read = episode_name(name, Place("", 1))
    assert read is not None
    assert read.title == title


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("Season 1", 1),
        ("Season 01", 1),
        ("season 00", 0),
        ("S01", 1),
        ("S1", 1),
        ("2", 2),
        ("Series Name Season 2", 2),
        ("Series Name S02", 2),
        ("Season 2009", 2009),
        ("Season 7 (2016)", 7),
        ("3.Staffel", 3),
        ("2nd Season", 2),
        ("Series.Name.S04.1080p.WEB-DL-GRP", 4),
        ("Specials", 0),
        ("SPECIALS", 0),
    ],
)
def test_season_folders(name: str, number: int) -> None:
    season = season_name(name, "Series Name")
    assert season is not None
    assert season.number == number


@pytest.mark.parametrize("word", WORDS.split("|"))
def test_a_season_is_called_so_in_many_languages(word: str) -> None:
    for name in (f"{word} 3", f"{word.upper()} 03", f"{word.title()}3"):
        season = season_name(name, "Show")
        assert season is not None, name
        assert season.number == 3


@pytest.mark.parametrize(
    "name",
    [
        "s06e05",
        "Season (8)",
        "Episode 1 Season 2",
        "28 Days Later",
        "300 (2006)",
        "202401244070",
        "Seasons",
        "Season",
        "",
    ],
)
def test_folders_that_are_no_seasons(name: str) -> None:
    assert season_name(name, "Series Name") is None


def shows(*paths: str) -> dict[str, Identity | Ignored]:
    return identify_all(LibraryKind.SHOWS, [Entry(path, 1000) for path in paths])


def episode(found: dict[str, Identity | Ignored], path: str) -> Identity:
    identity = found[path]
    assert isinstance(identity, Identity)
    assert identity.kind == "episode"
    return identity


TOP = "Series Name (2010) [tvdbid-79168]"


@pytest.mark.parametrize(
    ("path", "season", "number", "title"),
    [
        ("Season 00/Series Name S00E01.mkv", 0, 1, "Episode 1"),
        ("Season 00/Some Special.mkv", 0, None, "Some Special"),
        ("Specials/Christmas.mkv", 0, None, "Christmas"),
        ("Season 01/S01E03 Title.mkv", 1, 3, "Title"),
        ("Season 01/Name.special.mkv", 0, None, "Name"),
        ("Season 2/7 - 12 Angry Men.mkv", 2, 7, "12 Angry Men"),
        ("Season 2/02 - blah 14 blah.mkv", 2, 2, "blah 14 blah"),
        ("Season 2/Episode 21 - 94 Meetings.mkv", 2, 21, "94 Meetings"),
        ("Season 2/Series Name S03E04.mkv", 3, 4, "Episode 4"),
        ("Series Name S02E05.mkv", 2, 5, "Episode 5"),
        ("Episode 5.mkv", 1, 5, "Episode 5"),
        ("Extras/Series Name S00E04.mkv", 0, 4, "Episode 4"),
        ("Season 3/Series.Name.S03E09.720p-GRP/abc123.mkv", 3, 9, "Episode 9"),
    ],
)
def test_an_episode_finds_its_show_and_season(
    path: str, season: int, number: int | None, title: str
) -> None:
    path = f"{TOP}/{path}"
    identity = episode(shows(path), path)
    assert (identity.series_title, identity.series_year) == ("Series Name", 2010)
    assert identity.series_key == f"show:{TOP}"
    assert identity.series_provider_ids == {"tvdb": "79168"}
    assert (identity.season, identity.episode, identity.title) == (season, number, title)


def test_a_run_of_episodes_is_one_entry() -> None:
    path = f"{TOP}/Season 01/Series Name S01E01-E02.mkv"
    identity = episode(shows(path), path)
    assert (identity.episode, identity.episode_end, identity.rule) == (1, 2, "E2")
    assert identity.key == f"episode:{TOP}:s01e01-e02"


def test_release_folders_of_one_show_come_together() -> None:
    paths = [
        "Show.Name.S01.1080p.WEB-GRP/Show.Name.S01E01.mkv",
        "Show.Name.S02.720p-OTHER/show.name.s02e01.mkv",
        "Show Name Season 3/01.mkv",
        "Show Name S05/1.mkv",
        "Show.Name.S04E01.mkv",
    ]
    found = shows(*paths)
    assert {episode(found, path).series_key for path in paths} == {"show:showname"}
    assert [episode(found, path).season for path in paths] == [1, 2, 3, 5, 4]
    joined = shows("Show Name/S01E09.mkv", *paths)
    assert {episode(joined, path).series_key for path in paths} == {"show:Show Name"}


def test_season_folders_in_the_root_leave_the_show_to_the_files() -> None:
    path = "Season 2/My Show - 2x03 - Title.mkv"
    identity = episode(shows(path), path)
    assert (identity.series_title, identity.season, identity.episode) == ("My Show", 2, 3)


def test_a_year_in_a_release_name_tells_two_shows_apart() -> None:
    old, new, other = "Show (1978)/S01E01.mkv", "Show (2004)/S01E01.mkv", "Show.1978.S02E01.mkv"
    found = shows(new, old, other, "Show.2004.S03.720p/x.S03E01.mkv")
    assert episode(found, other).series_key == "show:Show (1978)"
    newest = episode(found, "Show.2004.S03.720p/x.S03E01.mkv")
    assert newest.series_key == "show:Show (2004)"


@pytest.mark.parametrize("top", ["World Series 2004", "Space 1999", "24", "The 100", "1923"])
def test_numbers_in_the_name_of_a_show_stay(top: str) -> None:
    path = f"{top}/Season 1/S01E01.mkv"
    assert episode(shows(path), path).series_title == top


def test_files_with_one_number_are_versions() -> None:
    paths = [f"Show/Season 1/Show S01E01 {lines}.mkv" for lines in ("1080p", "720p")]
    found = shows(*paths)
    assert len({episode(found, path).key for path in paths}) == 1
    assert [episode(found, path).version for path in paths] == ["1080p", "720p"]


def test_files_of_one_day_are_versions() -> None:
    paths = ["Show/2018-03-24.mkv", "Show/Show.2018.03.24.720p.mkv"]
    found = shows(*paths)
    assert {episode(found, path).key for path in paths} == {"episode:Show:2018-03-24"}
    assert episode(found, paths[0]).season == 2018


def test_sub_episodes_are_not_versions_of_each_other() -> None:
    paths = ["Show/Season 1/S01E05a.mkv", "Show/Season 1/S01E05b.mkv", "Show/Season 1/S01E05.1.mkv"]
    found = shows(*paths)
    assert len({episode(found, path).key for path in paths}) == 3
    assert {episode(found, path).episode for path in paths} == {5}


def test_parts_of_an_episode_are_one() -> None:
    paths = ["Show/Season 1/S01E01-part-1.mkv", "Show/Season 1/S01E01-part-2.mkv"]
    found = shows(*paths)
    assert [episode(found, path).part for path in paths] == [1, 2]
    assert {episode(found, path).key for path in paths} == {"episode:Show:s01e01"}


def test_the_parts_of_a_miniseries_are_its_episodes() -> None:
    paths = ["Mini/Mini Part 1.mkv", "Mini/Mini Part 2.mkv"]
    found = shows(*paths)
    assert [episode(found, path).episode for path in paths] == [1, 2]
    assert [episode(found, path).part for path in paths] == [None, None]


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("Show/Extras/Making of.mkv", "extra"),
        ("Show/Trailers/Season 1.mkv", "trailer"),
        ("Show/Season 1/Featurettes/Costumes.mkv", "featurette"),
        ("Show/Season 1/S01E01-trailer.mkv", "trailer"),
        ("Show/Season 1/S01E01-behindthescenes.mkv", "behind_the_scenes"),
    ],
)
def test_extras_belong_to_their_show(path: str, kind: str) -> None:
    extra = shows("Show/Season 1/S01E01.mkv", path)[path]
    assert isinstance(extra, Identity)
    assert (extra.kind, extra.extra_type, extra.extra_of) == ("extra", kind, "show:Show")


def test_samples_of_episodes_are_ignored() -> None:
    path = "Show/Season 1/Sample/show.s01e01-sample.mkv"
    assert isinstance(shows(path)[path], Ignored)


def test_a_disc_called_like_an_episode_is_that_episode() -> None:
    disc = "Show/Season 1/Show S01E02/VIDEO_TS"
    found = shows(f"{disc}/VIDEO_TS.IFO", f"{disc}/VTS_01_1.VOB")
    identity = episode(found, f"{disc}/VTS_01_1.VOB")
    assert (identity.season, identity.episode) == (1, 2)
