"""Films on paper: what a probe would say of the files that households have."""

from typing import Any

import msgspec

from mediaserver.library import AudioTrack, MediaInfo, SubtitleTrack, VideoTrack
from mediaserver.streaming import Plan
from mediaserver.streaming.models import AudioTiming

TICKS = 90_000
MP4, MKV, TS, AVI = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "mpegts", "avi"

H264 = VideoTrack(
    0, "h264", 1920, 1080, codec_string="avc1.640028", profile="High", pix_fmt="yuv420p", fps=24.0
)
H264_10 = msgspec.structs.replace(
    H264, codec_string="avc1.6E0028", profile="High 10", pix_fmt="yuv420p10le", bit_depth=10
)
HEVC = VideoTrack(
    0, "hevc", 1920, 1080, codec_string="hvc1.1.6.L120.90", profile="Main", pix_fmt="yuv420p",
    fps=24.0,
)  # fmt: skip
HEVC_10 = msgspec.structs.replace(
    HEVC, codec_string="hvc1.2.4.L120.90", profile="Main 10", pix_fmt="yuv420p10le", bit_depth=10
)
HDR_4K = msgspec.structs.replace(HEVC_10, width=3840, height=2160, hdr="hdr10")
AV1 = VideoTrack(
    0, "av1", 1920, 1080, codec_string="av01.0.08M.10", profile="Main", pix_fmt="yuv420p10le",
    bit_depth=10, fps=24.0,
)  # fmt: skip
VP9 = VideoTrack(0, "vp9", 1280, 720, codec_string="vp09.00.31.08", pix_fmt="yuv420p", fps=25.0)
VP8 = VideoTrack(0, "vp8", 1280, 720, pix_fmt="yuv420p", fps=25.0)
XVID = VideoTrack(0, "mpeg4", 720, 400, pix_fmt="yuv420p", fps=25.0)
DVD = VideoTrack(
    0, "mpeg2video", 720, 576, pix_fmt="yuv420p", fps=25.0, interlaced=True, sample_aspect=(64, 45)
)

AAC = AudioTrack(1, "aac", 2, 48_000, codec_string="mp4a.40.2", profile="LC", bit_rate=128_000)
AAC_51 = msgspec.structs.replace(AAC, channels=6, bit_rate=384_000)
AC3 = AudioTrack(1, "ac3", 6, 48_000, codec_string="ac-3", bit_rate=640_000)
EAC3 = AudioTrack(1, "eac3", 6, 48_000, codec_string="ec-3", bit_rate=640_000)
DTS = AudioTrack(1, "dts", 6, 48_000, bit_rate=1_509_000)
OPUS = AudioTrack(1, "opus", 2, 48_000, codec_string="opus", bit_rate=96_000)
VORBIS = AudioTrack(1, "vorbis", 2, 48_000)
MP3 = AudioTrack(1, "mp3", 2, 44_100, codec_string="mp4a.6B", bit_rate=192_000)
FLAC = AudioTrack(1, "flac", 2, 48_000, codec_string="fLaC", bit_rate=900_000)

SRT = SubtitleTrack(3, "subrip", language="eng")
PGS = SubtitleTrack(4, "hdmv_pgs_subtitle", text=False, language="ger")


def film(container: str, video: VideoTrack, *others: Any, duration: float = 60.0) -> MediaInfo:
    return MediaInfo(
        container,
        duration,
        bit_rate=4_000_000,
        video=(video,),
        audio=tuple(one for one in others if isinstance(one, AudioTrack)),
        subtitles=tuple(one for one in others if isinstance(one, SubtitleTrack)),
    )


def planned(*, refused: str | None = None, seconds: float = 60.0, copy_every: float = 4.0) -> Plan:
    end = round(seconds * TICKS)
    copied = (*range(0, end, round(copy_every * TICKS)), end)
    return Plan(
        version=1,
        zero_ticks=0,
        cuts=(*range(0, end, 2 * TICKS), end),
        copy_cuts=() if refused else copied,
        copy_refused=refused,
        copy_peak_bit_rate=None if refused else 9_000_000,
        copy_average_bit_rate=None if refused else 4_000_000,
        audio=tuple(AudioTiming(track, 48_000, 0, 1024) for track in range(1, 8)),
    )
