"""How many connections clients may have open, in all and each: bookkeeping only, the protocol asks and acts."""

from __future__ import annotations

import ipaddress
from collections import Counter
from functools import lru_cache

UNLIMITED = 0


class Clients:
    """``most`` connections at once, ``most_each`` of them from one address (or IPv6 network of 64 bits, which is what
    one subscriber gets); 0 is no limit. ``refused`` counts since the start."""

    def __init__(self, most: int = UNLIMITED, most_each: int = UNLIMITED) -> None:
        self._most = most
        self._most_each = most_each
        self._open: Counter[str] = Counter()
        self.connected = 0
        self.refused = 0

    def admit(self, address: str) -> bool:
        """Counts a new connection, unless there are too many already."""
        if self._most and self.connected >= self._most:
            self.refused += 1
            return False
        if self._most_each:
            client = _client(address)
            if self._open[client] >= self._most_each:
                self.refused += 1
                return False
            self._open[client] += 1
        self.connected += 1
        return True

    def leave(self, address: str) -> None:
        """The end of a connection that was admitted."""
        self.connected -= 1
        if self._most_each:
            client = _client(address)
            self._open[client] -= 1
            if not self._open[client]:
                del self._open[client]


@lru_cache(maxsize=4096)
def _client(address: str) -> str:
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))
