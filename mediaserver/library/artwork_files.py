"""Pictures beside the videos: which file is the poster, backdrop, logo or thumb of what (§8).

The first name in each list that exists wins. A picture named like the video counts anywhere; a
plain ``poster.jpg`` only in a folder that holds one film, or a show, or a season.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain

from mediaserver.library.extensions import PICTURES, extension, fold, is_picture, stem
from mediaserver.library.models import Artwork
from mediaserver.library.tree import Folder, base_name, child

_POSTERS = ("poster", "folder", "cover", "default")
_LOGOS = ("logo", "clearlogo")
_THUMBS = ("landscape", "thumb")
# a numbered run ends after three numbers without a file, so its first file is one of these
_NUMBERED = [f"{dash}{number}" for dash in ("-", "") for number in (1, 2, 3)]
_BACKDROPS = tuple(
    name + number for name in ("fanart", "background", "art") for number in ("", *_NUMBERED)
)
_LATE_BACKDROPS = tuple(f"backdrop{number}" for number in ("", *_NUMBERED))
_EXTRA_BACKDROPS = "extrafanart"

Shelf = Mapping[str, str]
"""The pictures of one folder: their paths by folded stem."""


class Pictures:
    """The pictures of a tree, read folder by folder as they are asked for."""

    def __init__(self, folders: Mapping[str, Folder]) -> None:
        self._folders = folders
        self._shelves: dict[str, Shelf] = {}

    def item(self, folder: str, stems: Sequence[str], *, alone: bool, word: str = "") -> Artwork:
        """Pictures of a film or home video. ``alone``: nothing else lives in its folder.

        ``stems`` are the names pictures may begin with; ``word`` is one more name for a poster.
        """
        shelf = self._shelf(folder)
        if not shelf and not alone:
            return Artwork()
        names = list(dict.fromkeys(fold(name) for name in stems if name))
        plain = [""] if alone else []
        prefixes = [f"{name}-" for name in names] + plain
        posters = chain(names, _with(prefixes, _POSTERS), [word] if alone and word else [])
        backdrop = _first(shelf, _with(prefixes, _BACKDROPS))
        if backdrop is None and alone:
            backdrop = self._extra_backdrop(folder)
        return Artwork(
            poster=_first(shelf, posters),
            backdrop=backdrop or _first(shelf, _with(prefixes, _LATE_BACKDROPS)),
            logo=_first(shelf, _with(prefixes, _LOGOS)),
            thumb=_first(shelf, _with(prefixes, _THUMBS)),
        )

    def show(self, folder: str) -> Artwork:
        return self.item(folder, [base_name(folder)], alone=True, word="show")

    def season(self, show: str, folder: str | None, number: int) -> Artwork:
        """A season's own folder is asked first, then the show's ``season01-poster`` and the like.

        ``folder`` is None for a season whose episodes lie in the show's folder.
        """
        near = Artwork()
        if folder is not None and folder != show:
            near = self.item(folder, [base_name(folder)], alone=True)
        shelf = self._shelf(show)
        names = [f"season{number:02d}", f"season{number}"]
        if number == 0:
            names.insert(0, "season-specials")
        prefixes = [f"{name}-" for name in [*names, "season-all"]]
        return Artwork(
            poster=near.poster or _first(shelf, chain(_with(prefixes, _POSTERS), names)),
            backdrop=near.backdrop or _first(shelf, _with(prefixes, ("fanart", "backdrop"))),
            logo=near.logo or _first(shelf, _with(prefixes, _LOGOS)),
            thumb=near.thumb or _first(shelf, _with(prefixes, _THUMBS)),
        )

    def episode(self, folder: str, name: str) -> Artwork:
        """An episode's picture is a still, wide as the film, so it is its thumb."""
        names = [fold(name), fold(name) + "-thumb"]
        return Artwork(
            thumb=_first(self._shelf(folder), names)
            or _first(self._shelf(self._inner(folder, "metadata")), names)
        )

    def _extra_backdrop(self, folder: str) -> str | None:
        shelf = self._shelf(self._inner(folder, _EXTRA_BACKDROPS))
        return shelf[min(shelf)] if shelf else None

    def _inner(self, folder: str, name: str) -> str:
        """The path of a folder within, whatever its case; one that is not there has no files."""
        here = self._folders.get(folder)
        spelled = next((n for n in here.folders if fold(n) == name), name) if here else name
        return child(folder, spelled)

    def _shelf(self, folder: str) -> Shelf:
        known = self._shelves.get(folder)
        if known is None:
            here = self._folders.get(folder)
            known = self._shelves[folder] = _pictures(here) if here is not None else {}
        return known


def _pictures(folder: Folder) -> Shelf:
    """Where two files share a stem, the better format is kept; empty files do not count."""
    found: dict[str, str] = {}
    for entry in folder.files:
        if entry.size <= 0 or not is_picture(name := base_name(entry.path)):
            continue
        key = fold(stem(name))
        if key not in found or _rank(entry.path) < _rank(found[key]):
            found[key] = entry.path
    return found


def _rank(path: str) -> int:
    return PICTURES.index(extension(base_name(path)))


def _with(prefixes: Iterable[str], names: Sequence[str]) -> Iterator[str]:
    return (prefix + name for prefix in prefixes for name in names)


def _first(shelf: Shelf, names: Iterable[str]) -> str | None:
    return next((shelf[name] for name in names if name in shelf), None) if shelf else None
