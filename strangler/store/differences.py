"""Where the shadowed answers of a group differed, how often, and examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

MOST_PATHS = 1_000
"""Paths of a group that are kept one by one: a document may be keyed by what its users choose."""
OTHER_PATHS = "(others)"
MOST_EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Example:
    """One difference as it was seen: the request line without its query, and both values, shortened and redacted."""

    request: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Differing:
    """What was seen at one path; ``first`` and ``last`` are seconds since the epoch. ``examples``: the latest."""

    group: str
    path: str
    count: int
    first: float
    last: float
    examples: tuple[Example, ...] = ()

    def __add__(self, other: Differing) -> Differing:
        """Both together; the other one is the later."""
        return Differing(
            self.group,
            self.path,
            self.count + other.count,
            min(self.first, other.first),
            max(self.last, other.last),
            (*self.examples, *other.examples)[-MOST_EXAMPLES:],
        )


class DifferenceStore(Protocol):
    def add(self, seen: Iterable[Differing]) -> None:
        """Add to what is kept of the same groups and paths; all of them or none."""

    def all(self, group: str | None = None) -> list[Differing]:
        """What is kept, of one group or of all: by group, the most frequent path first."""

    def forget(self, group: str, path: str | None = None) -> None:
        """Drop a path, and what lies below it; without a path, all of a group."""


def below(path: str, above: str) -> bool:
    """Whether a path is another one, or lies below it."""
    return path == above or path.startswith((f"{above}.", f"{above}["))


def in_order(found: Iterable[Differing]) -> list[Differing]:
    return sorted(found, key=lambda one: (one.group, -one.count, one.path))
