"""Decoded frames become delivered ones: upright, square, progressive, 4:2:0 in eight bits, SDR.

Every filter and argument here is a constant or a number; nothing from a file or a request is ever
put into a filter string. Scaling is bilinear, the cheapest measured. HDR is brought to SDR by a
curve on luma in a lookup table: 611 frames a second at 720p, where swscale's own gamut mapping ran
at 10 to 20 and built its tables for 6 to 10 seconds first.
"""

from collections.abc import Iterator

import av
import msgspec
from av.filter import Graph
from av.video.frame import VideoFrame

from mediaserver.library import VideoTrack
from mediaserver.streaming.timeline import TICK, to_ticks

_BT709, _BT470BG, _SMPTE170M = 1, 5, 6
_UNSPECIFIED = 2
_LIMITED = 1
_FULL_RANGE = 2
_MATRICES = {"bt709": _BT709, "bt470bg": _BT470BG, "smpte170m": _SMPTE170M}
_SD_WIDTH, _SD_HEIGHT = 1024, 576
_RGB = 0

# PQ: ST 2084 back to light (10,000 cd/m2 = 1), scaled so that 203 cd/m2, the reference white of
# BT.2408, comes near 0.75 of SDR's range; a shoulder bends what is brighter; gamma 2.4.
_PQ = (
    "st(0,clip((val-64)/876,0,1));"
    "st(1,pow(ld(0),1/78.84375));"
    "st(2,pow(max(ld(1)-0.8359375,0)/(18.8515625-18.6875*ld(1)),1/0.1593017578125));"
    "st(3,ld(2)*10000/203);"
    "st(4,ld(3)*(1+ld(3)/24.27)/(1+ld(3)));"
    "64+876*clip(pow(clip(ld(4)*1.05,0,1),1/2.4),0,1)"
)
# HLG was made to look right on SDR screens but for its highlights: reference white (75 % signal)
# comes to 83 %, a middle grey of 50 % to 63 %.
_HLG = "st(0,clip((val-64)/876,0,1));64+876*2.5*ld(0)/(1.5+ld(0))"
_CHROMA = "clip(512+(val-512)*{gain},64,960)"
_CURVES = {"smpte2084": (_PQ, "1.35"), "arib-std-b67": (_HLG, "1.15")}


class Colours(msgspec.Struct, frozen=True):
    """Code points of ITU-T H.273, written into the stream."""

    primaries: int
    transfer: int
    matrix: int


def delivered_colours(track: VideoTrack) -> Colours:
    """The source's matrix where it is SDR's own, so that nothing is converted; BT.709 elsewhere."""
    matrix = _BT709 if track.hdr else _MATRICES.get(track.color_space or "")
    if matrix is None:
        small = track.width <= _SD_WIDTH and track.height <= _SD_HEIGHT
        known = track.color_space not in {None, "", "unknown", "unspecified", "reserved"}
        matrix = _SMPTE170M if small and not known else _BT709
    transfer = _BT709 if matrix == _BT709 else _SMPTE170M
    return Colours(matrix, transfer, matrix)


class Picture:
    """A filter graph that outlives frames and is rebuilt when their kind changes."""

    def __init__(self, track: VideoTrack, width: int, height: int) -> None:
        self._track = track
        self._size = (width, height)
        self._colours = delivered_colours(track)
        self._kind: tuple[object, ...] | None = None
        self._graph: Graph | None = None

    def push(self, ticks: int, frame: VideoFrame) -> Iterator[tuple[int, VideoFrame]]:
        """What comes out: this frame, or the one before while interlaced lines are woven."""
        kind = (
            frame.width,
            frame.height,
            frame.format.name,
            int(frame.colorspace),
            int(frame.color_range),
        )
        if kind != self._kind:
            yield from self.flush()
            self._graph, self._kind = self._build(frame), kind
        frame.pts, frame.time_base = ticks, TICK
        assert self._graph is not None  # noqa: S101 - built just above
        self._graph.push(frame)
        yield from self._pull()

    def flush(self) -> Iterator[tuple[int, VideoFrame]]:
        if self._graph is not None:
            self._graph.push(None)
            yield from self._pull()
        self._graph = self._kind = None

    def _pull(self) -> Iterator[tuple[int, VideoFrame]]:
        graph = self._graph
        while graph is not None:
            try:
                frame = graph.vpull()
            except (av.BlockingIOError, av.EOFError):
                return
            yield to_ticks(frame.pts or 0, frame.time_base), frame

    def _build(self, frame: VideoFrame) -> Graph:
        graph = Graph()
        nodes = [
            graph.add(
                "buffer",
                video_size=f"{frame.width}x{frame.height}",
                pix_fmt=frame.format.name,
                time_base=str(TICK),
                pixel_aspect="1/1",
                colorspace=str(int(frame.colorspace)),
                range=str(int(frame.color_range)),
            )
        ]
        for name, arguments in self._chain(frame):
            nodes.append(graph.add(name, **arguments))
        nodes.append(graph.add("buffersink"))
        graph.link_nodes(*nodes).configure()
        return graph

    def _chain(self, frame: VideoFrame) -> Iterator[tuple[str, dict[str, str]]]:
        track = self._track
        curve = _CURVES.get(_transfer(track))
        if track.interlaced:
            yield "yadif", {"mode": "send_frame", "deint": "interlaced"}
        yield "scale", self._scale(frame)
        if curve is not None:
            luma, gain = curve
            chroma = _CHROMA.format(gain=gain)
            yield "format", {"pix_fmts": "yuv420p10le"}
            yield "lutyuv", {"y": luma, "u": chroma, "v": chroma}
        yield "format", {"pix_fmts": "yuv420p"}
        if track.mirrored:
            yield "hflip", {}
        if track.rotation == 90:
            yield "transpose", {"dir": "clock"}
        elif track.rotation == 270:
            yield "transpose", {"dir": "cclock"}
        elif track.rotation == 180:
            yield "hflip", {}
            yield "vflip", {}

    def _scale(self, frame: VideoFrame) -> dict[str, str]:
        width, height = self._size
        if self._track.rotation in {90, 270}:
            width, height = height, width
        arguments = {"w": str(width), "h": str(height), "flags": "bilinear", "out_range": "limited"}
        if int(frame.colorspace) not in {_UNSPECIFIED, self._colours.matrix}:
            arguments["out_color_matrix"] = {
                _BT709: "bt709",
                _BT470BG: "bt470bg",
                _SMPTE170M: "smpte170m",
            }[self._colours.matrix]
        return arguments


def _transfer(track: VideoTrack) -> str:
    """Dolby Vision says nothing where it has no compatible base layer: that is PQ."""
    if track.color_transfer is None and track.hdr == "dolby_vision":
        return "smpte2084"
    return track.color_transfer or ""
