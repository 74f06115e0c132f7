"""From files to items, purely: where a file belongs, and what its item then looks like."""

import re
from collections.abc import Iterable, Sequence

import msgspec

from mediaserver.catalog.models import (
    ImageOrigin,
    ImageSource,
    ImageType,
    ItemKind,
    ItemState,
)
from mediaserver.catalog.rows import FileFacts, ItemFile, ItemRow
from mediaserver.catalog.text import clean, sort_key
from mediaserver.ids import RootId
from mediaserver.library import Artwork, FileState, Identity, MediaFile

_RESOLUTION = re.compile(r"(\d{3,4})[pi]\b", re.IGNORECASE)
_DIGITS = re.compile(r"(\d+)")
_GENRE_SEPARATORS = re.compile(r"\s*(?:;|,|\||\s/\s|\0)\s*")
_KINDS = {"movie": ItemKind.MOVIE, "episode": ItemKind.EPISODE, "video": ItemKind.VIDEO}
_FILE_ORDER = (FileState.OK, FileState.AWAY, FileState.FAILED, FileState.MISSING)


class Place(msgspec.Struct, frozen=True):
    """The item a file belongs to; for an episode its season and show as well."""

    kind: ItemKind
    key: str
    show_key: str | None = None
    season_key: str | None = None
    season: int | None = None


def place(identity: Identity) -> Place | None:
    """None for what is no item of its own, such as a trailer."""
    kind = _KINDS.get(identity.kind)
    if kind is None:
        return None
    if kind is not ItemKind.EPISODE:
        return Place(kind, identity.key)
    season = identity.season
    if season is None:
        season = int(identity.date[:4]) if identity.date else 1
    show_key = identity.series_key or f"show:{identity.series_title or identity.title}"
    return Place(kind, identity.key, show_key, f"{show_key}:s{season:02d}", season)


def facts(file: MediaFile) -> FileFacts:
    info = file.info
    if info is None:
        return FileFacts()
    video = info.video[0] if info.video else None
    sideways = video is not None and video.rotation in {90, 270}
    width, height = (video.width, video.height) if video else (None, None)
    return FileFacts(
        container=info.container,
        width=height if sideways else width,
        height=width if sideways else height,
        video_codec=video.codec if video else None,
        hdr=video.hdr if video else None,
        duration=info.duration,
        audio_tracks=info.audio,
        subtitle_tracks=info.subtitles + file.external_subtitles,
        genres=_genres(info.tags),
        overview=_overview(info.tags),
    )


def best_first(files: Iterable[ItemFile]) -> list[ItemFile]:
    """Playable before not; parts in order; the plain file, then by resolution, then by name."""

    def rank(file: ItemFile) -> tuple[object, ...]:
        label = file.identity.version
        resolution = _RESOLUTION.search(label or "")
        return (
            _FILE_ORDER.index(file.state),
            file.identity.part or 0,
            label is not None,
            -int(resolution[1]) if resolution else 0,
            _natural(label or ""),
            file.path,
        )

    return sorted(files, key=rank)


def label(file: ItemFile) -> str:
    """How a version is called in a picker."""
    if file.identity.version:
        return file.identity.version
    if file.identity.part:
        return f"Part {file.identity.part}"
    short, long = sorted((file.facts.width or 0, file.facts.height or 0))
    # A wide film is cropped in height: 1920x800 is what people call 1080p.
    lines = max(short, round(long * 9 / 16))
    return f"{lines}p" if lines else (file.facts.container or "Original")


def leaf(row: ItemRow, files: Sequence[ItemFile]) -> ItemRow:
    """A movie, episode or video as its files make it; hidden when no file is left."""
    there = [file for file in best_first(files) if file.state is not FileState.MISSING]
    if not there:
        return msgspec.structs.replace(row, hidden=True)
    first = there[0].identity
    added_at = min(file.added_at for file in files)
    title = clean(first.title) or _untitled(first)
    return msgspec.structs.replace(
        row,
        title=title,
        sort_title=sort_key(title),
        overview=_first(file.facts.overview for file in there),
        year=first.year or 0,
        date=first.date,
        episode_number=first.episode,
        episode_end=first.episode_end,
        ordinal=_ordinal(first),
        duration=_duration(there),
        height=max(file.facts.height or 0 for file in there),
        added_at=added_at,
        latest_at=added_at,
        state=_state(there),
        hidden=False,
    )


def genres(files: Sequence[ItemFile]) -> frozenset[str]:
    there = (file for file in best_first(files) if file.state is not FileState.MISSING)
    return frozenset(next((file.facts.genres for file in there if file.facts.genres), ()))


def art(files: Sequence[ItemFile]) -> dict[ImageType, ImageOrigin]:
    """The pictures beside the files, each from the best file that has one."""
    found: dict[ImageType, ImageOrigin] = {}
    for file in best_first(files):
        if file.state is not FileState.MISSING:
            found = origins(file.root_id, file.identity.art) | found
    return found


def origins(root_id: RootId, beside: Artwork) -> dict[ImageType, ImageOrigin]:
    paths = {type_: getattr(beside, type_.value) for type_ in ImageType}
    return {
        type_: ImageOrigin(source=ImageSource.BESIDE, root_id=root_id, path=path)
        for type_, path in paths.items()
        if path
    }


def season_title(number: int) -> str:
    return "Specials" if number == 0 else f"Season {number}"


def together(states: Iterable[ItemState]) -> ItemState:
    """A show or season is present while any episode is, failed when every one is, else away."""
    distinct = set(states)
    if ItemState.PRESENT in distinct or not distinct:
        return ItemState.PRESENT
    return ItemState.FAILED if distinct == {ItemState.FAILED} else ItemState.AWAY


def _state(there: Sequence[ItemFile]) -> ItemState:
    # Away outranks failed: when its disk comes back, the item plays.
    by_file = {FileState.OK: ItemState.PRESENT, FileState.AWAY: ItemState.AWAY}
    return by_file.get(there[0].state, ItemState.FAILED)


def _duration(there: Sequence[ItemFile]) -> float:
    """That of the best version; of all parts together when the item is cut into parts."""
    if there[0].identity.part:
        return sum(file.facts.duration or 0.0 for file in there if file.identity.part)
    return next((file.facts.duration for file in there if file.facts.duration), 0.0)


def _ordinal(identity: Identity) -> int:
    """Order within a season: the number, else the date as YYYYMMDD, else the name alone."""
    if identity.episode is not None:
        return identity.episode
    digits = (identity.date or "").replace("-", "")
    return int(digits) if digits.isdigit() else 0


def _untitled(identity: Identity) -> str:
    if identity.episode is not None:
        return f"Episode {identity.episode}"
    return identity.date or clean(identity.key.rpartition("/")[2]) or "Untitled"


def _genres(tags: dict[str, str]) -> tuple[str, ...]:
    names = _GENRE_SEPARATORS.split(_tag(tags, "genre") or "")
    return tuple(dict.fromkeys(clean(name) for name in names if clean(name)))[:20]


def _overview(tags: dict[str, str]) -> str | None:
    text = _tag(tags, "synopsis") or _tag(tags, "description")
    return clean(text)[:4000] or None if text else None


def _tag(tags: dict[str, str], name: str) -> str | None:
    return next((value for key, value in tags.items() if key.lower() == name), None)


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)


def _natural(text: str) -> tuple[tuple[int, str], ...]:
    """Digits compare by size: "2" before "10"."""
    return tuple(
        (int(part), "") if part.isdigit() else (0, part.casefold()) for part in _DIGITS.split(text)
    )
