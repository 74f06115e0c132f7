"""What a probe finds: proven durations, upright pictures, true codec strings, plain reasons."""

import csv
import re
import shutil
import struct
import subprocess
import time
from fractions import Fraction
from pathlib import Path

import av
import pytest
from PIL import Image

from mediaserver.errors import Unplayable
from mediaserver.library import MediaInfo, probe
from mediaserver.library.codecs import Parameters, rfc6381
from mediaserver.library.tracks import clean, turned
from tests.library.small_films import SHARED_MEDIA, Small, film, sound

MANIFEST = SHARED_MEDIA / "manifest.csv"


def refused(path: Path) -> Unplayable:
    with pytest.raises(Unplayable) as caught:
        probe(path, path.parent)
    return caught.value


# ---- films made here ----------------------------------------------------------------------


def test_a_film_is_described_in_full(tmp_path: Path) -> None:
    path = film(
        tmp_path / "a.mkv",
        Small(
            seconds=3, fps=25, size=(320, 192), codec="libx264", sounds=("eng", "deu"),
            tags={"title": "A Film"},
        ),
    )  # fmt: skip
    info = probe(path, tmp_path)
    assert info.container == "matroska,webm"
    assert info.duration == pytest.approx(3.0, abs=0.06)
    assert info.tags["title"] == "A Film"
    (video,) = info.video
    assert (video.codec, video.width, video.height) == ("h264", 320, 192)
    assert (video.pix_fmt, video.bit_depth, video.fps) == ("yuv420p", 8, 25.0)
    assert video.codec_string is not None
    assert re.fullmatch(r"avc1\.64[0-9A-F]{4}", video.codec_string)
    assert [(a.codec, a.language, a.channels) for a in info.audio] == [
        ("aac", "eng", 1),
        ("aac", "deu", 1),
    ]
    assert info.audio[0].codec_string == "mp4a.40.2"


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".avi", ".ts", ".mov", ".nut"])
def test_the_duration_is_right_in_every_container(suffix: str, tmp_path: Path) -> None:
    path = film(tmp_path / f"a{suffix}", Small(seconds=4, sounds=("eng",), gop=20))
    assert probe(path, tmp_path).duration == pytest.approx(4.0, abs=0.15)


def test_a_header_that_claims_two_hours_is_not_believed(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", Small(seconds=3))
    data = bytearray(path.read_bytes())
    at = data.index(b"\x44\x89\x88")  # Duration, a float of eight bytes, in milliseconds
    assert struct.unpack(">d", data[at + 3 : at + 11])[0] == pytest.approx(3000, abs=200)
    data[at + 3 : at + 11] = struct.pack(">d", 7_200_000)
    path.write_bytes(data)
    with av.open(str(path), mode="r") as container:
        assert container.duration == 7_200_000_000
    assert probe(path, tmp_path).duration == pytest.approx(3.0, abs=0.15)


def test_an_mp4_cut_in_half_is_half_as_long(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mp4", Small(seconds=6, options={"movflags": "faststart"}))
    data = path.read_bytes()
    start = data.index(b"mdat")
    path.write_bytes(data[: start + (len(data) - start) // 2])
    assert 1.5 < probe(path, tmp_path).duration < 4.2


def test_a_fragmented_mp4_is_read_to_its_end(tmp_path: Path) -> None:
    options = {"movflags": "frag_keyframe+empty_moov"}
    path = film(tmp_path / "a.mp4", Small(seconds=5, options=options, sounds=("eng",)))
    assert probe(path, tmp_path).duration == pytest.approx(5.0, abs=0.15)


@pytest.mark.parametrize(
    ("degrees", "mirrored", "expected"),
    [
        (0, False, (0, False)),
        (-90, False, (90, False)),
        (90, False, (270, False)),
        (180, False, (180, False)),
        (0, True, (0, True)),
    ],
)
def test_rotation_and_mirror_come_from_the_display_matrix(
    degrees: int, mirrored: bool, expected: tuple[int, bool], tmp_path: Path
) -> None:
    path = film(tmp_path / "a.mp4", Small(rotation=degrees, mirrored=mirrored))
    video = probe(path, tmp_path).video[0]
    assert (video.rotation, video.mirrored) == expected
    assert (video.width, video.height) == (64, 48)


ONE = 1 << 16


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((), (0, False)),
        ((ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30), (0, False)),
        ((0, ONE, 0, -ONE, 0, 0, 0, 0, 1 << 30), (90, False)),
        ((0, -ONE, 0, ONE, 0, 0, 0, 0, 1 << 30), (270, False)),
        ((-ONE, 0, 0, 0, ONE, 0, 0, 0, 1 << 30), (0, True)),
        ((ONE, 0, 0, 0, -ONE, 0, 0, 0, 1 << 30), (180, True)),
        ((0, 0, 0, 0, 0, 0, 0, 0, 0), (0, False)),
        ((46341, 46341, 0, -46341, 46341, 0, 0, 0, 1 << 30), (0, False)),
    ],
)
def test_a_matrix_is_a_mirror_and_a_quarter_turn(
    matrix: tuple[int, ...], expected: tuple[int, bool]
) -> None:
    assert turned(matrix) == expected


def test_the_shape_of_pixels_is_kept(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv", Small(sample_aspect=Fraction(16, 11)))
    assert probe(path, tmp_path).video[0].sample_aspect == (16, 11)


def test_chapters_and_languages_are_kept_and_names_cleaned(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), mode="w") as container:
        video = container.add_stream("mpeg4", rate=10)
        video.width, video.height, video.pix_fmt = 64, 48, "yuv420p"
        video.metadata["title"] = "Die\x07 Fassung"
        container.set_chapters(
            [
                {"id": 1, "start": 0, "end": 500, "time_base": Fraction(1, 1000),
                 "metadata": {"title": "One"}},
                {"id": 2, "start": 500, "end": 1000, "time_base": Fraction(1, 1000),
                 "metadata": {}},
            ]
        )  # fmt: skip
        for number in range(10):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts = number
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    info = probe(path, tmp_path)
    assert [(c.start, c.end, c.title) for c in info.chapters] == [
        (0.0, 0.5, "One"),
        (0.5, 1.0, "Chapter 2"),
    ]
    assert info.video[0].title == "Die Fassung"


def test_text_that_is_not_utf8_is_read_as_western_european() -> None:
    assert clean(b"Am\xe9lie".decode("utf-8", "surrogateescape")) == "Amélie"


def test_sound_alone_is_recognised_and_not_offered(tmp_path: Path) -> None:
    assert refused(sound(tmp_path / "song.mp4")).reason == "no_video"


def test_a_picture_beyond_the_limit_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    size = (8208, 4608)
    bomb = Small(
        seconds=0.1, size=size, codec="mjpeg", pix_fmt="yuvj420p",
        draw=lambda _: Image.new("RGB", size),
    )  # fmt: skip
    began = time.monotonic()
    path = film(tmp_path / "bomb.mkv", bomb)
    written = time.monotonic()
    assert refused(path).reason in {"too_large_picture", "no_frame"}
    assert time.monotonic() - written < max(1.0, written - began)


def test_a_decoder_that_is_left_out_is_named(tmp_path: Path) -> None:
    error = refused(film(tmp_path / "a.nut", Small(codec="ffvhuff")))
    assert error.reason == "no_decoder"
    assert "ffvhuff" in error.detail


def test_bytes_of_nothing_are_no_film(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(bytes(range(256)) * 64)
    assert refused(path).reason == "unknown_format"


def test_a_probe_that_takes_too_long_is_refused(tmp_path: Path) -> None:
    path = film(tmp_path / "a.mkv")
    with pytest.raises(Unplayable) as caught:
        probe(path, tmp_path, timeout=-1)
    assert caught.value.reason == "too_slow"


# ---- codec strings ------------------------------------------------------------------------


def test_codec_strings_follow_the_parameter_sets() -> None:
    avcc = bytes.fromhex("01640028ffe1")
    annex_b = b"\x00\x00\x00\x01\x67\x4d\x40\x1f\xaa\x00\x00\x01\x68\xee"
    hvcc = bytes.fromhex("01016000000090000000000078f000fc")
    sps = b"\x00\x00\x01\x42\x01\x01" + bytes.fromhex("0160000003009000000300000300" + "78a0")
    cases = {
        "avc1.640028": Parameters("h264", extradata=avcc),
        "avc1.4D401F": Parameters("h264", extradata=annex_b),
        "hvc1.1.6.L120.90": Parameters("hevc", extradata=hvcc),
        "hvc1.1.6.L120.90 ": Parameters("hevc", first=sps),
        "av01.0.08M.10": Parameters("av1", extradata=b"\x81\x08\x0c\x00", bit_depth=10),
        "av01.0.13M.08": Parameters("av1", profile="Main", level=13),
        "vp09.00.40.08": Parameters("vp9", profile="Profile 0", width=1920, height=1080, fps=30),
        "vp09.02.51.10": Parameters(
            "vp9", profile="Profile 2", width=3840, height=2160, fps=60, bit_depth=10
        ),
        "mp4a.40.2": Parameters("aac", extradata=b"\x12\x10"),
        "mp4a.40.5": Parameters("aac", profile="HE-AAC", extradata=b"\x13\x10"),
        "mp4v.20.8": Parameters("mpeg4", extradata=b"\x00\x00\x01\xb0\x08\x00"),
        "ac-3": Parameters("ac3"),
        "ec-3": Parameters("eac3"),
        "opus": Parameters("opus"),
        "flac": Parameters("flac"),
    }
    for expected, known in cases.items():
        assert rfc6381(known) == expected.strip(), known
    assert rfc6381(Parameters("h264")) is None
    assert rfc6381(Parameters("wmv2")) is None


# ---- films nobody here made ---------------------------------------------------------------

# The manifest repeats headers; these are what the packets of the file prove.
PROVEN = {
    "sample_fragmented.mp4": 1.07,
    "sample_fragmented_unsupported_brands.mp4": 1.07,
    "spygames-2MB.mp4": 21.73,  # claims 7,287 s
    "sample_edit_list_no_sync_frame_before_edit.mp4": 2.59,
    "sample_scte35.ts": 0.11,  # its data stream begins 0.7 s before the picture
    "2004-12-17-uebung9-partial.avi": 11.0,  # cut off
    "SonyXAVC_LongGOP_green_pixelation_early_Frames.mp4": 0.36,  # cut off
    "nasa_13013.mp4": 13.06,  # its subtitles last 16.57 s
}


def manifest() -> list[dict[str, str]]:
    if not MANIFEST.is_file():
        return []
    with MANIFEST.open(newline="") as lines:
        return list(csv.DictReader(lines))


ENTRIES = manifest()
needs_media = pytest.mark.skipif(not ENTRIES, reason="shared media are not beside the repository")


@needs_media
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry["file"])
def test_a_real_file_is_read_or_refused_with_a_reason(entry: dict[str, str]) -> None:
    began = time.monotonic()
    outcome = probed(SHARED_MEDIA / entry["file"])
    assert time.monotonic() - began < 10
    if isinstance(outcome, MediaInfo):
        assert entry["expect"] in {"play", "partial", "refuse"}, "sound alone was offered"
        _compare(outcome, entry)
        return
    assert outcome.detail.endswith(".")
    if entry["expect"] in {"play", "partial"}:
        assert outcome.reason == "no_decoder", f"must play: {outcome.detail}"
        assert "on purpose" in outcome.detail
    else:
        assert outcome.reason in {"no_video", "no_frame", "unknown_format", "forbidden_format"}


def probed(path: Path) -> MediaInfo | Unplayable:
    try:
        return probe(path, path.parent)
    except Unplayable as err:
        return err


def _compare(info: MediaInfo, entry: dict[str, str]) -> None:
    video = info.video[0]
    assert video.undecodable is None
    assert video.codec == entry["video"]
    assert f"{video.width}x{video.height}" == entry["size"]
    assert video.pix_fmt == entry["pix_fmt"]
    assert (video.color_transfer or "") == entry["transfer"]
    if entry["expect"] != "play":
        return
    expected = PROVEN.get(entry["file"], float(entry["duration"]))
    assert info.duration == pytest.approx(expected, abs=0.26)
    assert len(info.chapters) == int(entry["chapters"])
    if entry["rotation"]:
        turn = (-int(entry["rotation"])) % 360  # FFmpeg counts against the clock
        assert video.rotation in ({turn} if not video.mirrored else {turn, (turn + 180) % 360})
    sounds = [sound.split(":")[0] for sound in entry["audio"].split(",") if sound]
    assert [track.codec for track in info.audio] == [s for s in sounds if not s.startswith("[")]
    subtitles = [name for name in entry["subtitles"].split(",") if name]
    assert [t.codec.replace("unknown", "[0][0][0][0]") for t in info.subtitles] == subtitles


@needs_media
def test_the_decoders_left_out_are_few_and_listed() -> None:
    playable = [entry["file"] for entry in ENTRIES if entry["expect"] in {"play", "partial"}]
    outcomes = {name: probed(SHARED_MEDIA / name) for name in playable}
    left_out = {name: err.detail for name, err in outcomes.items() if isinstance(err, Unplayable)}
    print("left out on purpose:", *left_out.items(), sep="\n  ")
    assert set(left_out) == {"test.mp4"}


@needs_media
@pytest.mark.skipif(shutil.which("ffprobe") is None, reason="no ffprobe to compare with")
def test_a_probe_costs_a_fiftieth_of_ffprobe() -> None:
    """Loose on purpose: the figure belongs to the bench, the order of magnitude here."""
    path = SHARED_MEDIA / "long_1080p_lowbitrate.mp4"
    began = time.process_time()
    for _ in range(5):
        probe(path, SHARED_MEDIA)
    ours = time.process_time() - began
    command = ["ffprobe", "-v", "error", "-show_streams", "-show_format", str(path)]
    began = time.monotonic()
    for _ in range(5):
        subprocess.run(command, check=True, capture_output=True)
    assert ours < time.monotonic() - began
