"""What people browse: items, their versions and pictures. The item struct is the API's shape."""

from enum import StrEnum

import msgspec

from mediaserver.ids import FileId, ItemId, LibraryId, RootId
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


class ImageType(StrEnum):
    POSTER = "poster"
    BACKDROP = "backdrop"
    LOGO = "logo"
    THUMB = "thumb"


class ImageSource(StrEnum):
    """``beside`` lies next to the media; ``generated`` is a frame; ``chosen`` a person's pick."""

    BESIDE = "beside"
    GENERATED = "generated"
    CHOSEN = "chosen"


class Image(msgspec.Struct, frozen=True):
    """``url`` is stable until the picture changes; ``placeholder`` a tiny data: URL or None."""

    url: str
    placeholder: str | None = None


class UserData(msgspec.Struct, frozen=True):
    """What this viewer did with an item; filled in from history.

    ``position`` is where they stopped, always; ``resume_position`` is what to offer, 0 for none.
    """

    position: float = 0.0
    resume_position: float = 0.0
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


class Sort(StrEnum):
    TITLE = "title"
    ADDED = "added"
    YEAR = "year"
    DURATION = "duration"


class Order(StrEnum):
    ASCENDING = "asc"
    DESCENDING = "desc"


class Filter(msgspec.Struct, frozen=True, kw_only=True):
    """Which items a list holds. Without ``kinds``: movies, shows and videos."""

    kinds: tuple[ItemKind, ...] = ()
    library_id: LibraryId | None = None
    genre: str | None = None
    year: int | None = None
    only: frozenset[ItemId] | None = None
    without: frozenset[ItemId] | None = None


class Query(msgspec.Struct, frozen=True, kw_only=True):
    """One page of a list. Titles ascend unless told otherwise, everything else descends.

    ``page`` (from 1) is the other way to ask for a place; it reaches the first 10,000 rows.
    """

    filter: Filter = Filter()
    sort: Sort = Sort.TITLE
    order: Order | None = None
    limit: int = 50
    cursor: str | None = None
    page: int | None = None


class Facets(msgspec.Struct, frozen=True):
    """How many results there are of each kind, genre and year."""

    kind: dict[str, int] = {}
    genre: dict[str, int] = {}
    year: dict[str, int] = {}


class SearchPage(msgspec.Struct, frozen=True):
    items: tuple[ItemCard, ...]
    next_cursor: str | None
    total: int
    facets: Facets


class GenreCount(msgspec.Struct, frozen=True):
    name: str
    count: int


class ImageOrigin(msgspec.Struct, frozen=True, kw_only=True):
    """Where the bytes of a picture come from.

    ``path`` is relative to ``root_id``'s folder; without a root it is what the artwork store named
    it. ``file_id`` is the media file a frame was taken from.
    """

    source: ImageSource
    root_id: RootId | None = None
    path: str | None = None
    file_id: FileId | None = None
    version: str = ""
    """8 hex digits; empty lets the catalog derive it from the rest."""
    placeholder: str | None = None


class ItemImage(ImageOrigin, frozen=True, kw_only=True):
    """A picture an item owns itself."""

    item_id: ItemId
    type: ImageType


class MissingImage(msgspec.Struct, frozen=True):
    """An item that lacks pictures, and the file whose frames could serve."""

    number: int
    """Its place in the walk over all items."""
    item_id: ItemId
    kind: ItemKind
    types: tuple[ImageType, ...]
    file_id: FileId


class EpisodeRef(msgspec.Struct, frozen=True):
    """An episode's place in its show, and whether it can be played now."""

    id: ItemId
    show_id: ItemId
    season_id: ItemId
    season_number: int
    state: ItemState
