"""Finding out what a file's index says of its pictures and sounds, the cheapest exact way.

mp4 and mov: the sample tables. Matroska: the Cues, proved at a few places. Anything else that is
small: a whole scan. What remains has the keyframes that its container lists, or nothing.
"""

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
from av.container import InputContainer

from mediaserver.library import MediaInfo, VideoTrack
from mediaserver.source import open_media
from mediaserver.streaming import mp4_index
from mediaserver.streaming.frame_index import FrameIndex, Looked, SoundStart, nominal_ticks
from mediaserver.streaming.matroska import cue_index
from mediaserver.streaming.models import Source
from mediaserver.streaming.mp4_tables import read_tracks
from mediaserver.streaming.scan import scan
from mediaserver.streaming.timeline import TICKS, to_ticks

_SMALL = 64 << 20
_FIRST_PACKETS = 400
_VARYING = ("HE-AAC", "xHE-AAC", "USAC")
"""Profiles whose packets count samples at one rate and are heard at another."""


def look(source: Source, info: MediaInfo, track: VideoTrack, check: Callable[[], None]) -> Looked:
    if info.container.startswith("mov"):
        found = _by_tables(source, info, track)
        if found is not None:
            return found
    with open_media(Path(source.path), Path(source.root)) as container:
        sounds = _sounds(container)
        index: FrameIndex | None = None
        if "matroska" in container.format.name:
            index = cue_index(container, source.size, info, track)
        listed = _listed(container.streams[track.index], info, track)
    if index is None and source.size <= _SMALL:
        index = scan(source, track.index, check)
    return Looked(index or listed, _steady_only(sounds, info))


def _by_tables(source: Source, info: MediaInfo, track: VideoTrack) -> Looked | None:
    tracks = read_tracks(Path(source.path), Path(source.root))
    if tracks is None or not mp4_index.fits(tracks, info):
        return None
    index = mp4_index.pictures(tracks[track.index])
    sounds = {one.index: mp4_index.sound(tracks[one.index], one) for one in info.audio}
    heard = {at: sound for at, sound in sounds.items() if sound is not None}
    return None if index is None else Looked(index, _steady_only(heard, info))


def _steady_only(sounds: dict[int, SoundStart], info: MediaInfo) -> dict[int, SoundStart]:
    """Without a packet grid where packets do not keep one."""
    return {
        one.index: (
            SoundStart(known.heard, known.packets, known.rate, 0, known.end)
            if (one.profile or "").startswith(_VARYING)
            else known
        )
        for one in info.audio
        if (known := sounds.get(one.index)) is not None
    }


def _sounds(container: InputContainer) -> dict[int, SoundStart]:
    firsts = first_times(container, container.streams.audio)
    return {
        stream.index: SoundStart(
            heard=firsts[stream.index],
            packets=_first_packet(container, stream, firsts[stream.index]),
            rate=stream.codec_context.sample_rate,
            samples=stream.codec_context.frame_size or 0,
        )
        for stream in container.streams.audio
        if stream.index in firsts and stream.codec_context and stream.codec_context.sample_rate
    }


def _first_packet(container: InputContainer, stream: Any, heard: int) -> int:
    """In mp4 it may lie before the first sample that is heard."""
    if "mov" in container.format.name and len(stream.index_entries):
        return to_ticks(stream.index_entries[0].timestamp, stream.time_base)
    return heard


def first_times(container: InputContainer, streams: Sequence[Any]) -> dict[int, int]:
    """Source ticks at which each track's first packet is heard or shown. Reads from the start."""
    wanted = {stream.index: stream for stream in streams if stream.time_base}
    found: dict[int, int] = {}
    if wanted and "mov" not in container.format.name:
        try:
            for packet in itertools.islice(container.demux(list(streams)), _FIRST_PACKETS):
                time = packet.pts if packet.pts is not None else packet.dts
                if time is not None and packet.size and not packet.is_discard:
                    at = to_ticks(time, wanted[packet.stream_index].time_base)
                    found[packet.stream_index] = min(at, found.get(packet.stream_index, at))
                if len(found) == len(wanted):
                    break
        except (av.FFmpegError, OSError):
            pass  # the header's own figure is left
    for index, stream in wanted.items():
        if index not in found and stream.start_time is not None:
            found[index] = to_ticks(stream.start_time, stream.time_base)
    return found


def _listed(stream: Any, info: MediaInfo, track: VideoTrack) -> FrameIndex:
    """The container's keyframes as places to start decoding, or an even grid."""
    first = round(info.start * TICKS)
    end = first + round(info.duration * TICKS)
    step = nominal_ticks(track.fps or stream.average_rate)
    keys = {
        to_ticks(entry.timestamp, stream.time_base)
        for entry in stream.index_entries
        if entry.is_keyframe
    }
    inside = sorted(key for key in keys if first <= key < end)
    found = inside if len(inside) > 1 else []
    return FrameIndex(found, first, end, step, refused="no_index")
