"""What a client plays as it is, and in words for a person what stands in the way.

Pure. Every obstacle has a stable code, a sentence, and what could be done about it.
"""

import msgspec
from msgspec.structs import replace

from mediaserver.library import AudioTrack, MediaInfo, VideoTrack
from mediaserver.streaming.models import AudioCapability, Capabilities, VideoCapability

VIDEO_IN_FMP4 = frozenset({"h264", "hevc", "av1", "vp9"})
AUDIO_IN_FMP4 = frozenset({"aac", "ac3", "eac3", "opus", "flac"})
_IN_WEBM = frozenset({"vp8", "vp9", "av1", "opus", "vorbis"})

_ALIASES = {
    "avc": "h264", "avc1": "h264", "avc3": "h264", "h265": "hevc", "hvc1": "hevc", "hev1": "hevc",
    "av01": "av1", "vp09": "vp9", "vp8.0": "vp8", "mp4a": "aac", "ac-3": "ac3", "ec-3": "eac3",
    "e-ac-3": "eac3", "dca": "dts",
}  # fmt: skip
_SPOKEN = {
    "h264": "H.264", "hevc": "HEVC (H.265)", "av1": "AV1", "vp8": "VP8", "vp9": "VP9",
    "mpeg1video": "MPEG-1", "mpeg2video": "MPEG-2", "mpeg4": "MPEG-4 ASP", "vc1": "VC-1",
    "msmpeg4v3": "DivX 3", "wmv3": "WMV 9", "h263": "H.263", "prores": "ProRes",
    "theora": "Theora", "mjpeg": "Motion JPEG",
    "aac": "AAC", "ac3": "Dolby Digital (AC-3)", "eac3": "Dolby Digital Plus (E-AC-3)",
    "dts": "DTS", "truehd": "Dolby TrueHD", "flac": "FLAC", "alac": "Apple Lossless",
    "opus": "Opus", "vorbis": "Vorbis", "mp3": "MP3", "mp2": "MP2",
}  # fmt: skip
_CONTAINERS = {
    "mov": ("mp4", "mov", "m4v"), "mp4": ("mp4", "mov", "m4v"), "matroska": ("matroska", "mkv"),
    "webm": ("webm",), "mpegts": ("mpegts", "ts"), "mpeg": ("mpeg", "mpg"), "avi": ("avi",),
    "ogg": ("ogg",), "flv": ("flv",), "asf": ("asf", "wmv"),
}  # fmt: skip
_SPOKEN_CONTAINERS = {
    "mov": "MP4", "mp4": "MP4", "matroska": "Matroska (MKV)", "webm": "WebM",
    "mpegts": "MPEG transport stream", "mpeg": "MPEG programme stream", "avi": "AVI",
    "flv": "Flash video", "asf": "Windows Media", "ogg": "Ogg",
}  # fmt: skip
_AAC_EVERYONE_PLAYS = frozenset({"LC", "HE-AAC", "HE-AACv2", "AAC-LC"})


class Obstacle(msgspec.Struct, frozen=True):
    code: str
    text: str
    remedy: str = ""


def with_baseline(said: Capabilities) -> Capabilities:
    """What every HLS client plays is added: H.264 to 1080p and AAC stereo, which we encode to."""
    video = tuple(replace(one, codec=_known_as(one.codec)) for one in said.video)
    audio = tuple(replace(one, codec=_known_as(one.codec)) for one in said.audio)
    if not any(one.codec == "h264" for one in video):
        video += (VideoCapability("h264", 1080),)
    if not any(one.codec == "aac" for one in audio):
        audio += (AudioCapability("aac", 2),)
    containers = tuple(dict.fromkeys((*map(str.lower, said.containers), "mp4")))
    subtitles = tuple(dict.fromkeys((*map(str.lower, said.subtitles), "webvtt")))
    return Capabilities(video, audio, containers, subtitles)


def _known_as(codec: str) -> str:
    """FFmpeg's name, whatever the client calls it."""
    return _ALIASES.get(codec.lower(), codec.lower())


def spoken(codec: str) -> str:
    return _SPOKEN.get(codec, codec.upper())


def container_obstacle(info: MediaInfo, client: Capabilities) -> Obstacle | None:
    parts = info.container.split(",")
    names = {name for part in parts for name in _CONTAINERS.get(part, (part,))}
    codecs = {video.codec for video in info.video} | {audio.codec for audio in info.audio}
    if "webm" in names and not codecs <= _IN_WEBM:
        names.discard("webm")
    if names.intersection(client.containers):
        return None
    name = _SPOKEN_CONTAINERS.get(parts[0], parts[0])
    return Obstacle(
        "container_unsupported",
        f"This device does not open {name} files.",
        "Nothing to do: the file is repacked while it plays, without loss.",
    )


def video_obstacles(track: VideoTrack, client: Capabilities) -> list[Obstacle]:
    """Why this client does not play the picture untouched; empty when it does."""
    offers = [one for one in client.video if one.codec == track.codec]
    if not offers:
        return [
            Obstacle(
                "video_codec_unsupported",
                f"This device does not play {spoken(track.codec)} video.",
                f"A device or browser with {spoken(track.codec)} shows it untouched.",
            )
        ]
    return min((_against(track, offer) for offer in offers), key=len)


def _against(track: VideoTrack, offer: VideoCapability) -> list[Obstacle]:
    found: list[Obstacle] = []
    lines = display_lines(track)
    if lines > offer.max_height:
        found.append(
            Obstacle(
                "video_resolution_unsupported",
                f"This device plays {spoken(track.codec)} up to {offer.max_height} lines; "
                f"the file has {lines}.",
                "A device with a larger screen shows it untouched.",
            )
        )
    if track.hdr is not None and not offer.hdr:
        found.append(
            Obstacle(
                "hdr_needs_tonemap",
                "The picture is HDR and this screen is not.",
                "On an HDR screen it plays untouched.",
            )
        )
    depth = max(offer.bit_depth, 10 if offer.hdr or track.codec == "av1" else 8)
    # HDR was told already; nobody is helped by hearing of its ten bits as well
    if track.bit_depth > depth and not (track.hdr and not offer.hdr):
        found.append(
            Obstacle(
                "video_bit_depth_unsupported",
                f"The picture has {track.bit_depth} bits per colour; this device plays {depth}.",
                "A device that plays 10-bit video shows it untouched.",
            )
        )
    found += _uncommon_format(track)
    if track.interlaced and not offer.interlaced:
        found.append(
            Obstacle(
                "video_interlaced",
                "The picture is interlaced, as old television was, and would show combs.",
            )
        )
    return found


def _uncommon_format(track: VideoTrack) -> list[Obstacle]:
    """Colour sampling that hardware and browsers do not decode."""
    text = "The picture's colour format is one that players do not decode."
    if track.pix_fmt is None:
        profile = track.profile or ""
        if track.codec != "h264" or (profile and not any(f in profile for f in _UNCOMMON_PROFILES)):
            return []
        return [Obstacle("video_profile_unsupported", text)]
    if "420" in track.pix_fmt or track.pix_fmt.startswith(("nv12", "p010")):
        return []
    return [Obstacle("video_profile_unsupported", text)]


_UNCOMMON_PROFILES = ("4:2:2", "4:4:4", "High 10", "Extended", "Intra")


def audio_obstacles(track: AudioTrack, client: Capabilities) -> list[Obstacle]:
    offers = [one for one in client.audio if one.codec == _known_as(track.codec)]
    name = spoken(_known_as(track.codec))
    if not offers:
        return [
            Obstacle(
                "audio_codec_unsupported",
                f"This device does not play {name} sound.",
                "Only the sound is converted; the picture is not touched for it.",
            )
        ]
    found: list[Obstacle] = []
    most = max(offer.channels for offer in offers)
    if track.channels > most:
        found.append(
            Obstacle(
                "audio_channels_unsupported",
                f"The sound has {track.channels} channels; this device takes {most}.",
                "Connect a receiver or set the device to surround to hear them all.",
            )
        )
    if track.codec == "aac" and track.profile and track.profile not in _AAC_EVERYONE_PLAYS:
        found.append(
            Obstacle(
                "audio_profile_unsupported",
                f"The sound is a rare kind of AAC ({track.profile}).",
            )
        )
    return found


def display_size(track: VideoTrack) -> tuple[int, int]:
    """Width and height as shown: square pixels, turned upright."""
    numerator, denominator = track.sample_aspect
    width = track.width
    if numerator > 0 and denominator > 0:
        width = max(1, round(track.width * numerator / denominator))
    if track.rotation in {90, 270}:
        return track.height, width
    return width, track.height


def display_lines(track: VideoTrack) -> int:
    """What "1080p" counts on a film held upright or sideways: the shorter side."""
    return min(display_size(track))
