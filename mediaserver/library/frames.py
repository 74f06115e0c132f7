"""Choosing one frame of a film that can stand for it: sharp, not black, not the title card.

A few keyframes between a tenth and two fifths of the film are decoded, small copies of them are
judged, and the best is kept; the first good one ends the search.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image, ImageFilter, ImageStat

from mediaserver.errors import Unplayable
from mediaserver.library.models import MediaInfo, VideoTrack
from mediaserver.library.tonemap import to_sdr
from mediaserver.source import ReadingStopped, open_media

PLACES = (0.18, 0.30, 0.12, 0.38, 0.24, 0.10)
GOOD = 60.0
STILL_WIDTH = 1280
SECONDS = 20.0
_JUDGED_WIDTH = 192
_PACKETS = 300


def best_frame(
    path: Path,
    root: Path,
    info: MediaInfo,
    cancelled: Callable[[], bool] | None = None,
) -> Image.Image:
    """Upright, with square pixels, in ordinary colours, at most ``STILL_WIDTH`` wide."""
    track = next((one for one in info.video if one.undecodable is None), None)
    if track is None:
        raise Unplayable("There is no picture that can be decoded.", code="no_video")
    try:
        for choose in (_best, _first):
            with open_media(path, root, cancelled=cancelled, seconds=SECONDS) as container:
                frame = choose(container, track, info)
                if frame is not None:
                    return upright(_picture(frame, track, STILL_WIDTH), track)
    except ReadingStopped as err:
        if not err.too_slow:
            raise
        raise Unplayable("Finding a picture took too long.", code="too_slow") from err
    raise Unplayable("No picture in this file can be decoded.", code="no_frame")


def upright(image: Image.Image, track: VideoTrack) -> Image.Image:
    """Mirrored and turned as the file asks."""
    if track.mirrored:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    turns = {
        90: Image.Transpose.ROTATE_270,  # Pillow counts against the clock
        180: Image.Transpose.ROTATE_180,
        270: Image.Transpose.ROTATE_90,
    }
    return image.transpose(turns[track.rotation]) if track.rotation in turns else image


def _best(container: InputContainer, track: VideoTrack, info: MediaInfo) -> VideoFrame | None:
    stream = container.streams[track.index]
    if not isinstance(stream, VideoStream):
        return None
    best: VideoFrame | None = None
    best_score = -1.0
    for place in PLACES:
        frame = _frame_at(container, stream, info.start + place * info.duration)
        if frame is None:
            continue
        score = judge(_picture(frame, track, _JUDGED_WIDTH))
        if score > best_score:
            best, best_score = frame, score
        if score >= GOOD:
            break
    return best


def _first(container: InputContainer, track: VideoTrack, info: MediaInfo) -> VideoFrame | None:
    """Without seeking, for files where that leads nowhere."""
    del info
    stream = container.streams[track.index]
    return next(_frames(container, stream), None) if isinstance(stream, VideoStream) else None


def judge(image: Image.Image) -> float:
    """0 for black, white or one colour; above ``GOOD`` for a clear picture with much in it."""
    grey = image.convert("L")
    light = ImageStat.Stat(grey)
    if light.mean[0] < 16 or light.mean[0] > 240 or light.stddev[0] < 10:
        return 0.0
    edges = ImageStat.Stat(grey.filter(ImageFilter.FIND_EDGES)).mean[0]
    colour = ImageStat.Stat(image.convert("HSV")).mean[1]
    dimness = min(1.0, light.mean[0] / 70)
    return dimness * (min(edges, 40.0) + min(light.stddev[0], 60.0) + colour / 8)


def _frame_at(container: InputContainer, stream: VideoStream, seconds: float) -> VideoFrame | None:
    """The keyframe at or before ``seconds``, or the first frame that decodes after it."""
    try:
        container.seek(int(seconds * av.time_base))
    except (av.FFmpegError, OverflowError):
        return None
    return next(_frames(container, stream), None)


def _frames(container: InputContainer, stream: VideoStream) -> Iterator[VideoFrame]:
    count = 0
    try:
        for packet in container.demux(stream):
            with contextlib.suppress(av.FFmpegError, ValueError):  # the next packet may do
                yield from packet.decode()
            count += 1
            if count > _PACKETS:
                return
    except av.FFmpegError:
        return


def _picture(frame: VideoFrame, track: VideoTrack, width: int) -> Image.Image:
    """``frame`` as RGB with square pixels, before turning; ``width`` bounds the longer side."""
    wide = frame.width * track.sample_aspect[0] / track.sample_aspect[1]
    scale = min(1.0, width / max(wide, frame.height))
    size = (max(2, round(wide * scale)), max(2, round(frame.height * scale)))
    matrix = "ITU709" if _is_hd_by_guess(frame) else None
    to_image: Callable[..., Image.Image] = frame.to_image
    image = to_image(width=size[0], height=size[1], src_colorspace=matrix)
    return to_sdr(image, track.color_transfer or "") if track.hdr in {"hdr10", "hlg"} else image


def _is_hd_by_guess(frame: VideoFrame) -> bool:
    """Films that do not name their matrix mean BT.709 from 720 lines on."""
    return frame.colorspace == 2 and frame.height >= 720 and "rgb" not in frame.format.name
