"""The one place that composes: a folder in, an Analysis out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from analyzer.boundaries import draw
from analyzer.coupling import WEIGHTS, couple, index_tables
from analyzer.model.facts import Facts
from analyzer.model.plan import Analysis, EdgeKind
from analyzer.resolve import read
from analyzer.rules import find

Progress = Callable[[str, int, int], None]


def analyze(
    path: Path,
    *,
    seed: int = 0,
    weights: Mapping[EdgeKind, float] = WEIGHTS,
    progress: Progress | None = None,
) -> Analysis:
    """Analyse the Django project in a folder; nothing of it is imported or run.

    ``progress(stage, done, total)`` is called while files are read. Raises NoProject where there is nothing to analyse.
    """
    facts = read(path, progress)
    if progress:
        progress("boundaries", 0, 1)
    return conclude(facts, seed=seed, weights=weights)


def conclude(facts: Facts, *, seed: int = 0, weights: Mapping[EdgeKind, float] = WEIGHTS) -> Analysis:
    """Graph, boundaries, order and findings from facts: the pure half of an analysis."""
    tables = index_tables(facts)
    edges = couple(facts, tables, weights)
    boundaries, order = draw(facts, tables, edges, seed)
    return Analysis(facts, edges, boundaries, order, find(facts, tables, boundaries))
