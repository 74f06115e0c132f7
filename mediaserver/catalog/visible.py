"""What a viewer may see, as SQL: the one place every catalogue read takes its condition from.

For now everyone who is signed in sees every item that has a file. A condition written here reaches
lists, search, rows, pictures and playback alike. It speaks of the table alias ``i``.
"""

import msgspec

from mediaserver.accounts import Viewer


class Condition(msgspec.Struct, frozen=True):
    sql: str
    args: tuple[object, ...] = ()


def visible(_viewer: Viewer) -> Condition:
    return Condition("i.hidden = 0")
