"""Why a request goes where it goes, and what it has to pass: the decision, and every route that was looked at on the
way. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from strangler.routing.decide import Decision, RequestFacts, decide, misfit, own_share, policy_for, tenant_of
from strangler.routing.policy import Policy
from strangler.routing.table import Route, RouteTable

Misfit = Literal["pattern", "method", "host"]


@dataclass(frozen=True, slots=True)
class Tried:
    """A route that was tried before the one that won, and what of it does not fit."""

    route: Route
    misfit: Misfit


@dataclass(frozen=True, slots=True)
class Explanation:
    """``tried`` came before the winner; ``later`` would have matched too, had it come first. ``share`` is that of the
    group, or of the tenant who asks, in percent. ``policy`` is the one in force, and ``policy_of`` what named it."""

    decision: Decision
    tried: tuple[Tried, ...]
    later: tuple[Route, ...]
    share: float = 0.0
    policy: Policy | None = None
    policy_of: str = ""


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
    share = 0.0
    if decision.group is not None:
        own = own_share(table, decision.group, facts)
        share = decision.group.share if own is None else own
    policy, policy_of = _policy(table, decision.route, facts)
    return Explanation(decision, tuple(tried), tuple(later), share, policy, policy_of)


def _policy(table: RouteTable, route: Route | None, facts: RequestFacts) -> tuple[Policy | None, str]:
    """The policy in force, and what named it."""
    group = table.groups.get(route.group) if route is not None and route.group else None
    if route is not None and route.policy is not None:
        named_by = f"the route {route.name}"
    elif group is not None and group.policy is not None:
        named_by = f"the group {group.name}"
    else:
        named_by = "the gateway"
    general = table.policy(route)
    if general is None:
        return None, ""
    policy = policy_for(table, general, tenant_of(table, facts))
    return policy, named_by if policy is general else f"the tenant, in place of {general.name}"
