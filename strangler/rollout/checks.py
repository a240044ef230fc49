"""A figure from outside that a rollout is held to: orders that fail, a queue that grows. Somebody else fetches it."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Relation = Literal["<", "<=", ">", ">="]

_HOLDS: dict[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Check:
    """``expression`` (a JSON path, or a query of Prometheus) at ``url`` has to stand in ``relation`` to ``limit``."""

    name: str
    url: str
    expression: str
    relation: Relation
    limit: float

    @property
    def demand(self) -> str:
        """As a person reads it: ``<= 5``."""
        return f"{self.relation} {self.limit:g}"

    def holds(self, value: float) -> bool:
        """Whether a value is as demanded."""
        return _HOLDS[self.relation](value, self.limit)


@dataclass(frozen=True, slots=True)
class Figure:
    """What was found: a value, or why there is none."""

    value: float | None = None
    trouble: str = "not asked yet"
