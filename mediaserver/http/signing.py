"""The signed prefix of media addresses: ``/v/{kid}.{grant}.{exp}.{mac}/…``.

Pure. One token opens one playback grant and all that lies below it, so televisions and casters
need no header, and addresses stay the same for the whole session. The signature covers the grant,
the item it is for and the hour it ends; the grant itself is a row that can be ended at once.
"""

import base64
import hashlib
import hmac
import math

import msgspec

from mediaserver.errors import Forbidden

WINDOW = 3600.0
"""Expiry is rounded up to whole hours, so that one session keeps one address."""
_MAC_BYTES = 16
_LONGEST = 200


class Token(msgspec.Struct, frozen=True):
    """A token as sent; nothing in it is true before ``verify``."""

    key_id: str
    grant: str
    expires_at: int
    mac: str


def key_id(key: bytes) -> str:
    """Names a key without telling it."""
    return hashlib.sha256(b"kid|" + key).hexdigest()[:8]


def rounded_up(expires_at: float) -> int:
    return int(math.ceil(expires_at / WINDOW) * WINDOW)


def sign(key: bytes, grant: str, item: str, expires_at: float) -> str:
    """The token for ``grant`` (letters and digits), valid until the hour after ``expires_at``."""
    if not grant.isalnum():
        raise ValueError("a grant's id is letters and digits, or fields could be shifted")
    exp = rounded_up(expires_at)
    return f"{key_id(key)}.{grant}.{exp}.{_mac(key, grant, item, exp)}"


def read(token: str) -> Token:
    """The parts, so that the grant can be looked up; Forbidden when it is no token."""
    parts = token.split(".")
    if len(token) > _LONGEST or not token.isascii() or len(parts) != 4:
        raise _dead()
    kid, grant, exp, mac = parts
    # one spelling only: "+5", "05" or "5_0" would be int() to Python
    if not grant.isalnum() or not exp.isdecimal() or str(int(exp)) != exp:
        raise _dead()
    return Token(kid, grant, int(exp), mac)


def verify(token: Token, key: bytes, item: str, now: float) -> None:
    """Forbidden unless we signed exactly this for ``item`` and it has not ended."""
    expected = _mac(key, token.grant, item, token.expires_at)
    genuine = hmac.compare_digest(expected, token.mac)
    ours = hmac.compare_digest(key_id(key), token.key_id)
    if not (genuine and ours) or now >= token.expires_at:
        raise _dead()


def _mac(key: bytes, grant: str, item: str, exp: int) -> str:
    message = f"v1|{item}|{grant}|{exp}".encode()
    digest = hmac.digest(key, message, "sha256")[:_MAC_BYTES]
    return base64.urlsafe_b64encode(digest).decode("ascii").rstrip("=")


def _dead() -> Forbidden:
    return Forbidden("This address is no longer valid. Start playback again.", code="dead_link")
