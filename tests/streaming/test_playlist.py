"""Playlists, read back by a parser that knows nothing of how they were written."""

import re

import pytest
from msgspec.structs import replace

from mediaserver.library import SubtitleTrack
from mediaserver.streaming import Capabilities
from mediaserver.streaming.ladder import ladder
from mediaserver.streaming.models import AudioCapability, Choice
from mediaserver.streaming.playlist import (
    media_playlist,
    multivariant_playlist,
    subtitle_playlist,
    target_duration,
)
from tests.streaming.films import AAC, AC3, H264, MKV, SRT, film, planned

Attributes = dict[str, str]
ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')


def attributes(text: str) -> Attributes:
    """RFC 8216 section 4.2, and nothing left over."""
    assert ATTRIBUTE.sub("", text) == ""
    return {name: value.strip('"') for name, value in ATTRIBUTE.findall(text)}


def tags(playlist: str, name: str) -> list[str]:
    head = f"#{name}:"
    return [line.removeprefix(head) for line in playlist.splitlines() if line.startswith(head)]


def segments(playlist: str) -> list[tuple[float, str]]:
    lines = playlist.splitlines()
    return [
        (float(line.removeprefix("#EXTINF:").rstrip(",")), lines[at + 1])
        for at, line in enumerate(lines)
        if line.startswith("#EXTINF:")
    ]


@pytest.fixture
def multivariant() -> str:
    info = film(
        MKV,
        H264,
        replace(AAC, language="eng"),
        replace(AC3, index=2, language="ger", title='The "director",\nspeaks'),
        SRT,
        replace(SRT, index=6, forced=True, language="ger"),
    )
    beside = (SubtitleTrack(-1, "subrip", hearing_impaired=True, language="fr", path="f.srt"),)
    client = Capabilities(audio=(AudioCapability("ac3", 6),))
    found = ladder(info, planned(), client, Choice(subtitle="sub-3"), beside)
    return multivariant_playlist(found)


def test_the_multivariant_playlist_names_every_variant_in_full(multivariant: str) -> None:
    assert multivariant.startswith("#EXTM3U\n#EXT-X-VERSION:7\n")
    assert "#EXT-X-INDEPENDENT-SEGMENTS" in multivariant.splitlines()
    variants = [attributes(text) for text in tags(multivariant, "EXT-X-STREAM-INF")]
    addresses = [line for line in multivariant.splitlines() if not line.startswith("#")]
    assert addresses[:2] == ["original/index.m3u8", "720p/index.m3u8"]
    assert len(addresses) == len(variants) == 5
    assert variants[0] == {
        "BANDWIDTH": str(9_000_000 + 640_000),
        "AVERAGE-BANDWIDTH": str(4_000_000 + 640_000),
        "CODECS": "avc1.640028,mp4a.40.2,ac-3",
        "RESOLUTION": "1920x1080",
        "FRAME-RATE": "24.000",
        "VIDEO-RANGE": "SDR",
        "AUDIO": "audio",
        "SUBTITLES": "subtitles",
        "CLOSED-CAPTIONS": "NONE",
    }


def test_sounds_and_subtitles_are_named_and_one_sound_is_the_default(multivariant: str) -> None:
    media = [attributes(text) for text in tags(multivariant, "EXT-X-MEDIA")]
    sounds = [one for one in media if one["TYPE"] == "AUDIO"]
    texts = [one for one in media if one["TYPE"] == "SUBTITLES"]
    assert [one["DEFAULT"] for one in sounds] == ["YES", "NO"]
    assert [one["LANGUAGE"] for one in sounds] == ["en", "de"]
    assert [one["CHANNELS"] for one in sounds] == ["2", "6"]
    assert sounds[1]["NAME"] == "German - The 'director', speaks"
    assert [(one["DEFAULT"], one["AUTOSELECT"], one["FORCED"]) for one in texts] == [
        ("YES", "YES", "NO"),
        ("NO", "YES", "YES"),
        ("NO", "NO", "NO"),
    ]
    assert "public.accessibility.transcribes-spoken-dialog" in texts[2]["CHARACTERISTICS"]
    for group in (sounds, texts):
        assert len({one["NAME"] for one in group}) == len(group)


def test_a_silent_film_names_no_audio_group() -> None:
    text = multivariant_playlist(ladder(film(MKV, H264), planned(), Capabilities(), Choice()))
    variant = attributes(tags(text, "EXT-X-STREAM-INF")[0])
    assert "AUDIO" not in variant
    assert "SUBTITLES" not in variant
    assert variant["CODECS"] == "avc1.640028"


def test_a_media_playlist_is_vod_complete_and_within_its_target() -> None:
    plan = planned(seconds=61.5)
    target = target_duration(plan)
    durations = [4.0] * 15 + [1.5]
    text = media_playlist(durations, target)
    assert tags(text, "EXT-X-PLAYLIST-TYPE") == ["VOD"]
    assert tags(text, "EXT-X-VERSION") == ["7"]
    assert text.endswith("#EXT-X-ENDLIST\n")
    assert attributes(tags(text, "EXT-X-MAP")[0]) == {"URI": "init.mp4"}
    assert [name for _, name in segments(text)] == [f"{k}.m4s" for k in range(16)]
    assert sum(length for length, _ in segments(text)) == pytest.approx(61.5)
    assert all(round(length) <= target for length, _ in segments(text))


def test_video_and_audio_share_one_target_that_both_keep() -> None:
    for every in (2.0, 4.0, 4.46, 5.99, 6.5):
        plan = planned(copy_every=every, seconds=every * 5)
        target = target_duration(plan)
        longest_sound = every + 2048 / 22_050
        assert int(longest_sound + 0.5) <= target <= every + 1.1


def test_subtitle_windows_cover_the_film_to_its_end() -> None:
    for duration in (0.5, 9.99, 10.0, 10.01, 7207.3):
        text = subtitle_playlist(duration, 10.0)
        lengths = [length for length, _ in segments(text)]
        assert sum(lengths) == pytest.approx(duration, abs=0.002)
        assert all(0 < length <= 10.0 for length in lengths)
        assert all(
            round(length) <= int(tags(text, "EXT-X-TARGETDURATION")[0]) for length in lengths
        )
        assert "EXT-X-MAP" not in text
