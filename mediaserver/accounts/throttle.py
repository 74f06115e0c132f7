"""Slowing down whoever guesses passwords, without ever locking anybody out.

Each address and each account has a bucket of tries that refills with time; only wrong passwords
cost one. An address from which the account signed in before has a bucket of its own, so a stranger
who empties the account's bucket does not keep its owner out. In memory: a restart refills all.
"""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

from mediaserver.errors import TooManyRequests

TRIES, SECONDS_A_TRY = 15, 20.0
_BUCKETS_AT_MOST = 10_000
_KNOWN_AT_MOST = 10_000


class Throttle:
    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # For each bucket when it will be full again; full ones need no entry.
        self._full_at: OrderedDict[str, float] = OrderedDict()
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def take(self, account: str, address: str) -> list[str]:
        """A try from each bucket that counts; TooManyRequests when one is empty.

        Taken before the password is checked, so that tries at the same time count as well.
        """
        place = network(address)
        buckets = [f"at {place}", f"for {account}"]
        if (account, place) in self._known:
            buckets = [f"for {account} at {place}"]
        now = self._now()
        wait = max(self._wait(bucket, now) for bucket in buckets)
        if wait > 0:
            raise TooManyRequests("Too many wrong passwords. Wait a little.", retry_after=wait)
        for bucket in buckets:
            self._full_at[bucket] = max(now, self._full_at.pop(bucket, now)) + SECONDS_A_TRY
        while len(self._full_at) > _BUCKETS_AT_MOST:
            self._full_at.popitem(last=False)
        return buckets

    def give_back(self, buckets: list[str]) -> None:
        """It was no guess."""
        for bucket in buckets:
            if bucket in self._full_at:
                self._full_at[bucket] -= SECONDS_A_TRY

    def remember(self, account: str, address: str) -> None:
        """The account's person comes from there."""
        self._known[account, network(address)] = None
        self._known.move_to_end((account, network(address)))
        while len(self._known) > _KNOWN_AT_MOST:
            self._known.popitem(last=False)

    def _wait(self, bucket: str, now: float) -> float:
        """Seconds until it holds a try."""
        return self._full_at.get(bucket, now) - now - (TRIES - 1) * SECONDS_A_TRY


def network(address: str) -> str:
    """What one household is given: an IPv4 address, or 64 bits of IPv6."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ipaddress.ip_network((found, 64), strict=False))
    return str(found)


def is_near(address: str) -> bool:
    """Whether it is this machine, or one in a private network."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    mapped = getattr(found, "ipv4_mapped", None)
    near = mapped or found
    return bool(near.is_loopback or near.is_private or near.is_link_local)
