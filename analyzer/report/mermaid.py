"""The boundaries and what crosses them as a Mermaid flowchart, small enough for a README."""

from __future__ import annotations

from collections import Counter

from analyzer.model.pins import FRAMEWORK
from analyzer.model.plan import Analysis, Boundary

SHOWN = 30
"""Arrows drawn, the heaviest first."""

_CLASSES = {
    "extract now": "now",
    "extract after": "after",
    "keep in the monolith": "keep",
    "shared reference data": "shared",
}


def mermaid(analysis: Analysis) -> str:
    """A box for each boundary, an arrow from each that uses another, with the number of places that show it."""
    drawn = [b for b in analysis.boundaries if b.name != FRAMEWORK]
    number = {boundary.name: i for i, boundary in enumerate(drawn)}
    uses: Counter[tuple[str, str]] = Counter()
    for boundary in drawn:
        for item in boundary.bill:
            if item.direction == "out" or (item.direction == "both" and boundary.name < item.other):
                for other in filter(number.__contains__, item.other.split(", ")):
                    uses[boundary.name, other] += len(item.locations)
    heaviest = sorted(uses.items(), key=lambda item: (-item[1], item[0]))[:SHOWN]
    lines = ["flowchart LR"]
    lines += [f"  b{number[b.name]}{_box(b)}:::{_CLASSES[b.verdict]}" for b in drawn]
    lines += [f"  b{number[one]} -->|{count}| b{number[other]}" for (one, other), count in sorted(heaviest)]
    lines += [
        "  classDef now stroke:#2e7d32,stroke-width:3px",
        "  classDef after stroke:#b26a00",
        "  classDef keep stroke:#b00020,stroke-dasharray:4",
        "  classDef shared stroke:#1565c0,stroke-dasharray:2",
    ]
    return "\n".join(lines) + "\n"


def _box(boundary: Boundary) -> str:
    tables = f"{len(boundary.tables)} table" + ("s" if len(boundary.tables) != 1 else "")
    return f'["{boundary.name}<br/>{tables}<br/>{boundary.verdict}"]'
