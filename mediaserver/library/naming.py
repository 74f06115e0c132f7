"""What every video under a library root is, read from where it lies and how it is called.

Pure: a tree of names goes in, identities come out, and no disk is touched. The rules are the ones
households already follow for Jellyfin, Kodi and Plex; each identity says which rule decided.
"""

from mediaserver.library.models import Identity, LibraryKind
from mediaserver.library.movie_folders import identify_movies
from mediaserver.library.show_folders import identify_shows
from mediaserver.library.tree import Ignored, Tree
from mediaserver.library.video_names import identify_videos


def identify_all(kind: LibraryKind, tree: Tree) -> dict[str, Identity | Ignored]:
    """The identity of every video file of one root, by its path, or why it is none.

    ``tree`` is all files that the ignore rules left, pictures and subtitles too: artwork beside a
    video becomes part of its identity.
    """
    if kind is LibraryKind.MOVIES:
        return identify_movies(tree)
    if kind is LibraryKind.SHOWS:
        return identify_shows(tree)
    return dict(identify_videos(tree))
