"""Which side answers a request, and why: pure functions over an immutable, versioned table."""

from strangler.routing.decide import Decision, RequestFacts, decide, decide_on, match
from strangler.routing.policy import Policy
from strangler.routing.table import MONOLITH, SAFE_METHODS, Gateway, Group, Route, RouteTable, Side, Upstream

__all__ = [
    "MONOLITH",
    "SAFE_METHODS",
    "Decision",
    "Gateway",
    "Group",
    "Policy",
    "RequestFacts",
    "Route",
    "RouteTable",
    "Side",
    "Upstream",
    "decide",
    "decide_on",
    "match",
]
