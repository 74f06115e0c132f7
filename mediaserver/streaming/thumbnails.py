"""Sheets of small pictures for the seek bar: what is on which, and the making of one.

Pictures are keyframes found by the index, decoded alone on one thread: decoding all that lies
between would cost fifty times as much. Only short films with few keyframes are decoded through,
because all their pictures would be the same one otherwise.
"""

import io
import math
from collections.abc import Callable, Iterator
from typing import Any

import av
import msgspec
from PIL import Image

from mediaserver.errors import Unplayable
from mediaserver.library import MediaInfo, VideoTrack
from mediaserver.streaming.decide import main_video
from mediaserver.streaming.models import Plan, Source
from mediaserver.streaming.picture import Picture, delivered_colours
from mediaserver.streaming.playable import display_size
from mediaserver.streaming.reader import Opening, Reader
from mediaserver.streaming.timeline import TICKS

VERSION = 1
"""Raise it whenever the same film would give other sheets."""
COLUMNS = ROWS = 10
SHEET = COLUMNS * ROWS
_EDGE = 320
"""The longer side of a picture."""
_USUAL_STEP, _LEAST_STEP = 10.0, 1.0
_AT_LEAST = 30
_LOST = 60 * TICKS
"""A seek that lands further back did not work: the file is read on from there instead."""
_INDEXED = {"mov", "matroska"}
"""In these a seek finds the last keyframe before a time; in others only one that is near."""
_NEARER = 10
"""A keyframe up to this part of a step after a time is better than the one before it: tracks that
begin a few milliseconds apart would shift all pictures by a whole group otherwise."""
_UNTIL_PICTURE = 60
"""Packets tried after a keyframe that shows nothing by itself."""
_MOST_PIXELS = 6e9
"""A film that is decoded through has no more than these: 100 s of 1080p at 30 frames a second."""
_QUALITY = 72
_BT709 = 1


class Layout(msgspec.Struct, frozen=True):
    """``count`` pictures, one each ``step`` seconds from timeline zero, all of one size."""

    step: float
    count: int
    width: int
    height: int
    duration: float

    @property
    def sheets(self) -> int:
        return math.ceil(self.count / SHEET)

    def numbers(self, sheet: int) -> range:
        """Which pictures are on ``sheet``, by rows from the left."""
        return range(sheet * SHEET, min((sheet + 1) * SHEET, self.count))

    def corner(self, number: int) -> tuple[int, int]:
        """Where picture ``number`` lies on its sheet, in pixels."""
        row, column = divmod(number % SHEET, COLUMNS)
        return column * self.width, row * self.height


def layout_of(info: MediaInfo, plan: Plan) -> Layout:
    """Every ten seconds, and closer in films of less than five minutes."""
    duration = plan.cuts[-1] / TICKS
    step = min(_USUAL_STEP, max(_LEAST_STEP, round(duration / _AT_LEAST, 3)))
    # what is left over at the end shows nothing that the picture before does not
    count = max(1, math.ceil(duration / step - 0.05))
    width, height = display_size(_shown(info))
    scale = _EDGE / max(width, height, 1)
    return Layout(step, count, _even(width * scale), _even(height * scale), duration)


def _even(length: float) -> int:
    return max(2, round(length / 2) * 2)


def _shown(info: MediaInfo) -> VideoTrack:
    track = main_video(info)
    if track.undecodable:
        raise Unplayable(f"No previews: {track.undecodable}.", code="undecodable")
    return track


def index_text(layout: Layout) -> str:
    """WebVTT: for each stretch of the film a sheet, and the rectangle on it."""
    cues = ["WEBVTT\n"]
    for number in range(layout.count):
        last = number + 1 == layout.count
        end = layout.duration if last else (number + 1) * layout.step
        x, y = layout.corner(number)
        cues.append(
            f"{_stamp(number * layout.step)} --> {_stamp(end)}\n"
            f"{number // SHEET}.jpg#xywh={x},{y},{layout.width},{layout.height}\n"
        )
    return "\n".join(cues)


def _stamp(seconds: float) -> str:
    minutes, rest = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{rest // 1000:02}.{rest % 1000:03}"


class Order(msgspec.Struct, frozen=True):
    """One sheet to make."""

    source: Source
    info: MediaInfo
    plan: Plan
    layout: Layout
    sheet: int


def make_sheet(order: Order, check: Callable[[], None]) -> bytes:
    """A JPEG; blocking. ``check`` is called often and raises what ends the work."""
    layout = order.layout
    numbers = layout.numbers(order.sheet)
    rows = math.ceil(len(numbers) / COLUMNS)
    size = (min(COLUMNS, len(numbers)) * layout.width, rows * layout.height)
    sheet = Image.new("RGB", size)
    found = False
    for number, image in zip(numbers, _pictures(order, check), strict=False):
        if image is not None:
            sheet.paste(image, layout.corner(number))
            found = True
    if not found:
        raise Unplayable("No picture of this film can be decoded.", code="no_frame")
    target = io.BytesIO()
    sheet.save(target, "JPEG", quality=_QUALITY)
    return target.getvalue()


def _pictures(order: Order, check: Callable[[], None]) -> Iterator[Image.Image | None]:
    track = _shown(order.info)
    step = round(order.layout.step * TICKS)
    times = [number * step for number in order.layout.numbers(order.sheet)]
    plan = order.plan
    opening = Opening(order.source, track.index, plan.zero_ticks, plan.frame_ticks, check)
    still = _Still(track, order.layout)
    if _may_decode_through(order.layout, track) and _are_rare(opening, times, 2 * step):
        with Reader(msgspec.structs.replace(opening, one_thread=True)) as reader:
            yield from _every_picture(reader, times, still)
        return
    with Reader(msgspec.structs.replace(opening, one_thread=True, keys_only=True)) as reader:
        keys = _Keys(reader)
        try:
            for time in times:
                check()
                yield keys.picture(time + step // _NEARER, still)
        finally:
            keys.forget()


def _may_decode_through(layout: Layout, track: VideoTrack) -> bool:
    pixels = layout.duration * (track.fps or 25) * track.width * track.height
    return layout.step < _USUAL_STEP and pixels <= _MOST_PIXELS


def _are_rare(opening: Opening, times: list[int], far: int) -> bool:
    """Whether some time lies ``far`` behind the keyframe before it."""
    with Reader(opening) as reader:
        keys = _Keys(reader)
        try:
            return any(time - (keys.time_at(time) or 0) > far for time in times)
        finally:
            keys.forget()


class _Still:
    """A decoded frame as a small upright image."""

    def __init__(self, track: VideoTrack, layout: Layout) -> None:
        # woven lines do not show at this size
        plain = msgspec.structs.replace(track, interlaced=False)
        self._picture = Picture(plain, layout.width, layout.height)
        self._matrix = "ITU709" if delivered_colours(track).matrix == _BT709 else "ITU601"

    def image(self, ticks: int, frame: Any) -> Image.Image | None:
        """Frames may differ in kind, so one that was kept back may come first."""
        small: list[Any] = [one for _, one in self._picture.push(ticks, frame)]
        image: Image.Image | None = None
        if small:
            image = small[-1].to_image(src_colorspace=self._matrix)
        return image


def _every_picture(reader: Reader, times: list[int], still: _Still) -> Iterator[Image.Image | None]:
    """The picture shown at each of ``times``, by decoding all."""
    reader.seek(times[0])
    shown: tuple[int, Any] | None = None
    waiting = iter(times)
    time = next(waiting, None)
    for ticks, frame in reader.frames():
        while time is not None and ticks > time and shown is not None:
            yield still.image(*shown)
            time = next(waiting, None)
        if time is None:
            return
        shown = ticks, frame
    while time is not None:
        yield still.image(*shown) if shown else None
        time = next(waiting, None)


class _Keys:
    """The keyframe at or before a time; times rise."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._reads_on = False
        self._exact = bool(_INDEXED & set(reader.container.format.name.split(",")))
        self._packet: Any = None
        self._made_of: int | None = None
        self._image: Image.Image | None = None

    def forget(self) -> None:
        """Packets must go before their container."""
        self._packet = None

    def time_at(self, ticks: int) -> int | None:
        """When the keyframe is shown; it is the one that ``picture`` decodes."""
        if not self._reads_on:
            self._reader.seek(ticks)
            self._packet = None
            self._packet = next((one for one in self._reader.packets() if one.is_keyframe), None)
            at = self._time()
            self._reads_on = at is None or ticks - at > _LOST
            if at is not None and self._exact and not self._reads_on:
                return at
        self._read_on(ticks)
        return self._time()

    def _read_on(self, ticks: int) -> None:
        for packet in self._reader.packets():
            at = self._reader.packet_ticks(packet)
            # pictures shown before a keyframe may follow it
            over = at is not None and at > ticks + (0 if packet.is_keyframe else TICKS)
            if over and self._packet is not None:
                self._reader.put_back(packet)
                return
            if packet.is_keyframe:
                self._packet = packet

    def _time(self) -> int | None:
        return None if self._packet is None else self._reader.packet_ticks(self._packet)

    def picture(self, ticks: int, still: _Still) -> Image.Image | None:
        """The one before when there is none."""
        at = self.time_at(ticks)
        if self._packet is None or (at is not None and at == self._made_of):
            return self._image
        frame = self._decoded()
        if frame is not None:
            self._image = still.image(at or 0, frame) or self._image
        self._made_of = at
        return self._image

    def _decoded(self) -> Any:
        context = self._reader.stream.codec_context
        context.flush_buffers()
        frames = _frames(context, self._packet) + _frames(context, None)
        if not frames and not self._reads_on:
            frames = self._after_key(context)
        return frames[0] if frames else None

    def _after_key(self, context: Any) -> list[Any]:
        """A keyframe may need those that follow, where pictures are refreshed in stripes."""
        context.flush_buffers()
        context.skip_frame = "DEFAULT"
        try:
            frames = _frames(context, self._packet)
            for number, packet in enumerate(self._reader.packets()):
                if frames or number > _UNTIL_PICTURE:
                    break
                frames = _frames(context, packet)
            return frames or _frames(context, None)
        finally:
            context.skip_frame = "NONKEY"


def _frames(context: Any, packet: Any) -> list[Any]:
    """None for a damaged packet: others may do."""
    try:
        return list(context.decode(packet))
    except (av.FFmpegError, ValueError):
        return []
