"""Why a request goes where it goes: the decision, and every route that was looked at on the way. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from strangler.routing.decide import Decision, RequestFacts, decide, misfit
from strangler.routing.table import Route, RouteTable

Misfit = Literal["pattern", "method", "host"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A route that was tried before the one that won, and what of it does not fit."""

    route: Route
    misfit: Misfit


@dataclass(frozen=True, slots=True)
class Explanation:
    """``tried`` came before the winner; ``later`` would have matched too, had it come first."""

    decision: Decision
    tried: tuple[Tried, ...]
    later: tuple[Route, ...]


def explain(table: RouteTable, facts: RequestFacts) -> Explanation:
    """The decision for a request, with its reasons. Routes whose fixed beginning differs are not even tried."""
    decision = decide(table, facts)
    tried, later, won = [], [], False
    paths = table.paths(facts.path.removeprefix("/"))
    for pattern, route in table.index.candidates(paths):
        why = misfit(pattern, route, facts.method, paths, facts.host)
        if route is decision.route:
            won = True
        elif won and why is None:
            later.append(route)
        elif not won and why is not None:
            tried.append(Tried(route, why))
    return Explanation(decision, tuple(tried), tuple(later))
