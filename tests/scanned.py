"""Media files as the scanner reports them, without a disk: what catalog and shelves begin with."""

import msgspec

from mediaserver.accounts import Role, Viewer
from mediaserver.ids import FileId, LibraryId, RootId, SignInId, UserId, new_id
from mediaserver.library import (
    Artwork,
    AudioTrack,
    FileState,
    Identity,
    Library,
    LibraryKind,
    LibraryRoot,
    MediaFile,
    MediaInfo,
    VideoTrack,
)

NOW = 1_700_000_000.0


def viewer(name: str = "ada", role: Role = Role.VIEWER) -> Viewer:
    return Viewer(UserId(f"user-{name}"), name, role, SignInId(f"sign-in-{name}"))


def library(kind: LibraryKind = LibraryKind.MOVIES, name: str = "Films") -> Library:
    library_id = LibraryId(f"library-{name.lower()}")
    root = LibraryRoot(RootId(f"root-{name.lower()}"), library_id, f"/media/{name.lower()}")
    return Library(library_id, name, kind, NOW, (root,))


def info(duration: float = 6000.0, height: int = 1080, **tags: str) -> MediaInfo:
    video = VideoTrack(index=0, codec="h264", width=height * 16 // 9, height=height)
    audio = AudioTrack(index=1, codec="aac", channels=2, sample_rate=48000)
    return MediaInfo(
        container="matroska", duration=duration, video=(video,), audio=(audio,), tags=tags
    )


def scanned(
    of: Library,
    path: str,
    identity: Identity,
    *,
    media: MediaInfo | None = None,
    added_at: float = NOW,
) -> MediaFile:
    return MediaFile(
        id=FileId(new_id()),
        library_id=of.id,
        root_id=of.roots[0].id,
        path=path,
        size=1_000_000,
        mtime_ns=1,
        state=FileState.OK,
        added_at=added_at,
        identity=identity,
        info=media or info(),
    )


def movie(
    of: Library,
    title: str,
    year: int | None = None,
    *,
    version: str | None = None,
    art: Artwork | None = None,
    media: MediaInfo | None = None,
    added_at: float = NOW,
) -> MediaFile:
    folder = f"{title} ({year})" if year else title
    identity = Identity(
        kind="movie",
        key=f"movie:{folder}",
        title=title,
        rule="M3",
        year=year,
        version=version,
        art=art or Artwork(),
    )
    name = f"{folder} - {version}" if version else folder
    return scanned(of, f"{folder}/{name}.mkv", identity, media=media, added_at=added_at)


def episode(
    of: Library,
    show: str,
    season: int,
    number: int,
    *,
    title: str | None = None,
    year: int | None = None,
    media: MediaInfo | None = None,
    added_at: float = NOW,
    series_art: Artwork | None = None,
    season_art: Artwork | None = None,
) -> MediaFile:
    code = f"s{season:02d}e{number:02d}"
    identity = Identity(
        kind="episode",
        key=f"episode:{show}:{code}",
        title=title or f"Part {number}",
        rule="E1",
        series_key=f"show:{show}",
        series_title=show,
        series_year=year,
        season=season,
        episode=number,
        series_art=series_art or Artwork(),
        season_art=season_art or Artwork(),
    )
    path = f"{show}/Season {season:02d}/{show} {code}.mkv"
    return scanned(of, path, identity, media=media or info(1800.0), added_at=added_at)


def video(of: Library, path: str, *, added_at: float = NOW) -> MediaFile:
    title = path.rpartition("/")[2].rpartition(".")[0]
    identity = Identity(kind="video", key=f"video:{path}", title=title, rule="N1")
    return scanned(of, path, identity, added_at=added_at)


def now(file: MediaFile, state: FileState, reason: str | None = None) -> MediaFile:
    """The same file in another state."""
    return msgspec.structs.replace(file, state=state, reason=reason)


def renamed(file: MediaFile, identity: Identity, path: str) -> MediaFile:
    return msgspec.structs.replace(file, identity=identity, path=path)
