"""Which show, season and episode every video of a shows library is (rules S1 to S4, V6, E5).

The top folder is the show. A folder below it may be a season; a file's own name has the last word
on the season. Episodes with one number are versions, files equal but for a part number are parts.
"""

from collections import defaultdict

import msgspec

from mediaserver.library.artwork_files import Pictures
from mediaserver.library.discs import find_discs
from mediaserver.library.episode_names import EpisodeName, Place, episode_name
from mediaserver.library.extensions import is_video, nfc, stem
from mediaserver.library.extras import extra_folders, extra_identity, name_extra
from mediaserver.library.models import Artwork, Identity
from mediaserver.library.movie_names import parts_of
from mediaserver.library.name_text import find_year, same, spaced, take_ids
from mediaserver.library.release_tags import quality, without_tags
from mediaserver.library.season_names import season_name
from mediaserver.library.tree import Folder, Ignored, Tree, base_name, by_folder, parent


class _Show(msgspec.Struct, frozen=True):
    """``folder`` is None for a show without one, whose name the files tell."""

    key: str
    title: str
    year: int | None = None
    ids: dict[str, str] = {}
    folder: str | None = None


class _Spot(msgspec.Struct, frozen=True):
    """A folder's show, if its path tells one, and the season it is or lies in."""

    show: _Show | None = None
    season: int | None = None
    season_folder: str | None = None


def identify_shows(tree: Tree) -> dict[str, Identity | Ignored]:
    return _ShowTree(tree).identify()


class _ShowTree:
    def __init__(self, tree: Tree) -> None:
        self._folders = by_folder(tree)
        self._pictures = Pictures(self._folders)
        self._found: dict[str, Identity | Ignored] = {}
        self._spots: dict[str, _Spot] = {"": _Spot()}
        self._shows: dict[str, _Show] = {}
        """By what their titles share, so that release folders of one show come together."""
        self._show_art: dict[str, Artwork] = {}
        self._season_art: dict[tuple[str, str | None, int], Artwork] = {}

    def identify(self) -> dict[str, Identity | Ignored]:
        self._place_folders()
        for disc in find_discs(self._folders):
            above = parent(disc.path)
            numbers = range(1, len(disc.film) + 1) if len(disc.film) > 1 else [None]
            for path, number in zip(disc.film, numbers, strict=False):
                name = base_name(disc.path)
                self._found[path] = self._episode(path, name, self._spots[above], number)
            for path in disc.rest:
                self._found[path] = Ignored("Part of a disc that is not its film.")
        extras = extra_folders(self._folders, lambda _folder: True)
        for folder in self._folders.values():
            self._folder(folder, extras[folder.path])
        return _with_version_labels(self._found)

    def _place_folders(self) -> None:
        # a plain folder names the show before release folders of the same show join it
        for top in sorted(self._folders[""].folders, key=lambda n: season_name(n) is not None):
            self._spots[top] = self._top(top)
        for path, folder in self._folders.items():
            if path in self._spots:
                continue
            above = self._spots[parent(path)]
            title = above.show.title if above.show else ""
            season = season_name(folder.name, title)
            if season is None:
                self._spots[path] = above
            else:
                self._spots[path] = _Spot(above.show, season.number, path)

    def _top(self, name: str) -> _Spot:
        """The show of a folder in the library root; a release folder is a season as well."""
        text, ids = take_ids(nfc(name))
        season = season_name(text)
        if season is not None and not season.before.strip(" ._-(["):
            return _Spot(None, season.number, name)  # a season whose show is not told
        # "World Series 2004" is a show; "Doctor Who Series 4" is a season of one
        if season is not None and season.number < 1900 and "(" not in season.before:
            title, year = _series_title(season.before, free_year=True)
            return _Spot(self._known(title, year, ids), season.number, name)
        title, year = _series_title(text, free_year=" " not in text)
        show = _Show(f"show:{name}", title, year, ids, name)
        self._shows.setdefault(same(title), show)
        return _Spot(show)

    def _known(self, title: str, year: int | None, ids: dict[str, str]) -> _Show:
        """The show of this title, made up if there is none."""
        key = same(title)
        if key not in self._shows:
            self._shows[key] = _Show(f"show:{key}", title, year, ids)
        return self._shows[key]

    def _folder(self, folder: Folder, extra: tuple[str, str] | None) -> None:
        spot = self._spots[folder.path]
        names = {}
        for entry in folder.files:
            name = base_name(entry.path)
            if not is_video(name) or entry.path in self._found:
                continue
            kind = self._extra_kind(stem(name), extra)
            if kind is None:
                names[name] = entry.path
            else:
                owner = spot.show.key if spot.show else None
                self._found[entry.path] = extra_identity(entry.path, kind, owner)
        if extra is not None:
            spot = _Spot(spot.show, 0, folder.path)
        parts = parts_of(list(names))
        for name, path in names.items():
            part = parts.get(name)
            if part is not None and not _is_sure(episode_name(part.whole, _place(spot))):
                part = None  # "Part 2" of a miniseries is its second episode
            text = part.whole if part else stem(name)
            if len(names) == 1 and folder.path and episode_name(text, _place(spot)) is None:
                text = _telling(folder, text, spot)
            self._found[path] = self._episode(path, text, spot, part.number if part else None)

    def _extra_kind(self, name: str, extra: tuple[str, str] | None) -> str | None:
        """What sort of extra a file is. ``Extras`` may be a season of specials (S1)."""
        if extra is not None:
            read = episode_name(name, Place()) if extra[0] == "extra" else None
            return None if _is_sure(read) else extra[0]
        found = name_extra(name)
        return found[0] if found is not None and found[2] else None

    def _episode(self, path: str, name: str, spot: _Spot, part: int | None) -> Identity:
        read = episode_name(name, _place(spot))
        show = spot.show or self._show_of(read, name)
        if read is None:
            season = spot.season if spot.season is not None else 1
            rule = "S1" if spot.season is not None else "S3"
            read = EpisodeName(rule, 0.7 if season == 0 else 0.3, title=spaced(nfc(name)) or None)
        else:
            season = _season(read, spot)
        return Identity(
            kind="episode",
            key=f"episode:{show.key.removeprefix('show:')}:{_number_key(read, season, name, path)}",
            title=read.title or _plain_title(read) or nfc(name),
            rule=read.rule,
            confidence=read.confidence,
            date=read.date,
            part=part,
            series_key=show.key,
            series_title=show.title,
            series_year=show.year,
            season=season,
            episode=read.episode,
            episode_end=read.episode_end,
            provider_ids=take_ids(nfc(name))[1],
            series_provider_ids=show.ids,
            art=self._pictures.episode(parent(path), stem(base_name(path))),
            series_art=self._art_of_show(show),
            season_art=self._art_of_season(show, spot, season),
        )

    def _show_of(self, read: EpisodeName | None, name: str) -> _Show:
        """The show a file names itself, for a file in the library root (S3)."""
        before = read.before if read is not None else name
        title, year = _series_title(before, free_year=True)
        return self._known(title if read and before.strip(" ._-") else "Unknown show", year, {})

    def _art_of_show(self, show: _Show) -> Artwork:
        if show.folder is None:
            return Artwork()
        if show.key not in self._show_art:
            self._show_art[show.key] = self._pictures.show(show.folder)
        return self._show_art[show.key]

    def _art_of_season(self, show: _Show, spot: _Spot, season: int) -> Artwork:
        # a file whose name puts it in another season does not wear its folder's pictures
        folder = spot.season_folder if spot.season == season else None
        top = show.folder
        if top is None:
            return Artwork()
        key = (top, folder, season)
        if key not in self._season_art:
            self._season_art[key] = self._pictures.season(top, folder, season)
        return self._season_art[key]


def _place(spot: _Spot) -> Place:
    return Place(spot.show.title if spot.show else "", spot.season)


def _telling(folder: Folder, name: str, spot: _Spot) -> str:
    """A scrambled file name in a release folder of its own: the folder tells the episode."""
    return folder.name if _is_sure(episode_name(folder.name, _place(spot))) else name


def _is_sure(read: EpisodeName | None) -> bool:
    return read is not None and read.confidence >= 0.8


def _series_title(text: str, *, free_year: bool) -> tuple[str, int | None]:
    """Title and year of ``Name (Year)``; a free-standing year counts in release names only."""
    text = text.strip(" ._-[(")
    found = find_year(text)
    if found is not None and (free_year or text[found[1]] in "([") and found[1] > 0:
        return spaced(text[: found[1]].strip(" ._-")) or spaced(text), found[0]
    title = without_tags(text) if free_year else text
    return spaced(title) or spaced(text) or text, None


def _season(read: EpisodeName, spot: _Spot) -> int:
    if read.season is not None:
        return read.season
    if spot.season is not None:
        return spot.season
    return int(read.date[:4]) if read.date else 1


def _number_key(read: EpisodeName, season: int, name: str, path: str) -> str:
    """What binds the versions of one episode: its numbers or its day (V6)."""
    if read.date is not None:
        return read.date
    if read.episode is None:
        # a special without a number is known by its name alone
        return f"{parent(path)}/{nfc(name)}"
    key = f"s{season:02d}e{read.episode:02d}"
    if read.episode_end is not None:
        key += f"-e{read.episode_end:02d}"
    return f"{key}.{read.sub}" if read.sub else key


def _plain_title(read: EpisodeName) -> str | None:
    if read.episode is None:
        return read.date
    if read.episode_end is not None:
        return f"Episodes {read.episode}–{read.episode_end}"
    return f"Episode {read.episode}"


def _with_version_labels(found: dict[str, Identity | Ignored]) -> dict[str, Identity | Ignored]:
    """Labels for episodes that come in several files; a lone file needs none."""
    versions: dict[str, list[tuple[str, Identity]]] = defaultdict(list)
    for path, identity in found.items():
        if isinstance(identity, Identity) and identity.kind == "episode" and not identity.part:
            versions[identity.key].append((path, identity))
    for several in versions.values():
        for path, identity in several if len(several) > 1 else ():
            name = stem(base_name(path))
            found[path] = msgspec.structs.replace(identity, version=quality(name) or nfc(name))
    return found
