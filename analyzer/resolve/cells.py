"""Deals out what is to be traced into cells: pieces of work that are done apart from each other, each from the state
that loading all modules left. So what a cell sees depends on that state and on the code that it consults, on no other
cell, and an edit that touches neither leaves what it saw as it was.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

_FEW = 150
"""Roots of applications that have fewer than this share a cell with the next one: a process costs as much as they."""
_MANY = 450
"""Roots of one application beyond this make another cell."""


class Cell(NamedTuple):
    """Some of the roots, by number; named after the first application in it."""

    name: str
    roots: tuple[int, ...]


def deal(labels: Sequence[str], few: int = _FEW, many: int = _MANY) -> list[Cell]:
    """The cells of roots whose applications are these, in the order of the first root of each application."""
    by_label: dict[str, list[int]] = {}
    for number, label in enumerate(labels):
        by_label.setdefault(label, []).append(number)
    found: list[Cell] = []
    open_: tuple[str, list[int]] = ("", [])
    for label, numbers in by_label.items():
        name, waiting = open_ if open_[1] else (label, [])
        if len(waiting) + len(numbers) < few:
            open_ = name, [*waiting, *numbers]
            continue
        open_ = "", []
        together = [*waiting, *numbers]
        parts = -(-len(together) // many)
        size = -(-len(together) // parts)
        found += [
            Cell(f"{name} {part}", tuple(together[part * size : (part + 1) * size])) for part in range(parts)
        ]
    if open_[1]:
        found.append(Cell(f"{open_[0]} rest", tuple(open_[1])))
    return found
