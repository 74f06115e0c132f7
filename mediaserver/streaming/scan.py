"""A whole pass over the packets of one track: exact, at the price of reading the file.

Used where a container carries no index and the file is small.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av

from mediaserver.source import open_media
from mediaserver.streaming.frame_index import FrameIndex, nominal_ticks, usual_step
from mediaserver.streaming.models import Source
from mediaserver.streaming.timeline import to_ticks


class _Gop:
    """A keyframe and the packets up to the next, in decode order."""

    def __init__(self, key: int, size: int) -> None:
        self.key, self.size, self.leading = key, size, False


class _Pictures:
    def __init__(self, stream: Any) -> None:
        self._time_base = stream.time_base
        self._rate = stream.average_rate
        self._times: list[int] = []
        self._gops: list[_Gop] = []
        self._last_duration = 0
        # AVI knows the order of decoding only; what libav makes of it is a guess.
        self._untimed = stream.container.format.name == "avi"
        self._discarded = self._headless = False

    def add(self, packet: Any) -> None:
        time = packet.pts if packet.pts is not None else packet.dts
        self._untimed = self._untimed or packet.pts is None
        if time is None:
            return
        at = to_ticks(time, self._time_base)
        if packet.is_keyframe:
            self._gops.append(_Gop(at, packet.size))
        elif self._gops:
            gop = self._gops[-1]
            gop.size += packet.size
            gop.leading = gop.leading or at < gop.key
        else:
            self._headless = True
        if packet.is_discard:
            self._discarded = True
        else:
            self._times.append(at)
            self._last_duration = to_ticks(packet.duration or 0, self._time_base)

    def result(self) -> FrameIndex | None:
        if not self._times:
            return None
        times = sorted(set(self._times))
        if self._gops and self._headless:
            # What comes before the first keyframe refers to pictures that the file does not hold.
            times = [at for at in times if at >= self._gops[0].key]
        step = usual_step(times, nominal_ticks(self._rate))
        last = self._last_duration if 0 < self._last_duration < 10 * step else step
        keys = [gop.key for gop in self._gops]
        exact = (
            not self._untimed
            and len(set(self._times)) == len(self._times)
            and keys == sorted(set(keys))
        )
        return FrameIndex(
            keyframes=sorted(set(keys)),
            first=times[0],
            end=times[-1] + last,
            frame_ticks=step,
            sizes=[gop.size for gop in self._gops] if exact else [],
            times=times,
            refused=self._refusal(exact=exact, starts=bool(keys) and keys[0] == times[0]),
        )

    def _refusal(self, *, exact: bool, starts: bool) -> str | None:
        if not exact:
            return "timestamps_missing"
        if any(gop.leading for gop in self._gops):
            return "open_gop"
        if self._discarded:
            return "edit_list"
        if self._headless or not starts:
            return "starts_without_keyframe"
        return None


def scan(source: Source, track: int, check: Callable[[], None]) -> FrameIndex | None:
    """What every packet of ``track`` says; None when none has a time."""
    with open_media(Path(source.path), Path(source.root)) as container:
        stream = container.streams[track]
        pictures = _Pictures(stream)
        last: Any = None
        try:
            for packet in container.demux(stream):
                check()
                if packet.size:
                    if last is not None:
                        pictures.add(last)
                    last = packet
        except (av.FFmpegError, OSError):
            pass  # what was read up to the damage is what can be played
        if last is not None and not last.is_corrupt:
            pictures.add(last)  # else the file breaks off inside it
        return pictures.result()
