"""What a multivariant playlist offers."""

from msgspec.structs import replace

from mediaserver.library import MediaInfo, SubtitleTrack
from mediaserver.streaming import Capabilities, Presentation
from mediaserver.streaming.choices import choose
from mediaserver.streaming.ladder import ladder
from mediaserver.streaming.levels import LEVELS, REFERENCES, h264_codec_string, h264_level
from mediaserver.streaming.models import AudioCapability, Choice, VideoCapability
from tests.streaming.films import (
    AAC,
    AAC_51,
    AC3,
    DTS,
    DVD,
    H264,
    HDR_4K,
    MKV,
    MP4,
    PGS,
    SRT,
    film,
    planned,
)

ANY = Capabilities()
HEVC_SCREEN = Capabilities(video=(VideoCapability("hevc", 2160, hdr=True),))


def offered(
    info: MediaInfo, client: Capabilities = ANY, max_height: int | None = None
) -> Presentation:
    return ladder(info, planned(), client, Choice(max_height=max_height))


def names(presentation: Presentation) -> list[str]:
    return [one.name for one in presentation.video]


def sizes(presentation: Presentation) -> list[tuple[int, int]]:
    return [(one.width, one.height) for one in presentation.video]


def test_the_original_comes_first_and_the_rungs_stay_below_it() -> None:
    found = offered(film(MP4, H264, AAC))
    assert names(found) == ["original", "720p", "480p", "360p", "240p"]
    assert found.video[0].copy
    assert found.video[0].codec_string == "avc1.640028"
    assert found.video[0].peak_bit_rate == 9_000_000
    assert not any(one.copy for one in found.video[1:])


def test_without_a_copy_a_rung_at_the_sources_height_takes_its_place() -> None:
    found = ladder(film(MP4, H264, AAC), planned(refused="no_index"), ANY, Choice())
    assert names(found) == ["1080p", "720p", "480p", "360p", "240p"]


def test_a_wide_film_keeps_its_shape_and_counts_its_own_lines() -> None:
    wide = replace(H264, height=800)
    found = offered(film(MKV, wide, AAC))
    assert sizes(found)[:3] == [(1920, 800), (1728, 720), (1152, 480)]


def test_4k_hdr_on_a_plain_client_starts_at_the_clients_height() -> None:
    found = offered(film(MKV, HDR_4K, AC3))
    assert names(found)[:2] == ["1080p", "720p"]
    assert {one.video_range for one in found.video} == {"SDR"}


def test_4k_hdr_on_a_screen_that_takes_it_is_copied_with_encodes_below() -> None:
    found = offered(film(MKV, HDR_4K, AC3), HEVC_SCREEN)
    assert names(found)[:3] == ["original", "1080p", "720p"]
    assert found.video[0].video_range == "PQ"


def test_a_wanted_height_caps_everything() -> None:
    found = offered(film(MP4, H264, AAC), max_height=480)
    assert names(found) == ["480p", "360p", "240p"]


def test_turned_pictures_are_offered_as_they_are_seen() -> None:
    found = offered(film(MP4, replace(H264, rotation=90), AAC))
    assert sizes(found)[:3] == [(1080, 1920), (608, 1080), (404, 720)]
    capped = ladder(
        film(MP4, replace(H264, width=3840, height=2160, rotation=90), AAC),
        planned(),
        ANY,
        Choice(),
    )
    assert sizes(capped)[0] == (1080, 1920)


def test_pixels_that_are_not_square_become_square() -> None:
    found = offered(film("mpeg", DVD, AC3))
    assert sizes(found)[0] == (1024, 576)


def test_odd_sizes_become_even() -> None:
    found = ladder(
        film(MP4, replace(H264, width=853, height=481), AAC), planned(refused="x"), ANY, Choice()
    )
    assert all(width % 2 == height % 2 == 0 for width, height in sizes(found))
    assert sizes(found)[0][1] == 480


def test_a_tiny_picture_still_has_a_rung() -> None:
    tiny = replace(H264, width=160, height=120)
    assert names(ladder(film(MP4, tiny), planned(refused="x"), ANY, Choice())) == ["120p"]


def test_more_lines_and_more_frames_cost_more_bits() -> None:
    rungs = offered(film(MP4, H264, AAC)).video[1:]
    peaks = [one.peak_bit_rate for one in rungs]
    assert peaks == sorted(peaks, reverse=True)
    assert all(one.average_bit_rate < one.peak_bit_rate for one in rungs)
    fast = offered(film(MP4, replace(H264, fps=60.0), AAC)).video[1:]
    assert fast[0].peak_bit_rate > rungs[0].peak_bit_rate


def test_a_poor_source_is_not_given_more_bits_than_it_can_use() -> None:
    plan = replace(planned(), copy_peak_bit_rate=400_000, copy_average_bit_rate=200_000)
    rungs = ladder(film(MP4, H264, AAC), plan, ANY, Choice()).video[1:]
    assert max(one.peak_bit_rate for one in rungs) == 600_000


def test_levels_are_those_everyone_expects() -> None:
    expected = {
        (1920, 1080, 24.0): 40,
        (1920, 1080, 60.0): 42,
        (1280, 720, 30.0): 31,
        (1280, 720, 60.0): 32,
        (854, 480, 30.0): 31,
        (720, 480, 25.0): 30,
        (426, 240, None): 30,
        (3840, 2160, 24.0): 51,
        (3840, 2160, 60.0): 52,
    }
    assert {shape: h264_level(*shape) for shape in expected} == expected
    assert h264_codec_string(40) == "avc1.640028"
    assert [one.number for one in LEVELS] == sorted(one.number for one in LEVELS)


def test_every_rung_fits_the_level_that_its_codec_string_promises() -> None:
    for fps in (24.0, 30.0, 59.94):
        for rung in offered(film(MP4, replace(H264, fps=fps), AAC)).video[1:]:
            number = int(rung.codec_string[-2:], 16)
            level = next(one for one in LEVELS if one.number == number)
            blocks = -(-rung.width // 16) * -(-rung.height // 16)
            assert blocks * REFERENCES <= level.buffer_blocks
            assert blocks * fps <= level.blocks_per_second
            assert rung.peak_bit_rate <= level.kilobits * 1000


def test_sound_is_copied_when_the_client_can_and_else_becomes_aac() -> None:
    info = film(MKV, H264, AAC, replace(AC3, index=2), replace(AAC_51, index=5))
    found = offered(info).audio
    assert [(one.name, one.copy, one.channels) for one in found] == [
        ("audio-1-copy", True, 2),
        ("audio-2-stereo", False, 2),
        ("audio-5-stereo", False, 2),
    ]
    assert [one.default for one in found] == [True, False, False]
    surround = Capabilities(audio=(AudioCapability("aac", 6), AudioCapability("ac3", 6)))
    assert [one.name for one in offered(info, surround).audio] == [
        "audio-1-copy",
        "audio-2-copy",
        "audio-5-copy",
    ]
    wanting = Capabilities(audio=(AudioCapability("aac", 6),))
    assert offered(info, wanting).audio[1].name == "audio-2-5.1"


def test_a_track_that_nothing_decodes_is_left_out_and_another_is_the_default() -> None:
    info = film(
        MKV, H264, replace(DTS, undecodable="no decoder", default=True), replace(AAC, index=2)
    )
    found = offered(info).audio
    assert [(one.name, one.default) for one in found] == [("audio-2-copy", True)]


def test_names_tell_tracks_apart() -> None:
    info = film(
        MKV,
        H264,
        replace(AAC, language="eng"),
        replace(AAC, index=2, language="en"),
        replace(AAC, index=3, language="ger", title="Kommentar"),
        replace(AAC, index=4),
    )
    assert [one.title for one in offered(info).audio] == [
        "English",
        "English 2",
        "German - Kommentar",
        "Sound 4",
    ]
    assert [one.language for one in offered(info).audio] == ["en", "en", "de", None]


def test_text_inside_and_beside_the_film_is_offered_and_pictures_are_not() -> None:
    info = film(MKV, H264, AAC, SRT, PGS, replace(SRT, index=6, forced=True))
    beside = (
        SubtitleTrack(-1, "subrip", language="de", hearing_impaired=True, path="a/Film.de.sdh.srt"),
        SubtitleTrack(-1, "vobsub", text=False, path="a/Film.sub"),
        SubtitleTrack(-1, "ass", language="fr", path="a/Film.fr.ass"),
    )
    found = ladder(info, planned(), ANY, Choice(subtitle="sub-x2"), beside).subtitles
    assert [(one.name, one.title, one.default) for one in found] == [
        ("sub-3", "English", False),
        ("sub-6", "English (forced)", False),
        ("sub-x0", "German (SDH)", False),
        ("sub-x2", "French", True),
    ]
    assert found[3].external == "a/Film.fr.ass"


def test_wishes_are_matched_by_index_name_or_language() -> None:
    info = film(
        MKV,
        H264,
        replace(AAC, language="eng"),
        replace(AAC, index=2, language="ger", commentary=True),
        replace(AC3, index=4, language="deu"),
        SRT,
        replace(SRT, index=6, forced=True),
    )
    assert choose(info, (), audio=4).audio == 4
    assert choose(info, (), audio="de").audio == 4
    assert choose(info, (), audio="ja").audio is None
    assert choose(info, (), subtitle="en-US").subtitle == "sub-3"
    assert choose(info, (), subtitle=6).subtitle == "sub-6"
    assert choose(info, (), subtitle="none").subtitle is None
