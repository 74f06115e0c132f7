"""What people browse: items, their versions and pictures. The item struct is the API's shape."""

from enum import StrEnum

import msgspec

from mediaserver.ids import FileId, ItemId, LibraryId
from mediaserver.library import AudioTrack, SubtitleTrack


class ItemKind(StrEnum):
    MOVIE = "movie"
    SHOW = "show"
    SEASON = "season"
    EPISODE = "episode"
    VIDEO = "video"


class ItemState(StrEnum):
    """``away``: its disk is not there now; ``failed``: its file cannot be played."""

    PRESENT = "present"
    AWAY = "away"
    FAILED = "failed"


class Image(msgspec.Struct, frozen=True):
    """``url`` is stable until the picture changes; ``placeholder`` a tiny data: URL or None."""

    url: str
    placeholder: str | None = None


class UserData(msgspec.Struct, frozen=True):
    """What this viewer did with an item; filled in by the door from history."""

    position: float = 0.0
    watched: bool = False
    favorite: bool = False
    rating: float | None = None
    last_watched_at: float | None = None


class ItemCard(msgspec.Struct, frozen=True, kw_only=True):
    """An item as lists and rows show it."""

    id: ItemId
    kind: ItemKind
    library_id: LibraryId
    title: str
    state: ItemState = ItemState.PRESENT
    year: int | None = None
    duration: float | None = None
    added_at: float = 0.0
    show_id: ItemId | None = None
    show_title: str | None = None
    season_id: ItemId | None = None
    season_number: int | None = None
    episode_number: int | None = None
    episode_end: int | None = None
    date: str | None = None
    height: int | None = None
    child_count: int | None = None
    """Episodes of a show or season."""
    unwatched_count: int | None = None
    images: dict[str, Image] = {}
    user: UserData = UserData()


class Version(msgspec.Struct, frozen=True, kw_only=True):
    """One file of an item. ``path`` is for owner and admin only."""

    id: FileId
    label: str
    size: int
    container: str | None = None
    width: int | None = None
    height: int | None = None
    video_codec: str | None = None
    hdr: str | None = None
    duration: float | None = None
    audio_tracks: tuple[AudioTrack, ...] = ()
    subtitle_tracks: tuple[SubtitleTrack, ...] = ()
    problem: str | None = None
    path: str | None = None


class Item(ItemCard, frozen=True, kw_only=True):
    overview: str | None = None
    genres: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    versions: tuple[Version, ...] = ()


class Page(msgspec.Struct, frozen=True):
    """A keyset page; ``next_cursor`` is None on the last."""

    items: tuple[ItemCard, ...]
    next_cursor: str | None
    total: int
