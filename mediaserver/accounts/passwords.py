"""Passwords: bcrypt in two threads of its own, with a bounded queue.

bcrypt takes at most 72 bytes (and raises above), so what it hashes is an HMAC of the normalised
password under the server's own key. A flood of log-ins meets ``Busy``, not the event loop.
"""

import asyncio
import base64
import hashlib
import hmac
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from mediaserver.errors import Busy, Invalid

SHORTEST, LONGEST = 8, 1024
QUEUE = 16
T = TypeVar("T")


class Passwords:
    """Hashes and checks; ``close()`` ends its threads."""

    def __init__(self, pepper: bytes, cost: int) -> None:
        self._pepper = pepper
        self._cost = cost
        self._pool = ThreadPoolExecutor(2, thread_name_prefix="password")
        self._waiting = 0
        # Checked when a user name is unknown, so that the answer takes as long.
        # Written out: to hash one would cost every start a fifth of a second.
        self._decoy = f"$2b${cost:02}${'.' * 53}"

    async def hash(self, password: str) -> str:
        if not SHORTEST <= len(password) <= LONGEST:
            raise Invalid(
                f"A password has {SHORTEST} to {LONGEST} characters.",
                fields={"password": f"{SHORTEST} to {LONGEST} characters"},
            )
        salt = bcrypt.gensalt(self._cost)
        return (await self._run(bcrypt.hashpw, self._digest(password), salt)).decode()

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether it is the password behind ``stored``; None compares with a decoy."""
        against = (stored or self._decoy).encode()
        fits = len(password) <= LONGEST
        digest = self._digest(password if fits else "")
        same = await self._run(bcrypt.checkpw, digest, against)
        return same and fits and stored is not None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _digest(self, password: str) -> bytes:
        text = unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
        return base64.b64encode(hmac.digest(self._pepper, text, hashlib.sha256))

    async def _run(self, function: Callable[[bytes, bytes], T], one: bytes, two: bytes) -> T:
        if self._waiting >= QUEUE:
            raise Busy("Too many people are signing in at once.", retry_after=2)
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, function, one, two)
        finally:
            self._waiting -= 1
