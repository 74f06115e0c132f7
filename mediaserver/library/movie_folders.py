"""Which videos of a movie library are one film, its versions, its parts or its extras.

The folder decides (rules M3, M4, V1, V2 and §4): one main video is the folder's film; several are
versions of it when every one is called like the folder, and films of their own otherwise.
"""

from collections.abc import Sequence

import msgspec

from mediaserver.library.artwork_files import Pictures
from mediaserver.library.discs import Disc, find_discs, is_disc_number
from mediaserver.library.extensions import fold, is_video, stem
from mediaserver.library.extras import extra_folders, extra_identity, name_extra
from mediaserver.library.models import Identity
from mediaserver.library.movie_names import (
    MovieName,
    Part,
    movie_name,
    parts_of,
    same_movie,
    version_label,
)
from mediaserver.library.tree import Folder, Ignored, Tree, base_name, by_folder, child, parent


class _Unit(msgspec.Struct, frozen=True):
    """One film's file, or the files of one film in parts. ``stem`` is what they are called."""

    paths: tuple[str, ...]
    stem: str
    numbers: tuple[int | None, ...] = (None,)


class _Film(msgspec.Struct, frozen=True):
    """What is decided about one unit; the rest of its identity follows from the names."""

    key: str
    name: MovieName
    rule: str
    confidence: float
    version: str | None = None
    alone: bool = False


def identify_movies(tree: Tree) -> dict[str, Identity | Ignored]:
    return _MovieTree(tree).identify()


class _MovieTree:
    def __init__(self, tree: Tree) -> None:
        self._folders = by_folder(tree)
        self._pictures = Pictures(self._folders)
        self._found: dict[str, Identity | Ignored] = {}
        self._sole: dict[str, str] = {}
        """The key of the film of every folder that holds exactly one."""

    def identify(self) -> dict[str, Identity | Ignored]:
        discs = find_discs(self._folders)
        for disc in discs:
            self._disc(disc)
        extras = extra_folders(self._folders, self._is_movie_folder)
        for folder in self._folders.values():
            if extras[folder.path] is None:
                self._folder(folder)
        for folder in self._folders.values():
            if (kind := extras[folder.path]) is not None:
                self._extras(folder, kind[0], self._sole.get(kind[1]))
        return self._found

    def _is_movie_folder(self, folder: Folder) -> bool:
        if any(is_video(base_name(entry.path)) for entry in folder.files):
            return True
        name = movie_name(folder.name)
        return name.year is not None or bool(name.ids) or folder.path in self._sole

    def _disc(self, disc: Disc) -> None:
        folder = disc.path
        named_by = parent(folder) if is_disc_number(base_name(folder)) else folder
        name = movie_name(base_name(named_by) or "Disc")
        film = _Film(f"movie:{folder}", name, "N5", 1.0 if name.year else 0.7, alone=True)
        numbers = tuple(range(1, len(disc.film) + 1)) if len(disc.film) > 1 else (None,)
        self._add(folder, _Unit(disc.film, base_name(folder), numbers), film)
        for path in disc.rest:
            self._found[path] = Ignored("Part of a disc that is not its film.")
        self._sole[folder] = film.key

    def _folder(self, folder: Folder) -> None:
        videos = [
            entry.path
            for entry in folder.files
            if is_video(base_name(entry.path)) and entry.path not in self._found
        ]
        if not videos:
            return
        stems = {fold(stem(base_name(path))) for path in videos}
        extras = {path: kind for path in videos if (kind := _extra(folder, path, stems))}
        units = _units([path for path in videos if path not in extras])
        films = _films(folder, units)
        for unit, film in zip(units, films, strict=True):
            self._add(folder.path, unit, film)
        if folder.path and len({film.key for film in films}) == 1:
            self._sole[folder.path] = films[0].key
        by_stem = {fold(unit.stem): film.key for unit, film in zip(units, films, strict=True)}
        for path, (sort, owner) in extras.items():
            key = by_stem.get(fold(owner)) or self._sole.get(folder.path)
            self._found[path] = extra_identity(path, sort, key)

    def _extras(self, folder: Folder, kind: str, owner: str | None) -> None:
        for entry in folder.files:
            if is_video(base_name(entry.path)) and entry.path not in self._found:
                self._found[entry.path] = extra_identity(entry.path, kind, owner)

    def _add(self, folder: str, unit: _Unit, film: _Film) -> None:
        for path, number in zip(unit.paths, unit.numbers, strict=False):
            name = film.name
            stems = [stem(base_name(path)), unit.stem]
            if film.alone:
                stems.append(base_name(folder))
            self._found[path] = Identity(
                kind="movie",
                key=film.key,
                title=name.title,
                rule=film.rule,
                confidence=film.confidence,
                year=name.year,
                version=film.version,
                edition=name.edition,
                part=number,
                provider_ids=name.ids,
                art=self._pictures.item(folder, stems, alone=film.alone, word="movie"),
            )


def _extra(folder: Folder, path: str, stems: set[str]) -> tuple[str, str] | None:
    """The kind of extra a file is by its own name, and the name it is an extra to."""
    name = stem(base_name(path))
    found = name_extra(name)
    if found is None or (folder.path and fold(name) == fold(folder.name)):
        return None
    kind, owner, sure = found
    return (kind, owner) if sure or fold(owner) in stems else None


def _units(paths: Sequence[str]) -> list[_Unit]:
    """The files as they play: parts together, in the order of their numbers."""
    names = {base_name(path): path for path in paths}
    parts = parts_of(list(names))
    stacks: dict[str, list[tuple[Part, str]]] = {}
    units = [
        _Unit((path,), stem(base_name(path))) for path in paths if base_name(path) not in parts
    ]
    for name, part in parts.items():
        stacks.setdefault(part.group, []).append((part, names[name]))
    for stack in stacks.values():
        stack.sort(key=lambda pair: pair[0].number)
        numbers = tuple(part.number for part, _ in stack)
        units.append(_Unit(tuple(path for _, path in stack), stack[0][0].whole, numbers))
    return units


def _films(folder: Folder, units: list[_Unit]) -> list[_Film]:
    """One film for each unit, in their order."""
    if not folder.path:
        return [_own_film(folder, unit) for unit in units]
    if len(units) == 1:
        return [_sole_film(folder, units[0])]
    return _versions(folder, units) or [_own_film(folder, unit) for unit in units]


def _own_film(folder: Folder, unit: _Unit) -> _Film:
    """A film of its own, named by its file (M4). The file called like the folder is its film."""
    name = movie_name(unit.stem)
    key = f"movie:{child(folder.path, unit.stem)}"
    if folder.path and version_label(folder.name, unit.stem) == "":
        key = f"movie:{folder.path}"
    return _Film(key, name, "M4" if folder.path else "M2", _trust(name), _label(name))


def _sole_film(folder: Folder, unit: _Unit) -> _Film:
    """The only film of its folder (M3)."""
    of_folder, of_file = movie_name(folder.name), movie_name(unit.stem)
    label = version_label(folder.name, unit.stem)
    if of_folder.year is None and not of_folder.ids:
        # a folder such as "Action" may get more films, and then this one must keep its key
        key = folder.path if label is not None else child(folder.path, unit.stem)
        version = label or _label(of_file)
        return _Film(f"movie:{key}", of_file, "M3", _trust(of_file), version, alone=True)
    name = MovieName(
        title=of_folder.title,
        year=of_folder.year or of_file.year,
        ids={**of_folder.ids, **of_file.ids},
        edition=of_file.edition or of_folder.edition,
    )
    version = name.edition or label or _label(of_file)
    return _Film(f"movie:{folder.path}", name, "M3", 1.0, version, alone=True)


def _versions(folder: Folder, units: list[_Unit]) -> list[_Film] | None:
    """The units as versions of the folder's film, if every one of them fits (V1, V2)."""
    if any(len(unit.paths) > 1 for unit in units):
        return None
    of_folder = movie_name(folder.name)
    names = [movie_name(unit.stem) for unit in units]
    labels = [version_label(folder.name, unit.stem) for unit in units]
    if len({name.year for name in names}) > 1:
        return None
    rule = "V1"
    if None in labels:
        # not called like the folder to the letter, but every one says the same title and year
        if of_folder.year is None or not all(same_movie(of_folder, name) for name in names):
            return None
        rule = "V2"
    ids = dict(of_folder.ids)
    for name in names:
        ids |= name.ids
    year = of_folder.year or names[0].year
    return [
        _Film(
            key=f"movie:{folder.path}",
            name=MovieName(of_folder.title, year, ids, name.edition or of_folder.edition),
            rule=rule,
            confidence=1.0 if rule == "V1" else 0.9,
            version=name.edition or label or _label(name),
            alone=True,
        )
        for name, label in zip(names, labels, strict=True)
    ]


def _label(name: MovieName) -> str | None:
    return name.edition or name.quality


def _trust(name: MovieName) -> float:
    """How far a name alone is believed: one with an id or a year was given with care."""
    if name.ids:
        return 1.0
    return 0.9 if name.year is not None else 0.6
