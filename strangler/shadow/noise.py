"""Where the monolith differs from itself, the service may too.

For a share of the copies the monolith is asked again as well. A path is *noise* while the monolith differs from itself
there at least half as often as the service differs from it: the idea of comparing rates, rather than forgetting every
path that ever differed, is that of Twitter's Diffy (2015).
"""

from __future__ import annotations

from collections.abc import Iterable

MOST_PATHS = 1_000
_ENOUGH = 0.5


class Noise:
    """What was learned of one group."""

    __slots__ = ("_again", "_compared", "_new", "_old")

    def __init__(self) -> None:
        self._compared = 0
        self._again = 0
        self._new: dict[str, int] = {}
        self._old: dict[str, int] = {}

    def learn(self, paths: Iterable[str]) -> None:
        """The monolith was asked again, and differed from itself at these paths."""
        self._again += 1
        for path in set(paths):
            if path in self._old or len(self._old) < MOST_PATHS:
                self._old[path] = self._old.get(path, 0) + 1

    def judge(self, paths: Iterable[str]) -> frozenset[str]:
        """The service differed at these paths; those of them that are noise."""
        self._compared += 1
        noise = set()
        for path in set(paths):
            if path in self._new or len(self._new) < MOST_PATHS:
                self._new[path] = self._new.get(path, 0) + 1
            if self._is_noise(path):
                noise.add(path)
        return frozenset(noise)

    def _is_noise(self, path: str) -> bool:
        seen = self._old.get(path, 0)
        return bool(seen) and seen / self._again >= _ENOUGH * self._new.get(path, 1) / self._compared
