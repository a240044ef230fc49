"""The C3 linearization of Python's method resolution order."""

from __future__ import annotations

from typing import TypeVar

Item = TypeVar("Item")


def c3(lines: list[list[Item]]) -> list[Item]:
    """Merge orders into one that keeps each of them; where there is none, the first line goes first."""
    order: list[Item] = []
    lines = [line for line in lines if line]
    while lines:
        for line in lines:
            head = line[0]
            if not any(head in other[1:] for other in lines):
                break
        else:
            head = lines[0][0]
        order.append(head)
        lines = [rest for rest in ([item for item in line if item is not head] for line in lines) if rest]
    return order
