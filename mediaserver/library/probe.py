"""What is inside a media file: one careful visit, in process, a hundred times cheaper than ffprobe.

A fast open reads little more than the header. That leaves gaps (pixel format of H.264, sizes in
TS, whole streams in FLV), so where one shows, or the container is known for it, the file is opened
again by the book. Nothing is decided from headers alone: one frame of every track is decoded, and
the duration is what packets prove.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from av.stream import AttachmentStream, Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from mediaserver.errors import Unplayable
from mediaserver.library.durations import Clock, proven_end
from mediaserver.library.models import Chapter, MediaInfo, VideoTrack
from mediaserver.library.tracks import (
    Seen,
    audio_track,
    clean,
    codec_name,
    is_film,
    out_of_bounds,
    picture,
    subtitle_track,
    video_track,
)
from mediaserver.source import ReadingStopped, open_media, why_undecodable

ALWAYS_BY_THE_BOOK = {"flv", "mpegts", "mpeg", "mxf", "rm", "mpegvideo", "h264", "hevc", "asf"}
HEAD_PACKETS, HEAD_BYTES = 800, 96 << 20
FIRST_PACKETS = 24
_FACTS_ONLY = {"skip_loop_filter": "all"}
"""Nobody looks at the pictures decoded here: a fifth of a probe is smoothing their blocks."""
_TAGS = ("title", "artist", "date", "creation_time", "show", "description", "comment", "encoder")
_FONTS = ("font/", "application/x-truetype", "application/vnd.ms-opentype", "application/x-font")


def probe(
    path: Path,
    root: Path,
    timeout: float = 10.0,
    cancelled: Callable[[], bool] | None = None,
) -> MediaInfo:
    """Everything playback must know. Raises Unplayable when nothing of it can be watched."""
    clock = Clock(timeout)
    try:
        return _visit(path, root, clock, cancelled)
    except ReadingStopped as err:
        if not err.too_slow:
            raise
        raise Unplayable(
            f"Reading the file took longer than {timeout:g} seconds.", code="too_slow"
        ) from err


def _visit(path: Path, root: Path, clock: Clock, cancelled: Callable[[], bool] | None) -> MediaInfo:
    for fast in (True, False):
        with open_media(
            path, root, fast=fast, cancelled=cancelled, seconds=clock.left()
        ) as container:
            if fast and _has_gaps(container):
                continue
            films = [s for s in container.streams.video if is_film(s)]
            sounds = list(container.streams.audio)
            _refuse_without_picture(films, sounds)
            seen = _read_head(container, [*films, *sounds], Clock(clock.left() / 3))
            if fast and not all(seen[film.index].frame for film in films):
                continue
            _refuse_without_frames(films, seen)
            size = path.stat().st_size
            end = proven_end(container, [*films, *sounds], size, Clock(clock.left() * 0.7))
            return _describe(container, seen, end, size)
    raise Unplayable("Nothing in the file could be read.", code="unknown_format")


def _has_gaps(container: InputContainer) -> bool:
    """Whether the fast open may have left out something."""
    brand = container.metadata.get("major_brand", "")
    if container.format.name in ALWAYS_BY_THE_BOOK or brand.startswith("3g"):
        return True
    films = [stream for stream in container.streams.video if is_film(stream)]
    return (
        not films
        or any(not s.codec_context or not s.codec_context.width for s in films)
        or any(
            s.codec_context and not (s.codec_context.sample_rate and s.codec_context.channels)
            for s in container.streams.audio
        )
    )


def _refuse_without_picture(films: list[VideoStream], sounds: list[AudioStream]) -> None:
    if films:
        return
    if sounds:
        raise Unplayable("There is only sound in this file, no picture.", code="no_video")
    raise Unplayable("There is neither picture nor sound in this file.", code="no_video")


def _refuse_without_frames(films: list[VideoStream], seen: dict[int, Seen]) -> None:
    if any(seen[film.index].frame for film in films):
        return
    reasons = [seen[film.index].why_not for film in films]
    if any(not film.codec_context for film in films) or all(
        why_undecodable(film) for film in films
    ):
        name = codec_name(films[0])
        raise Unplayable(
            f"The picture ({name}) cannot be decoded: {reasons[0]}.", code="no_decoder"
        )
    bounds = [reason for film in films if (reason := out_of_bounds(film))]
    if bounds:
        raise Unplayable(f"The film is refused: {bounds[0]}.", code="too_large_picture")
    raise Unplayable(
        "No picture in this file can be decoded: it is damaged, or larger than 8192 by 4608.",
        code="no_frame",
    )


def _read_head(container: InputContainer, streams: list[Stream], clock: Clock) -> dict[int, Seen]:
    """One frame of every track and the first times, from the first packets."""
    seen = {stream.index: Seen(why_not=_beyond(stream)) for stream in streams}
    for stream in streams:
        if stream.codec_context is not None:
            stream.codec_context.thread_count = 1
            stream.codec_context.options.update(_FACTS_ONLY)
    count = read = 0
    for packet in _packets(container, streams):
        track = seen[packet.stream_index]
        count, read = count + 1, read + packet.size
        _note(packet, track)
        if not track.satisfied:
            _try_frame(packet, track)
        done = all(track.satisfied and len(track.pts) > 3 for track in seen.values())
        if done or count > HEAD_PACKETS or read > HEAD_BYTES or clock.over():
            break
    else:
        for track in seen.values():  # the whole file was read
            if not track.frame and track.why_not is None:
                track.why_not = "it does not decode" if track.packets else "it is empty"
    for track in seen.values():
        if not track.frame and track.why_not is None and track.packets > 200:
            track.why_not = "it does not decode"
    return seen


def _beyond(stream: Stream) -> str | None:
    return why_undecodable(stream) or out_of_bounds(stream)


def _packets(container: InputContainer, streams: list[Stream]) -> "Iterator[Packet[Stream]]":
    try:
        yield from container.demux(streams)
    except av.FFmpegError:
        return  # it breaks off: what was read until here counts


def _note(packet: "Packet[Stream]", track: Seen) -> None:
    if not packet.size:
        return
    track.packets += 1
    if not track.first:
        track.first = bytes(packet)[:65536]
    # What an edit list cuts off is decoded and never shown: the film does not begin there.
    if packet.pts is not None and not packet.is_discard and len(track.pts) < FIRST_PACKETS:
        track.pts.append(packet.pts)


def _try_frame(packet: "Packet[Stream]", track: Seen) -> None:
    try:
        frames = packet.decode() or _drained(packet, track)
    except (av.FFmpegError, ValueError, RuntimeError):
        return  # a damaged packet; the next may do
    for frame in frames:
        track.frame = True
        if isinstance(frame, VideoFrame) and track.picture is None:
            track.picture = picture(frame)


def _drained(packet: "Packet[Stream]", track: Seen) -> "list[Any]":
    """The frame of the first keyframe at once, instead of after all that reordering waits for.

    A codec that wants more than this packet is given it again, and then the next ones.
    """
    if track.drained or not packet.is_keyframe or not isinstance(packet.stream, VideoStream):
        return []
    track.drained = True
    frames: list[Any] = packet.stream.codec_context.decode(None)
    if frames:
        return frames
    packet.stream.codec_context.flush_buffers()
    return packet.decode()


def _describe(
    container: InputContainer, seen: dict[int, Seen], end: float | None, size: int
) -> MediaInfo:
    films = [video_track(s, seen[s.index]) for s in container.streams.video if is_film(s)]
    start = _start(container, seen)
    duration = max(0.0, end - start) if end is not None else 0.0
    return MediaInfo(
        container=container.format.name,
        duration=round(duration, 3),
        start=round(start, 6),
        bit_rate=int(size * 8 / duration) if duration > 0 else None,
        video=tuple(sorted(films, key=_best_first)),
        audio=tuple(audio_track(s, seen[s.index]) for s in container.streams.audio),
        subtitles=tuple(
            subtitle_track(s, why_undecodable(s)) for s in container.streams if s.type == "subtitle"
        ),
        chapters=_chapters(container),
        tags={
            key: clean(value)[:500]
            for key, value in container.metadata.items()
            if key.lower() in _TAGS and clean(value)
        },
        fonts=sum(_is_font(stream) for stream in container.streams),
    )


def _best_first(track: VideoTrack) -> tuple[bool, int]:
    return track.undecodable is not None, track.index


def _start(container: InputContainer, seen: dict[int, Seen]) -> float:
    """Timeline zero: the earliest time among the first packets of any film or sound."""
    starts = []
    for index, track in seen.items():
        base = container.streams[index].time_base
        if track.pts and base is not None and track.why_not is None:
            starts.append(min(track.pts) * float(base))
    return min(starts, default=0.0)


def _chapters(container: InputContainer) -> tuple[Chapter, ...]:
    chapters = []
    for number, chapter in enumerate(container.chapters()[:1000], 1):
        base = float(chapter["time_base"] or 1)
        start, end = chapter["start"] * base, chapter["end"] * base
        name = clean(chapter["metadata"].get("title", ""))[:200] or f"Chapter {number}"
        chapters.append(Chapter(start=round(start, 3), end=round(end, 3), title=name))
    return tuple(sorted(chapters, key=lambda chapter: chapter.start))


def _is_font(stream: Stream) -> bool:
    if not isinstance(stream, AttachmentStream):
        return False
    name = (stream.name or "").lower()
    return (stream.mimetype or "").lower().startswith(_FONTS) or name.endswith(
        (".ttf", ".otf", ".ttc")
    )
