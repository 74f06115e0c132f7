"""Byte ranges and preconditions of RFC 9110, as pure functions of headers and a file's facts."""

import email.utils
import itertools
import re

import msgspec

_MOST_RANGES = 8
_SPEC = re.compile(r"(\d{0,18})-(\d{0,18})")


class Facts(msgspec.Struct, frozen=True):
    """``etag`` is strong and quoted; ``modified`` whole seconds."""

    size: int
    etag: str
    modified: int


class Span(msgspec.Struct, frozen=True):
    start: int
    end: int
    """One past the last byte."""

    def content_range(self, size: int) -> str:
        return f"bytes {self.start}-{self.end - 1}/{size}"


def spans(header: str | None, size: int) -> list[Span] | None:
    """The ranges asked for; [] when none can be satisfied, None when the header is to be ignored.

    Ignored are: no header, another unit, a malformed one, and more or overlapping ranges than any
    player needs (RFC 9110 section 14.2 lets a server do so).
    """
    unit, _, value = (header or "").partition("=")
    if unit.strip().lower() != "bytes":
        return None
    found: list[Span] = []
    asked = value.split(",")
    for text in asked:
        match = _SPEC.fullmatch(text.strip())
        if match is None or match.group() == "-":
            return None
        span = _span(match.group(1), match.group(2), size)
        if span is None:
            return None
        if span.start < span.end:
            found.append(span)
    ordered = sorted(found, key=lambda span: span.start)
    overlap = any(a.end > b.start for a, b in itertools.pairwise(ordered))
    return None if len(asked) > _MOST_RANGES or overlap else found


def _span(first: str, last: str, size: int) -> Span | None:
    """Empty when it lies beyond the end; None when it makes no sense."""
    if not first:
        return Span(max(0, size - int(last)), size)
    if last and int(last) < int(first):
        return None
    return Span(int(first), min(size, int(last) + 1) if last else size)


def unchanged(if_none_match: str | None, if_modified_since: str | None, facts: Facts) -> bool:
    """304: what the client has is what there is."""
    if if_none_match is not None:
        return _names(if_none_match, facts.etag, weak=True)
    since = _time(if_modified_since)
    return since is not None and facts.modified <= since


def changed(if_match: str | None, if_unmodified_since: str | None, facts: Facts) -> bool:
    """412: the client insists on a version that is gone."""
    if if_match is not None:
        return not _names(if_match, facts.etag, weak=False)
    since = _time(if_unmodified_since)
    return since is not None and facts.modified > since


def range_holds(if_range: str | None, facts: Facts) -> bool:
    """Whether Range counts: without If-Range, or when it names exactly this version."""
    if if_range is None:
        return True
    if if_range.lstrip().startswith(('"', "W/")):
        return if_range.strip() == facts.etag
    return _time(if_range) == facts.modified


def _names(header: str, etag: str, *, weak: bool) -> bool:
    tags = [tag.strip() for tag in header.split(",")]
    if weak:
        tags = [tag.removeprefix("W/") for tag in tags]
    return "*" in tags or etag in tags


def _time(header: str | None) -> int | None:
    if not header:
        return None
    try:
        return int(email.utils.parsedate_to_datetime(header).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None
