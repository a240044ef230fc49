"""What is concluded from the facts: the coupling graph, boundaries, the bill of each cut, the order of extraction."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from analyzer.model.facts import Facts, Finding, Location

Level = Literal["module", "model", "table"]
EdgeKind = Literal[
    "cowrite",
    "lock",
    "cascade",
    "join",
    "fk",
    "m2m",
    "mti",
    "gfk",
    "read",
    "write",
    "signal",
    "call",
    "import",
]
BillKind = Literal[
    "fk",
    "join",
    "cascade",
    "transaction",
    "signal",
    "task",
    "shared_write",
    "route",
    "read",
    "import",
    "template",
]
Direction = Literal["in", "out", "both"]
Verdict = Literal["extract now", "extract after", "keep in the monolith", "shared reference data"]


@dataclass(frozen=True, slots=True)
class Edge:
    """A coupling between two modules, models (labels) or tables. ``weight`` is summed over its sightings."""

    source: str
    target: str
    level: Level
    kind: EdgeKind
    weight: float
    sites: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class BillItem:
    """One thing that a cut costs. ``remedy`` is what to do, ``command`` the tool's next command (may be empty)."""

    kind: BillKind
    summary: str
    other: str
    """The boundary on the far side; several, separated by ", ", where one thing meets several; may be empty."""
    locations: tuple[Location, ...]
    remedy: str
    command: str = ""
    direction: Direction = "both"
    """``in``: the other side reaches into this one; ``out``: this side reaches out."""


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of one boundary; each formula stands in ``analyzer.boundaries.metrics``."""

    tables: int
    cohesion: float
    """Weight inside / (inside + half of the crossing weight), 0..1."""
    leaks_in: int
    """Sites outside that read or write this boundary's tables."""
    leaks_out: int
    """Sites inside that read or write another boundary's tables."""
    distributed_writes: int
    """Transactions that write this boundary's tables and another's."""
    purity: float
    """1 - H(boundary | table access)/ln K, 0..1."""


@dataclass(frozen=True, slots=True)
class Changes:
    """How a boundary's modules changed: commits, how many people made them, and how many of the commits changed each
    other boundary as well, the most first."""

    commits: int
    authors: int
    together: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Boundary:
    """A candidate service. ``confidence`` is the mean co-assignment of its models over the consensus runs, 0..1."""

    name: str
    models: tuple[str, ...]
    tables: tuple[str, ...]
    modules: tuple[str, ...]
    routes: tuple[int, ...]
    """Positions in the analysis's ``routes``: route names are not unique, positions are."""
    confidence: float
    model_confidence: tuple[tuple[str, float], ...]
    verdict: Verdict
    reasons: tuple[str, ...]
    metrics: Metrics
    bill: tuple[BillItem, ...]
    tasks: tuple[str, ...] = ()
    """Dotted names of the tasks, commands and signal receivers that move along."""
    after: tuple[str, ...] = ()
    """Boundaries that had better go first: they share this one's blockers and are cheaper."""
    hubs: tuple[str, ...] = ()
    """Labels of its models that most other parts of the system refer to."""
    changes: Changes | None = None
    """What the history of its code says, if that was asked for."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the extraction order. ``value`` and ``risk`` are 0..1; ``reasons`` name their parts."""

    boundary: str
    value: float
    risk: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Analysis:
    """The whole result: facts, graph, plan, findings. ``analyzer.model.schema`` writes it as ``analysis.json``."""

    facts: Facts
    edges: tuple[Edge, ...]
    boundaries: tuple[Boundary, ...]
    order: tuple[Step, ...]
    findings: tuple[Finding, ...]
