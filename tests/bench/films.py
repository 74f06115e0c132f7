"""Films to measure with, in a folder that ends with the run: minutes long, made in seconds.

Twelve seconds are encoded, noisy enough to be work; longer films repeat their packets. ``padded``
swells each picture with filler NAL units that decoders skip: the same film at a higher bitrate.
"""

import functools
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.filter import Graph

CLIP_SECONDS = 12
FPS = 25


@functools.cache
def _folder() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="mediaserver-bench-")


def folder() -> Path:
    """Shared by all goals of a run; removed when it ends."""
    return Path(_folder().name)


def fresh(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=folder()))


@functools.cache
def film(suffix: str = "mkv", *, minutes: int = 10, gop: int = 50, padded: int = 0) -> Path:
    """H.264 720p25 with AAC; keyframes every ``gop`` frames."""
    path = folder() / f"film-{minutes}-{gop}-{padded}.{suffix}"
    _repeat(_clip(gop), path, minutes * 60 // CLIP_SECONDS, padded)
    return path


@functools.cache
def _clip(gop: int) -> Path:
    path = folder() / f"clip-{gop}.mp4"
    options = {"preset": "veryfast", "sc_threshold": "0", "bf": "2", "crf": "30"}
    with av.open(str(path), mode="w") as container:
        video: Any = container.add_stream("libx264", rate=FPS, options=options)
        video.width, video.height, video.pix_fmt = 1280, 720, "yuv420p"
        video.codec_context.gop_size = gop
        audio: Any = container.add_stream("aac", rate=48_000)
        pictures = _source("testsrc2", f"size=1280x720:rate={FPS}", "noise", "alls=2:allf=t")
        for _ in range(CLIP_SECONDS * FPS):
            picture = pictures.vpull().reformat(format="yuv420p")
            picture.pict_type = 0  # each one of a test source says that it is a keyframe
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        sound = _sound()
        for _ in range(CLIP_SECONDS * 48_000 // 1024):
            container.mux(audio.encode(sound.pull()))
        container.mux(audio.encode(None))
    return path


def _source(name: str, arguments: str, effect: str, how: str) -> Any:
    graph: Any = Graph()
    graph.link_nodes(
        graph.add(name, arguments), graph.add(effect, how), graph.add("buffersink")
    ).configure()
    return graph


def _sound() -> Any:
    graph: Any = Graph()
    graph.link_nodes(
        graph.add("sine", "frequency=440:sample_rate=48000:samples_per_frame=1024"),
        graph.add("aformat", "sample_fmts=fltp:channel_layouts=stereo"),
        graph.add("abuffersink"),
    ).configure()
    return graph


def _repeat(clip: Path, path: Path, times: int, padding: int) -> None:
    filler = b""
    if padding:
        filler = (padding + 2).to_bytes(4, "big") + b"\x0c" + b"\xff" * padding + b"\x80"
    with av.open(str(clip), mode="r") as source, av.open(str(path), mode="w") as target:
        streams = {one.index: target.add_stream_from_template(one) for one in source.streams}
        packets = [
            (
                one.stream_index,
                one.pts or 0,
                one.dts or 0,
                one.duration,
                one.is_keyframe,
                bytes(one),
            )
            for one in source.demux()
            if one.size
        ]
        bases = {one.index: one.time_base or Fraction(1) for one in source.streams}
        for turn in range(times):
            for index, pts, dts, duration, key, data in packets:
                shift = round(turn * CLIP_SECONDS / bases[index])
                video = streams[index].type == "video"
                packet: Any = av.Packet(data + filler if video else data)
                packet.stream, packet.time_base = streams[index], bases[index]
                packet.pts, packet.dts = pts + shift, dts + shift
                packet.duration, packet.is_keyframe = duration, key
                target.mux(packet)
