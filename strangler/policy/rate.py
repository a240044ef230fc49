"""Rate limits by the generic cell rate algorithm (ITU-T I.371): for each key, one number says how far ahead of its rate
it has gone. Equal to a token bucket of ``burst`` tokens that is filled with ``limit / per`` tokens a second.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from strangler.routing.policy import Rate

MOST_KEYS = 20_000
"""Keys that are remembered for a rate. Whoever can show more of them than that is new each time anyway, so that nothing
is lost by forgetting the one that has been silent for the longest time."""
MOST_SHARED = 1_000
"""Keys of a rate that those who share it tell each other at once."""
_ROUNDING = 1e-9


class Allowance(NamedTuple):
    """What a rate says to one request. ``remaining`` more may follow at once; the full quota is there again in
    ``reset`` seconds; a refused request may come again in ``retry_after`` seconds (0.0: it is not refused).

    A named tuple, because one is made for every request and rate: a frozen dataclass takes three times as long.
    """

    rate: Rate
    remaining: int
    reset: float
    retry_after: float = 0.0


def spend(rate: Rate, ahead_until: float, now: float) -> tuple[float, Allowance]:
    """One more request of a key that is ahead of its rate until some time: until when it is then, and what it is told.
    A refused request costs nothing."""
    interval = rate.per / rate.limit
    tolerance = interval * rate.burst
    ahead = ahead_until - now if ahead_until > now else 0.0
    after = ahead + interval
    if after > tolerance * (1 + _ROUNDING):
        return ahead_until, Allowance(rate, 0, ahead, after - tolerance)
    return now + after, Allowance(rate, int((tolerance - after) / interval + _ROUNDING), after)


class Buckets:
    """The keys of some rates. Bounded: an attacker with many keys makes it forget, never grow."""

    def __init__(self, rates: Sequence[Rate], most_keys: int = MOST_KEYS) -> None:
        self._most = most_keys
        self._rates: tuple[tuple[Rate, OrderedDict[str, float]], ...] = tuple(
            (rate, OrderedDict()) for rate in rates
        )
        self._fresh: dict[str, Counter[str]] | None = None

    def take(self, keys: Sequence[str], now: float) -> list[Allowance]:
        """One request, with its key for each rate in order. It is spent only if every rate allows it."""
        told, afters, refused = [], [], False
        for (rate, known), key in zip(self._rates, keys, strict=True):
            after, allowance = spend(rate, known.get(key, 0.0), now)
            told.append(allowance)
            afters.append(after)
            if allowance.retry_after:
                refused = True
        if not refused:
            for (_, known), key, after in zip(self._rates, keys, afters, strict=True):
                self._remember(known, key, after, now)
            if self._fresh is not None:
                self._note(keys)
        return told

    def drain(self) -> dict[str, dict[str, int]]:
        """The keys that spent most since the last call, by what the rate goes by; from the first call on."""
        fresh, self._fresh = self._fresh, {rate.by: Counter() for rate, _ in self._rates}
        return {by: dict(counts.most_common(MOST_SHARED)) for by, counts in (fresh or {}).items() if counts}

    def absorb(self, spent: Mapping[str, Mapping[str, int]], now: float) -> None:
        """What others, who count the same rates, have let pass. A key owes at most one burst for it."""
        for rate, known in self._rates:
            interval = rate.per / rate.limit
            for key, count in spent.get(rate.by, {}).items():
                ahead = max(known.get(key, 0.0), now) + interval * count
                self._remember(known, key, min(ahead, now + 2 * interval * rate.burst), now)

    @property
    def size(self) -> int:
        """Keys that are remembered."""
        return sum(len(known) for _, known in self._rates)

    def _note(self, keys: Sequence[str]) -> None:
        assert self._fresh is not None
        for (rate, _), key in zip(self._rates, keys, strict=True):
            counts = self._fresh[rate.by]
            if key in counts or len(counts) < self._most:
                counts[key] += 1

    def _remember(self, known: OrderedDict[str, float], key: str, after: float, now: float) -> None:
        known[key] = after
        known.move_to_end(key)
        for _ in range(2):  # more than come in, so that what is over is forgotten before long
            oldest = next(iter(known))
            if known[oldest] > now and len(known) <= self._most:
                return
            del known[oldest]


def fold(value: str) -> str:
    """A short key for a value that a client chose: bounded, and no secret, where it may be a session."""
    return blake2b(value.encode("utf-8", "replace"), digest_size=16).hexdigest()


def network_of(client: str) -> str:
    """What counts as one client: an IPv4 address, or the 64 bits that a single subscriber is given in IPv6."""
    if ":" not in client:
        return client
    try:
        address = ip_address(client.partition("%")[0])
    except ValueError:
        return client
    if not isinstance(address, IPv6Address):
        return client
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
