"""Cutting: puts pieces, sound, subtitles and chapters into one container file."""

import heapq
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import BinaryIO, TypeAlias, TypedDict

import av
from av.container import OutputContainer
from av.stream import Disposition, Stream
from av.subtitles.stream import SubtitleStream

from mediaserver.demo.reel import Coded, Picture, Reel, Sound, laid_out, looped
from mediaserver.demo.sound import RATE
from mediaserver.demo.words import ASS_HEADER, Cue

MILLISECOND = Fraction(1, 1000)
# fixed ids and no dates: the same film is the same bytes
EXACT = {"fflags": "+bitexact"}
CONTAINER_OPTIONS = {
    "mp4": EXACT | {"movflags": "+faststart"},
    "matroska": EXACT | {"default_mode": "passthrough"},
    "webm": EXACT,
    "avi": EXACT,
}


Music = Mapping[str, Sequence[Sequence[Coded]]]
"""The rounds of each audio track, by the track's title."""


@dataclass(frozen=True)
class Part:
    """A chapter: its title and the pieces it shows, in order."""

    title: str
    order: tuple[str, ...]


@dataclass(frozen=True)
class Subtitle:
    """An embedded text track: "mov_text" in MP4, "subrip" or "ass" in Matroska."""

    codec: str
    language: str
    title: str
    cues: Sequence[Cue]


@dataclass(frozen=True)
class Cut:
    """Everything in one file but the coded packets."""

    title: str
    container: str
    picture: Picture
    sounds: tuple[Sound, ...]
    subtitles: tuple[Subtitle, ...]
    parts: tuple[Part, ...]


class Chapter(TypedDict):
    """What libav's containers take for a chapter."""

    id: int
    start: int
    end: int
    time_base: Fraction | None
    metadata: dict[str, str]


Muxed: TypeAlias = "av.Packet[Stream]"
Track = tuple[Stream, Fraction, Iterator[Coded]]


def assemble(file: BinaryIO, cut: Cut, reel: Reel, music: Music) -> None:
    options = CONTAINER_OPTIONS[cut.container]
    with av.open(file, mode="w", format=cut.container, options=options) as output:
        output.metadata["title"] = cut.title
        tracks = [_video(output, cut, reel)]
        frames = sum(len(reel[name]) for part in cut.parts for name in part.order)
        end = int(frames / cut.picture.fps * RATE)
        for sound in cut.sounds:
            tracks += [_audio(output, sound, looped(music[sound.title], end))]
        tracks += [_text(output, subtitle) for subtitle in cut.subtitles]
        if cut.container != "avi":  # which knows no chapters
            output.set_chapters(_chapters(cut, reel))
        output.start_encoding()
        for packet in heapq.merge(*map(_packets, tracks), key=_when):
            output.mux(packet)


def _when(packet: Muxed) -> float:
    return float((packet.dts or 0) * (packet.time_base or 0))


def _packets(track: Track) -> Iterator[Muxed]:
    stream, time_base, coded = track
    for one in coded:
        packet = av.Packet(one.data)
        packet.stream, packet.time_base = stream, time_base
        packet.pts, packet.dts, packet.duration = one.pts, one.dts, one.duration
        packet.is_keyframe = one.key
        yield packet


def _video(output: OutputContainer, cut: Cut, reel: Reel) -> Track:
    stream = output.add_stream(cut.picture.codec, rate=cut.picture.fps)
    assert isinstance(stream, av.VideoStream)  # noqa: S101 - narrows for mypy
    cut.picture.configure(stream)
    stream.disposition = Disposition.default
    order = [name for part in cut.parts for name in part.order]
    return stream, 1 / cut.picture.fps, laid_out(reel, order)


def _audio(output: OutputContainer, sound: Sound, coded: Iterator[Coded]) -> Track:
    stream = output.add_stream(sound.codec, rate=RATE)
    assert isinstance(stream, av.AudioStream)  # noqa: S101 - narrows for mypy
    sound.configure(stream)
    _name(stream, sound.language, sound.title)
    stream.disposition = Disposition.default if sound.default else Disposition(0)
    return stream, Fraction(1, RATE), coded


def _name(stream: Stream, language: str, title: str) -> None:
    # MP4 has no title for a track; players show its handler's name
    stream.metadata.update(language=language, title=title, handler_name=title)


def _text(output: OutputContainer, subtitle: Subtitle) -> Track:
    stream = output.add_stream(subtitle.codec)
    assert isinstance(stream, SubtitleStream)  # noqa: S101 - narrows for mypy
    stream.codec_context.subtitle_header = ASS_HEADER.encode()
    _name(stream, subtitle.language, subtitle.title)
    stream.disposition = Disposition(0)
    return stream, MILLISECOND, _cues(subtitle)


def _cues(subtitle: Subtitle) -> Iterator[Coded]:
    clock = 0
    for number, cue in enumerate(subtitle.cues):
        start, end = round(cue.start * 1000), round(cue.end * 1000)
        data = cue.text.encode()
        if subtitle.codec == "mov_text":
            # 3GPP TS 26.245: samples follow each other without a gap, an empty one clears the text
            if start > clock:
                yield Coded(b"\0\0", clock, clock, start - clock, key=True)
            data = struct.pack(">H", len(data)) + data
        elif subtitle.codec == "ass":
            text = cue.text.replace("\n", r"\N")
            data = f"{number},0,Default,,0,0,0,,{text}".encode()
        yield Coded(data, start, start, end - start, key=True)
        clock = end


def _chapters(cut: Cut, reel: Reel) -> list[Chapter]:
    chapters: list[Chapter] = []
    at = Fraction(0)
    for number, part in enumerate(cut.parts, 1):
        end = at + sum(len(reel[name]) for name in part.order) / cut.picture.fps
        chapters.append(
            {
                "id": number,
                "start": round(at * 1000),
                "end": round(end * 1000),
                "time_base": MILLISECOND,
                "metadata": {"title": part.title},
            }
        )
        at = end
    return chapters
