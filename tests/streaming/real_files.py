"""One real file put through the product over HTTP: what came out of it, in words.

``Outcome.result`` is "plays", "refused", "not offered", or "FAILS" with what went wrong in ``why``.
"""

from __future__ import annotations

import io
import math
import re
from collections.abc import Sequence
from urllib.parse import urljoin

import av
import msgspec

from tests import hls
from tests.household import Answer, Household

_SEGMENT_SECONDS = 60.0
NAMED = {400, 404, 409, 422}
"""Statuses of a refusal; whatever else is not 200 is a fault of the server."""


class Known(msgspec.Struct, frozen=True):
    """A line of the manifest: what an independent decoder found."""

    file: str
    expect: str
    video: str
    audio: str
    duration: float
    note: str


class Outcome(msgspec.Struct):
    file: str
    expect: str
    result: str
    mode: str = ""
    why: str = ""
    places: int = 0
    """Segments that were decoded."""

    @property
    def line(self) -> str:
        return f"{self.file:56} {self.expect:9} {self.result:12} {self.mode:15} {self.why}"


class Failing(Exception):
    """What was delivered is not what was promised."""


async def put_through(household: Household, known: Known, place: tuple[str, str] | None) -> Outcome:
    """Play ``known`` at several places; never raises for what the server does wrong."""
    outcome = Outcome(known.file, known.expect, "not offered")
    if place is None:
        return outcome
    item, version = place
    try:
        answer = await household.ask(
            "POST", f"/api/items/{item}/playback", {"version_id": version}, seconds=30
        )
        if answer.status != 200:
            return _refused(outcome, answer)
        decision = answer.body["decision"]
        outcome.mode = decision["mode"]
        outcome.why = ", ".join(dict.fromkeys(one["code"] for one in decision["reasons"]))
        outcome.places = await _watch(household, household.absolute(answer.body["hls_url"]), known)
        outcome.result = "plays"
    except (Failing, hls.Wrong, AssertionError, TimeoutError, OSError, av.FFmpegError) as err:
        outcome.result, outcome.why = "FAILS", f"{type(err).__name__}: {err}".replace("\n", " ")
    return outcome


def _refused(outcome: Outcome, answer: Answer) -> Outcome:
    body = answer.body or {}
    outcome.result = "refused" if answer.status in NAMED and body.get("detail") else "FAILS"
    outcome.why = f"{body.get('code', answer.status)}: {body.get('detail', '')}"
    return outcome


async def _watch(household: Household, url: str, known: Known) -> int:
    """Start, middle and end of the lowest picture and of every sound; the start of all others."""
    video, audio = _renditions((await household.fetch(url)).decode(), url)
    if not video:
        raise Failing("the playlist offers no picture")
    places = 0
    for at, rendition in enumerate(video):
        everywhere = at in {0, len(video) - 1}
        places += await _look(household, rendition, "video", known, everywhere=everywhere)
    for rendition in audio:
        places += await _look(household, rendition, "audio", known, everywhere=True)
    heard = [one for one in known.audio.split(",") if one and not one.endswith(":0ch")]
    if known.expect == "play" and heard and not audio:
        raise Failing(f"no sound of {known.audio}")
    return places


def _renditions(text: str, url: str) -> tuple[list[str], list[str]]:
    """Media playlists of pictures, best first, and of sounds."""
    lines = text.split("\n")
    pictures = [
        (int(hls.attributes(line)["BANDWIDTH"]), urljoin(url, lines[at + 1]))
        for at, line in enumerate(lines)
        if line.startswith("#EXT-X-STREAM-INF:")
    ]
    sounds = [
        urljoin(url, found["URI"])
        for line in lines
        if line.startswith("#EXT-X-MEDIA:")
        for found in [hls.attributes(line)]
        if found["TYPE"] == "AUDIO"
    ]
    return [where for _, where in sorted(pictures, reverse=True)], sounds


async def _look(
    household: Household, url: str, kind: str, known: Known, *, everywhere: bool
) -> int:
    text = (await household.fetch(url)).decode()
    rendition, init_url = hls.parse_media(text, url, kind)
    init = await household.fetch(init_url)
    scale = hls.timescale(init)
    last = len(rendition.segments) - 1
    places = sorted({0, last // 2, last}) if everywhere else [0]
    for k in places:
        segment = rendition.segments[k]
        segment.data = await household.fetch(segment.url, seconds=_SEGMENT_SECONDS)
        hls.read_segment(segment)
        _check(rendition, k, scale)
        whole = known.expect != "refuse"
        _decode(init, segment, f"{_short(url)} {k}/{last}", whole=whole)
    return len(places)


def _check(rendition: hls.Rendition, k: int, scale: int) -> None:
    """Where the segment lies on the timeline, and how long it is, against the playlist."""
    segment = rendition.segments[k]
    where = f"{_short(segment.url)}"
    true = sum(segment.durations) / scale
    slack = 2 * max(segment.durations) / scale + 1e-3
    if not math.isclose(true, segment.extinf, abs_tol=slack):
        raise Failing(f"{where} lasts {true:.3f} s, EXTINF {segment.extinf:.3f}")
    began = sum(one.extinf for one in rendition.segments[:k])
    first = rendition.segments[0].decode_time / scale
    if abs(segment.decode_time / scale - first - began) > slack:
        raise Failing(f"{where} is at {segment.decode_time / scale - first:.3f}, not {began:.3f}")
    if rendition.kind == "video" and segment.flags[0] & 0x00010000:
        raise Failing(f"{where} does not start with a sync sample")


def _decode(init: bytes, segment: hls.Segment, where: str, *, whole: bool) -> None:
    """At least one picture or sound; without an error and none missing when it is ``whole``."""
    found = 0
    with av.open(io.BytesIO(init + segment.data), mode="r") as container:
        for packet in container.demux(container.streams[0]):
            try:
                found += len(packet.decode())
            except av.FFmpegError as err:
                if whole:
                    raise Failing(f"{where}: {err}") from err
        kind = container.streams[0].type
    if not found:
        raise Failing(f"{where}: nothing decodes")
    if whole and kind == "video" and found != len(segment.durations):
        raise Failing(f"{where}: {found} of {len(segment.durations)} pictures decode")


def _short(url: str) -> str:
    found = re.search(r"/v/[^/]+/(.*)", url)
    return found[1] if found else url


def faults(outcomes: Sequence[Outcome]) -> list[str]:
    """The lines that are not what the manifest expects."""
    return [one.line for one in outcomes if not _holds(one)]


def _holds(one: Outcome) -> bool:
    if one.result == "FAILS":
        return False
    if one.expect == "play":
        return one.result == "plays" or (one.result == "refused" and left_out(one))
    if one.expect in {"audio", "subtitles"}:
        return one.result in {"refused", "not offered"}
    if one.expect == "partial":
        return one.result == "plays"
    return one.result in {"plays", "refused", "not offered"}


def left_out(one: Outcome) -> bool:
    """Refused because its codec has no place on the list of decoders, on purpose."""
    return "left out on purpose" in one.why
