"""H.264 by libx264, one encoder per segment, so that any segment can be made by anyone.

The parameters are pinned: presets from ultrafast to veryfast then write the same init, byte for
byte, so the first segment after a seek may be encoded in haste and the rest with care. The rate is
a capped CRF whose buffer holds less than a segment, because BANDWIDTH is printed before anything is
encoded and must hold.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame

from mediaserver.library import VideoTrack
from mediaserver.streaming.models import VideoRendition
from mediaserver.streaming.mux import SegmentFile
from mediaserver.streaming.picture import Colours, delivered_colours
from mediaserver.streaming.timeline import TICK, TICKS

_CRF = 23
_REFERENCES = 2
_FILL = 0.4
_OF_PEAK = 0.86
_PINNED = (
    f"cabac=1:ref={_REFERENCES}:bframes=2:b-pyramid=none:b-adapt=0:8x8dct=1:weightp=1:weightb=1"
    ":deblock=0,0:chroma-qp-offset=0:stitchable=1:scenecut=0:open-gop=0:keyint=infinite"
    ":nal-hrd=none:aud=0"
)
_HASTY = ":rc-lookahead=0:sync-lookahead=0"
_CAREFUL = ":rc-lookahead=10"


class Shape(msgspec.Struct, frozen=True):
    """All that the encoder is told; a pure function of file and rendition."""

    width: int
    height: int
    fps: Fraction
    level: int
    peak_bit_rate: int
    colours: Colours


def shape(track: VideoTrack, rendition: VideoRendition, frame_ticks: int) -> Shape:
    """``rendition.codec_string`` was promised in the playlist, so its level is what is encoded."""
    return Shape(
        width=max(2, rendition.width & ~1),
        height=max(2, rendition.height & ~1),
        fps=Fraction(TICKS, max(frame_ticks, 1)).limit_denominator(1001),
        level=int(rendition.codec_string[-2:], 16),
        peak_bit_rate=rendition.peak_bit_rate,
        colours=delivered_colours(track),
    )


def open_encoder(file: SegmentFile, shape: Shape, *, hasty: bool = False) -> Any:
    """The stream of ``file`` that encodes; its packets are in decode order."""
    options = _options(shape, hasty=hasty)
    stream: Any = file.container.add_stream("libx264", rate=shape.fps, options=options)
    context = stream.codec_context
    context.width, context.height, context.pix_fmt = shape.width, shape.height, "yuv420p"
    context.time_base = TICK
    stream.time_base = TICK
    context.sample_aspect_ratio = Fraction(1, 1)
    context.color_primaries = shape.colours.primaries
    context.color_trc = shape.colours.transfer
    context.colorspace = shape.colours.matrix
    context.color_range = 1
    return stream


def encode(stream: Any, frame: VideoFrame | None, *, at: int, first: bool) -> list[Packet[Any]]:
    """The packets that are ready after ``frame`` (None: all the rest)."""
    if frame is not None:
        # The decoder left the source's picture types, which would be forced on the encoder.
        frame.pict_type = PictureType.I if first else PictureType.NONE
        frame.pts, frame.time_base = at, TICK
    packets: list[Packet[Any]] = stream.encode(frame)
    return packets


def _options(shape: Shape, *, hasty: bool) -> dict[str, str]:
    rate = int(shape.peak_bit_rate * _OF_PEAK)
    return {
        "preset": "ultrafast" if hasty else "veryfast",
        "profile": "high",
        "level": f"{shape.level // 10}.{shape.level % 10}",
        "crf": str(_CRF),
        "maxrate": str(rate),
        "bufsize": str(rate),
        "rc_init_occupancy": str(int(rate * _FILL)),
        "forced-idr": "1",
        "sc_threshold": "0",
        "flags": "+cgop",
        "x264-params": _PINNED + (_HASTY if hasty else _CAREFUL),
    }
