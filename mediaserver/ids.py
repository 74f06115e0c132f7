"""Public ids: random, 128 bit, base32. Never derived from a path, so never guessable."""

import base64
import secrets
from typing import NewType

UserId = NewType("UserId", str)
SignInId = NewType("SignInId", str)
LibraryId = NewType("LibraryId", str)
RootId = NewType("RootId", str)
FileId = NewType("FileId", str)
ItemId = NewType("ItemId", str)
JobId = NewType("JobId", str)
PlaybackId = NewType("PlaybackId", str)


def new_id() -> str:
    """26 lower-case letters and digits."""
    return base64.b32encode(secrets.token_bytes(16)).decode("ascii").rstrip("=").lower()
