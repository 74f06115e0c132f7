"""A table of films and devices, and what each pair comes to."""

import pytest
from msgspec.structs import replace

from mediaserver.errors import Unplayable
from mediaserver.library import AudioTrack, MediaInfo, VideoTrack
from mediaserver.streaming import Capabilities, Mode
from mediaserver.streaming.decide import decide
from mediaserver.streaming.models import AudioCapability, Choice, VideoCapability
from tests.streaming.films import (
    AAC,
    AAC_51,
    AC3,
    AV1,
    AVI,
    DTS,
    DVD,
    EAC3,
    FLAC,
    H264,
    H264_10,
    HDR_4K,
    HEVC,
    HEVC_10,
    MKV,
    MP3,
    MP4,
    OPUS,
    PGS,
    SRT,
    TS,
    VORBIS,
    VP8,
    VP9,
    XVID,
    film,
    planned,
)  # fmt: skip

ANY = Capabilities()
CHROME = Capabilities(
    video=(
        VideoCapability("avc1", 2160),
        VideoCapability("vp9", 2160),
        VideoCapability("vp8", 2160),
        VideoCapability("av01", 2160, bit_depth=10),
    ),
    audio=tuple(AudioCapability(codec, 8) for codec in ("mp4a", "opus", "vorbis", "mp3", "flac")),
    containers=("mp4", "webm"),
)
SAFARI = Capabilities(
    video=(VideoCapability("h264", 2160), VideoCapability("hvc1", 2160, hdr=True)),
    audio=(AudioCapability("aac", 6), AudioCapability("ac-3", 6), AudioCapability("ec-3", 6)),
    containers=("mp4", "mov"),
)
TV = Capabilities(
    video=(
        VideoCapability("h264", 2160, interlaced=True),
        VideoCapability("hevc", 2160, hdr=True, bit_depth=10),
        VideoCapability("mpeg2video", 1080, interlaced=True),
    ),
    audio=(AudioCapability("aac", 6), AudioCapability("ac3", 6), AudioCapability("eac3", 8)),
    containers=("mp4", "mkv", "ts"),
)
PHONE = Capabilities(video=(VideoCapability("h264", 720),))
SPEC = Capabilities(
    video=(VideoCapability("hevc", 2160, hdr=True),),
    audio=(AudioCapability("ac3", 6),),
    containers=("mp4",),
    subtitles=("webvtt", "ass", "pgs"),
)
DIRECT, REMUX, SOUND, ALL = Mode.DIRECT, Mode.REMUX, Mode.TRANSCODE_AUDIO, Mode.TRANSCODE
NO_CUTS = {"refused": "no_index"}

TABLE = [
    # file, device, plan, choice, mode, codes of the reasons
    (film(MP4, H264, AAC), ANY, {}, {}, DIRECT, []),
    (film(MP4, H264), ANY, {}, {}, DIRECT, []),
    (film(MKV, H264, AAC), ANY, {}, {}, REMUX, ["container_unsupported"]),
    (film(MKV, H264, AAC), TV, {}, {}, DIRECT, []),
    (film("matroska", H264, AAC), CHROME, {}, {}, REMUX, ["container_unsupported"]),
    (film(TS, H264, AAC), ANY, {}, {}, REMUX, ["container_unsupported"]),
    (film(TS, H264, AAC), ANY, NO_CUTS, {}, ALL, ["container_unsupported", "copy_no_index"]),
    (film(TS, H264, AC3), TV, {}, {}, DIRECT, []),
    (
        film(MKV, H264, AC3), ANY, {}, {}, SOUND,
        ["container_unsupported", "audio_codec_unsupported"],
    ),
    (film(MP4, H264, AC3), ANY, {}, {}, SOUND, ["audio_codec_unsupported"]),
    (film(MP4, H264, AC3), SAFARI, {}, {}, DIRECT, []),
    (film(MKV, H264, EAC3), SAFARI, {}, {}, REMUX, ["container_unsupported"]),
    (film(MP4, H264, AAC_51), ANY, {}, {}, SOUND, ["audio_channels_unsupported"]),
    (film(MP4, H264, AAC_51), CHROME, {}, {}, DIRECT, []),
    (
        film(MKV, H264, DTS), TV, {}, {}, SOUND,
        ["audio_codec_unsupported"],
    ),
    (film(MP4, H264_10, AAC), ANY, {}, {}, ALL, ["video_bit_depth_unsupported"]),
    (
        film(MP4, replace(H264, pix_fmt="yuv422p", profile="High 4:2:2"), AAC), TV, {}, {}, ALL,
        ["video_profile_unsupported"],
    ),
    (
        film(MP4, replace(H264, pix_fmt=None, profile="High 4:4:4 Predictive"), AAC), ANY, {}, {},
        ALL, ["video_profile_unsupported"],
    ),
    (film(MP4, HEVC, AAC), ANY, {}, {}, ALL, ["video_codec_unsupported"]),
    (film(MP4, HEVC, AAC), SAFARI, {}, {}, DIRECT, []),
    (film(MP4, HEVC_10, AAC), SAFARI, {}, {}, DIRECT, []),
    (
        film(MP4, HEVC_10, AAC), Capabilities(video=(VideoCapability("hevc"),)), {}, {}, ALL,
        ["video_bit_depth_unsupported"],
    ),
    (
        film(MKV, HDR_4K, EAC3), CHROME, {}, {}, ALL,
        ["container_unsupported", "video_codec_unsupported", "audio_codec_unsupported"],
    ),
    (film(MKV, HDR_4K, EAC3), TV, {}, {}, DIRECT, []),
    (film(MKV, HDR_4K, AC3), SPEC, {}, {}, REMUX, ["container_unsupported"]),
    (
        film(MP4, HDR_4K, AAC), Capabilities(video=(VideoCapability("hevc"),)), {}, {}, ALL,
        ["hdr_needs_tonemap"],
    ),
    (
        film(MKV, AV1, OPUS), ANY, {}, {}, ALL,
        ["container_unsupported", "video_codec_unsupported", "audio_codec_unsupported"],
    ),
    (film(MKV, AV1, OPUS), CHROME, {}, {}, DIRECT, []),
    (film(MP4, AV1, AAC), CHROME, {}, {}, DIRECT, []),
    (film(MKV, AV1, AAC), CHROME, {}, {}, REMUX, ["container_unsupported"]),
    (film("webm", VP9, OPUS), CHROME, {}, {}, DIRECT, []),
    (film(MKV, VP8, VORBIS), CHROME, {}, {}, DIRECT, []),
    (
        film(MKV, VP8, AAC), CHROME, {}, {}, ALL,
        ["container_unsupported", "video_not_packable"],
    ),
    (
        film(AVI, XVID, MP3), ANY, {}, {}, ALL,
        ["container_unsupported", "video_codec_unsupported", "audio_codec_unsupported"],
    ),
    (
        film(MKV, H264, MP3), CHROME, {}, {}, SOUND,
        ["container_unsupported", "audio_not_packable"],
    ),
    (film(MKV, H264, FLAC), CHROME, {}, {}, REMUX, ["container_unsupported"]),
    (
        film("mpeg", DVD, AC3), SAFARI, {}, {}, ALL,
        ["container_unsupported", "video_codec_unsupported"],
    ),
    (film(TS, DVD, AC3), TV, {}, {}, DIRECT, []),
    (film(MP4, replace(H264, interlaced=True), AAC), ANY, {}, {}, ALL, ["video_interlaced"]),
    (film(MP4, H264, AAC), PHONE, {}, {}, ALL, ["video_resolution_unsupported"]),
    (film(MP4, replace(H264, rotation=90), AAC), ANY, {}, {}, DIRECT, []),
    (film(MP4, H264, AAC), ANY, {}, {"max_height": 480}, ALL, ["quality_chosen"]),
    (film(MP4, H264, AAC), ANY, {}, {"max_height": 1080}, DIRECT, []),
    (
        film(MP4, H264, AAC, replace(AAC, index=2)), ANY, {}, {"audio": 2}, REMUX,
        ["audio_track_choice"],
    ),
    (film(MP4, H264, AAC, SRT), ANY, {}, {}, DIRECT, []),
    (film(MP4, H264, AAC, SRT), ANY, {}, {"subtitle": "sub-3"}, DIRECT, []),
    (film(MP4, H264, AAC), ANY, {}, {"subtitle": "sub-x0"}, DIRECT, []),
    (film(MP4, H264, AAC, PGS), ANY, {}, {}, DIRECT, []),
    (film(MP4, replace(H264, codec_string=None), AAC), ANY, {}, {}, DIRECT, []),
    (
        film(MKV, replace(H264, codec_string=None), AAC), ANY, {}, {}, ALL,
        ["container_unsupported", "video_not_packable"],
    ),
    (
        film(MP4, H264, replace(DTS, undecodable="no decoder")), ANY, {}, {}, SOUND,
        ["audio_codec_unsupported", "audio_undecodable"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(("info", "device", "plan", "choice", "mode", "codes"), TABLE)
def test_the_cheapest_mode_wins_and_every_cheaper_one_has_its_reason(
    info: MediaInfo,
    device: Capabilities,
    plan: dict[str, str],
    choice: dict[str, int],
    mode: Mode,
    codes: list[str],
) -> None:
    decision = decide(info, planned(**plan), device, Choice(**choice))  # type: ignore[arg-type]
    assert decision.mode is mode
    assert list(dict.fromkeys(reason.code for reason in decision.reasons)) == codes
    modes = list(Mode)
    assert {reason.rejects for reason in decision.reasons} == set(modes[: modes.index(mode)])
    assert all(
        reason.text.endswith(".") and reason.text[0].isupper() for reason in decision.reasons
    )


def test_video_is_never_transcoded_because_of_sound_or_subtitles() -> None:
    for sound in (AC3, DTS, MP3, OPUS, AAC_51, replace(AAC, profile="Main")):
        info = film(MKV, H264, sound, SRT, PGS)
        decision = decide(info, planned(), ANY, Choice(subtitle="sub-3"))
        assert decision.mode is Mode.TRANSCODE_AUDIO


def test_a_commentary_is_not_what_plays_by_itself() -> None:
    commentary = replace(AC3, commentary=True, default=True)
    spoken: AudioTrack = replace(AAC, index=2)
    decision = decide(film(MKV, H264, commentary, spoken), planned(), ANY, Choice())
    assert decision.mode is Mode.REMUX


def test_the_shorter_side_counts_against_a_devices_height() -> None:
    upright: VideoTrack = replace(H264, width=1080, height=1920)
    assert decide(film(MP4, upright, AAC), planned(), ANY, Choice()).mode is Mode.DIRECT
    lying: VideoTrack = replace(H264, rotation=270)
    assert decide(film(MP4, lying, AAC), planned(), ANY, Choice()).mode is Mode.DIRECT


def test_a_file_without_a_picture_is_refused_by_name() -> None:
    with pytest.raises(Unplayable) as refused:
        decide(MediaInfo(MP4, 10.0, audio=(AAC,)), planned(), ANY, Choice())
    assert refused.value.reason == "no_video"
