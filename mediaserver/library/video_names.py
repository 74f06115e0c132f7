"""Home videos: the file's name is its title, nothing is guessed, the date may stand in the name.

Every video file is an item here, whatever it is called; the rules for samples, extras and parts
do not apply.
"""

import datetime as dt
import re

from mediaserver.library.extensions import is_video, nfc, stem
from mediaserver.library.models import Identity
from mediaserver.library.tree import Tree, base_name

_DATE = re.compile(
    r"(?<!\d)(?P<y>(?:19|20)\d\d)(?P<sep>[-._ ]?)(?P<m>\d\d)(?P=sep)(?P<d>\d\d)(?!\d)"
)


def identify_videos(tree: Tree) -> dict[str, Identity]:
    return {entry.path: _identity(entry.path) for entry in tree if is_video(entry.path)}


def date_in(name: str) -> str | None:
    """The first real day written year first, as phones and cameras do: 2018-03-24, 20180324."""
    for match in _DATE.finditer(name):
        try:
            return dt.date(int(match["y"]), int(match["m"]), int(match["d"])).isoformat()
        except ValueError:
            continue
    return None


def _identity(path: str) -> Identity:
    title = nfc(stem(base_name(path)))
    date = date_in(title)
    return Identity(
        kind="video",
        key=f"video:{path}",
        title=title,
        rule="N1",
        date=date,
        year=int(date[:4]) if date else None,
    )
