"""The one place that composes: a folder in, an Analysis out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from analyzer.boundaries import Adjacency, Vote, Votes, draw, vote
from analyzer.cache import Packs, Place, digest, generation, options_key, place_of
from analyzer.config import Limits
from analyzer.coupling import WEIGHTS, couple, index_tables
from analyzer.discover import Project, discover
from analyzer.extract import paused
from analyzer.model import schema
from analyzer.model.facts import Facts
from analyzer.model.pins import NO_PINS, Pins
from analyzer.model.plan import Analysis, EdgeKind
from analyzer.resolve import facts_of
from analyzer.resolve.kept import facts_at
from analyzer.rules import find

if TYPE_CHECKING:
    from analyzer.runtime import Evidence

Progress = Callable[[str, int, int], None]
_ENCODER = msgspec.msgpack.Encoder()


@dataclass(frozen=True, slots=True)
class Options:
    """What an analysis can be asked for. ``seed`` of the clustering; ``weights`` override the table of weights."""

    seed: int = 0
    weights: Mapping[EdgeKind, float] = field(default_factory=lambda: WEIGHTS)
    pins: Pins = NO_PINS
    limits: Limits = field(default_factory=Limits)

    def key(self) -> bytes:
        """The same bytes for the same options."""
        return options_key(
            self.seed,
            *([] if self.weights == WEIGHTS else [sorted(self.weights.items())]),
            *([] if self.pins == NO_PINS else [self.pins]),
            *([] if self.limits == Limits() else [self.limits]),
        )


DEFAULTS = Options()


def analyze(
    path: Path,
    options: Options = DEFAULTS,
    *,
    progress: Progress | None = None,
    cache: Path | None = None,
    evidence: Evidence | None = None,
) -> Analysis:
    """Analyse the Django project in a folder; nothing of it is imported or run.

    ``progress(stage, done, total)`` is called while files are read. ``cache`` is a folder where what was found is kept:
    the same project gives the same analysis with it and without. ``evidence``: what was seen at run time is merged.
    Raises NoProject where there is nothing to analyse, BadObservations where the evidence cannot be read, BadPins where
    the pins cannot be held.
    """
    return run(path, options, progress=progress, cache=cache, evidence=evidence).analysis()


def run(
    path: Path,
    options: Options = DEFAULTS,
    *,
    progress: Progress | None = None,
    cache: Path | None = None,
    evidence: Evidence | None = None,
) -> Outcome:
    """As :func:`analyze`, but what was found by an earlier run is made an object only when it is asked for."""
    project = discover(path)
    found = _run(project, options, progress, cache)
    if evidence:
        from analyzer.runtime import lay_over  # costs more to import than most answers cost that are known

        seen = lay_over(found.analysis().facts, evidence)
        return Outcome(project, conclude(seen, options))
    return found


def _run(project: Project, options: Options, progress: Progress | None, cache: Path | None) -> Outcome:
    """What the code alone says; the cache knows nothing of evidence."""
    if cache is None:
        return Outcome(project, _analyze(project, options, progress))
    return answer(place_of(project, cache, options.limits.max_file_bytes, options.key()), options, progress)


def answer(place: Place, options: Options, progress: Progress | None = None) -> Outcome:
    """The analysis that belongs in a place of the cache, made if it is not there."""
    outcome = Outcome(place.project, None, place)
    if not outcome.is_known():
        outcome.keep(_analyze(place.project, options, progress, place))
    return outcome


def _analyze(
    project: Project, options: Options, progress: Progress | None, place: Place | None = None
) -> Analysis:
    with paused():
        found = (
            facts_at(place, options.limits, progress)
            if place
            else facts_of(project, progress, options.limits)
        )
        if progress:
            progress("boundaries", 0, 1)
        return conclude(found, options, remembered(place.packs) if place else vote)


def conclude(facts: Facts, options: Options = DEFAULTS, vote: Vote = vote) -> Analysis:
    """Graph, boundaries, order and findings from facts: the pure half of an analysis. Raises BadPins."""
    tables = index_tables(facts)
    edges = couple(facts, tables, options.weights)
    boundaries, order = draw(facts, tables, edges, options.seed, options.pins, vote)
    return Analysis(facts, edges, boundaries, order, find(facts, tables, boundaries))


def remembered(packs: Packs) -> Vote:
    """The clustering of a graph, which most changes to a project leave as it is: kept from run to run."""

    def votes(adjacency: Adjacency, seed: int, runs: int) -> Votes:
        graph = digest(generation(), repr((adjacency, seed, runs)).encode())
        kind = f"votes-{len(adjacency)}"
        data = packs.read(kind, graph)
        try:
            shares = msgspec.msgpack.decode(data, type=list[tuple[int, int, float]]) if data else None
        except msgspec.DecodeError:
            shares = None
        if shares is None:
            found = vote(adjacency, seed, runs)
            packs.write(kind, graph, _ENCODER.encode([(*pair, share) for pair, share in found.items()]))
            return found
        return {(one, other): share for one, other, share in shares}

    return votes


class Outcome:
    """An analysis and its document; either is made, or read from the cache, when it is first asked for."""

    def __init__(self, project: Project, analysis: Analysis | None, place: Place | None = None) -> None:
        self.modules = len(project.files)
        self.place = place
        self._analysis = analysis
        self._encoded: bytes | None = None

    def is_known(self) -> bool:
        """Whether an earlier run has kept this analysis."""
        self._encoded = self.place.read("analysis") if self.place else None
        return self._encoded is not None

    def keep(self, analysis: Analysis) -> None:
        self._analysis = analysis
        if self.place is not None:
            self.place.write("analysis", _ENCODER.encode(analysis))

    def analysis(self) -> Analysis:
        if self._analysis is None:
            assert self._encoded is not None
            with paused():
                self._analysis = msgspec.msgpack.decode(self._encoded, type=Analysis)
        return self._analysis

    def document(self) -> bytes:
        """``analysis.json``."""
        return self.kept("json", lambda: schema.write(self.analysis()))

    def kept(self, kind: str, make: Callable[[], bytes], *more: bytes) -> bytes:
        """A document of a kind, made only if no earlier run has kept it; ``more``: what it depends on, too."""
        found = self.place.read(kind, *more) if self.place else None
        if found is None:
            with paused():
                found = make()
            if self.place is not None:
                self.place.write(kind, found, *more)
        return found
