"""Subtitle files beside videos: whose they are and what their names say (library.md §7)."""

import pytest

from mediaserver.library import Entry, SubtitleTrack, external_subtitles
from mediaserver.library.languages import language_code
from mediaserver.library.sidecars import NameTags, name_tags


@pytest.mark.parametrize(
    ("rest", "tags"),
    [
        ("", NameTags()),
        (".en", NameTags("eng")),
        (".default.en.forced", NameTags("eng", default=True, forced=True)),
        (".en.sdh", NameTags("eng", hearing_impaired=True)),
        (".cc.en", NameTags("eng", hearing_impaired=True)),
        (".en.hi", NameTags("eng", hearing_impaired=True)),
        (".hi.en", NameTags("eng", hearing_impaired=True)),
        (".hi", NameTags("hin")),
        (".hi.forced", NameTags("hin", forced=True)),
        (".forced.en", NameTags("eng", forced=True)),
        (".foreign.de", NameTags("deu", forced=True)),
        (".English Commentary.en", NameTags("eng", "English Commentary")),
        (".commentary.ja", NameTags("jpn", "commentary")),
        (".fr.en", NameTags("eng", "fr")),
        (".EN.SDH", NameTags("eng", hearing_impaired=True)),
        (".en_us", NameTags("en-US")),
        (".pt-BR", NameTags("pt-BR")),
        (".zh-Hant.Signs", NameTags("zh-Hant", "Signs")),
        (".English", NameTags("eng")),
        (".deutsch.forced", NameTags("deu", forced=True)),
        (".日本語", NameTags("jpn")),
        (".English (SDH)", NameTags("eng", hearing_impaired=True)),
        (".en-forced", NameTags("eng", forced=True)),
        (".Directors.Notes.en", NameTags("eng", "Directors Notes")),
        (".two", NameTags(None, "two")),
        ("..en", NameTags("eng")),
    ],
)
def test_the_rest_of_the_name_is_read_from_right_to_left(rest: str, tags: NameTags) -> None:
    assert name_tags(rest) == tags


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("en", "eng"),
        ("eng", "eng"),
        ("ger", "deu"),
        ("DEU", "deu"),
        ("fre", "fra"),
        ("French", "fra"),
        ("français", "fra"),
        ("franc\u0327ais", "fra"),
        ("русский", "rus"),
        ("es-419", "es-419"),
        ("zh_Hans_CN", "zh-Hans-CN"),
        ("brazilian portuguese", "por"),
        ("Brazilian_Portuguese", "por"),
        ("xx", None),
        ("", None),
        ("1080p", None),
        ("-", None),
    ],
)
def test_languages_are_known_by_code_and_name(word: str, code: str | None) -> None:
    assert language_code(word) == code


def found(*paths: str, size: int = 10) -> dict[str, tuple[SubtitleTrack, ...]]:
    return external_subtitles([Entry(path, size) for path in paths])


@pytest.mark.parametrize(
    ("name", "codec", "text"),
    [
        ("Film.srt", "subrip", True),
        ("Film.en.ass", "ass", True),
        ("Film.ssa", "ass", True),
        ("Film.VTT", "webvtt", True),
        ("Film.sub", "microdvd", True),
        ("Film.sup", "hdmv_pgs_subtitle", False),
        ("Film.smi", "sami", True),
        ("Film.sami", "sami", True),
        ("Film.mks", "matroska", True),
        ("Film.ttml", "ttml", True),
    ],
)
def test_the_extension_tells_the_codec(name: str, codec: str, text: bool) -> None:
    (track,) = found("a/Film.mkv", f"a/{name}")["a/Film.mkv"]
    assert (track.index, track.codec, track.text, track.path) == (-1, codec, text, f"a/{name}")


def test_a_vobsub_pair_is_one_track_of_pictures() -> None:
    (track,) = found("Film.mkv", "Film.en.idx", "Film.en.sub")["Film.mkv"]
    assert (track.codec, track.text, track.language) == ("dvd_subtitle", False, "eng")
    assert track.path == "Film.en.idx"


def test_an_index_without_its_data_is_nothing() -> None:
    assert found("Film.mkv", "Film.idx") == {}


@pytest.mark.parametrize(
    "other",
    [
        "Films.srt",
        "Film 2.srt",
        "Film-en.srt",
        "b/Film.srt",
        "Film.txt",
        "Film.jpg",
        "Other/Film.srt",
    ],
)
def test_other_names_are_not_this_films(other: str) -> None:
    assert found("Film.mkv", other) == {}


def test_the_longest_name_that_fits_wins() -> None:
    tracks = found("Film.mkv", "Film.Part.mkv", "Film.Part.en.srt", "Film.de.srt")
    assert [t.path for t in tracks["Film.Part.mkv"]] == ["Film.Part.en.srt"]
    assert [t.path for t in tracks["Film.mkv"]] == ["Film.de.srt"]


def test_two_videos_of_one_name_share_their_subtitles() -> None:
    assert set(found("Film.mkv", "Film.mp4", "Film.en.srt")) == {"Film.mkv", "Film.mp4"}


def test_spelling_and_case_do_not_matter() -> None:
    (track,) = found("Ame\u0301lie.mkv", "AMÉLIE.EN.srt")["Ame\u0301lie.mkv"]
    assert track.language == "eng"


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("Subs/Film.en.srt", "eng"),
        ("Subtitles/film.de.srt", "deu"),
        ("subs/2_English.srt", "eng"),
        ("Subs/Film/3_French.srt", "fra"),
    ],
)
def test_a_subs_folder_counts_too(path: str, language: str) -> None:
    (track,) = found("x/Film.mkv", f"x/{path}")["x/Film.mkv"]
    assert track.language == language


def test_a_subs_folder_of_several_videos_needs_their_names() -> None:
    tracks = found("a.mkv", "b.mkv", "Subs/2_English.srt", "Subs/b.srt", "Subs/a/2_German.srt")
    assert [t.path for t in tracks["a.mkv"]] == ["Subs/a/2_German.srt"]
    assert [t.path for t in tracks["b.mkv"]] == ["Subs/b.srt"]


def test_flags_do_not_count_for_containers_of_many_streams() -> None:
    (track,) = found("Film.mkv", "Film.en.forced.default.mks")["Film.mkv"]
    assert (track.language, track.forced, track.default) == ("eng", False, False)


def test_empty_files_are_no_subtitles() -> None:
    assert found("Film.mkv", "Film.srt", size=0) == {}


def test_the_default_track_stands_first() -> None:
    tracks = found("Film.mkv", "Film.aa.srt", "Film.en.default.srt")["Film.mkv"]
    assert [track.default for track in tracks] == [True, False]
