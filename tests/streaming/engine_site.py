"""The engine behind URLs, for the black-box checker: a multivariant playlist made by hand."""

from __future__ import annotations

import math
import re
from pathlib import Path

import msgspec

from mediaserver.ids import FileId
from mediaserver.library import MediaInfo, probe
from mediaserver.streaming.engine import Engine
from mediaserver.streaming.makers import Rendition, segment_durations
from mediaserver.streaming.models import AudioRendition, Plan, Source, VideoRendition

STEREO = 160_000


def source_of(path: Path) -> Source:
    status = path.stat()
    return Source(
        FileId(path.name), str(path.parent), str(path), status.st_size, status.st_mtime_ns
    )


def info_of(path: Path) -> MediaInfo:
    return probe(path, path.parent)


class Site(msgspec.Struct):
    """``fetch`` for ``tests/hls.py``."""

    engine: Engine
    source: Source
    info: MediaInfo
    plan: Plan
    renditions: dict[str, Rendition]

    async def fetch(self, url: str) -> bytes:
        if url == "master.m3u8":
            return self._multivariant().encode()
        name, _, rest = url.partition("/")
        rendition = self.renditions[name]
        if rest == "index.m3u8":
            return self._media(rendition).encode()
        if rest == "init.mp4":
            return await self.engine.init_segment(self.source, self.info, self.plan, rendition)
        number = re.fullmatch(r"(\d+)\.m4s", rest)
        assert number, url
        made = await self.engine.media_segment(
            self.source, self.info, self.plan, rendition, int(number[1])
        )
        return made.data

    def durations(self, name: str) -> list[float]:
        return segment_durations(self.plan, self.renditions[name])

    def _multivariant(self) -> str:
        lines = ["#EXTM3U", "#EXT-X-VERSION:7"]
        loudest = 0
        for one in self.renditions.values():
            if isinstance(one, AudioRendition):
                loudest = max(loudest, one.bit_rate)
                lines.append(
                    f'#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="{one.name}"'
                    f',URI="{one.name}/index.m3u8"'
                )
        for one in self.renditions.values():
            if isinstance(one, VideoRendition):
                lines.append(
                    f"#EXT-X-STREAM-INF:BANDWIDTH={one.peak_bit_rate + loudest}"
                    f',CODECS="{one.codec_string}",AUDIO="a"'
                )
                lines.append(f"{one.name}/index.m3u8")
        return "\n".join(lines)

    def _media(self, rendition: Rendition) -> str:
        durations = segment_durations(self.plan, rendition)
        lines = [
            "#EXTM3U",
            "#EXT-X-VERSION:7",
            f"#EXT-X-TARGETDURATION:{math.ceil(max(durations))}",
            "#EXT-X-PLAYLIST-TYPE:VOD",
            '#EXT-X-MAP:URI="init.mp4"',
        ]
        for k, duration in enumerate(durations):
            lines += [f"#EXTINF:{duration:.6f},", f"{k}.m4s"]
        return "\n".join([*lines, "#EXT-X-ENDLIST"])


async def site_of(engine: Engine, path: Path, info: MediaInfo | None = None) -> Site:
    """All renditions that make sense for the file at ``path``."""
    source, info = source_of(path), info or info_of(path)
    plan = await engine.plan(source, info)
    renditions: dict[str, Rendition] = {}
    track = info.video[0]
    if not plan.copy_refused:
        renditions["original"] = VideoRendition(
            "original",
            track.index,
            copy=True,
            width=track.width,
            height=track.height,
            peak_bit_rate=plan.copy_peak_bit_rate or 1,
            average_bit_rate=plan.copy_average_bit_rate or 1,
            codec_string="avc1.640028",
        )
    renditions["144p"] = VideoRendition(
        "144p",
        track.index,
        copy=False,
        width=max(16, round(track.width * 144 / track.height / 2) * 2),
        height=144,
        peak_bit_rate=600_000,
        average_bit_rate=300_000,
        codec_string="avc1.64001E",
    )
    for sound in info.audio:
        names = ("stereo", "copy") if sound.codec == "aac" else ("stereo",)
        for name in names:
            renditions[f"audio-{sound.index}-{name}"] = AudioRendition(
                f"audio-{sound.index}-{name}",
                sound.index,
                copy=name == "copy",
                channels=sound.channels if name == "copy" else 2,
                bit_rate=512_000 if name == "copy" else STEREO,
                codec_string="mp4a.40.2",
            )
    return Site(engine, source, info, plan, renditions)
