"""What ``strangler routes test`` says of the policies that a request meets, in words and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from strangler.routing import RouteTable, Upstream
from strangler.routing.document import to_document
from strangler.routing.explain import Explanation
from strangler.routing.policy import Limits, Policy, Rate, Timeouts

_FALLBACK = "the monolith, where the service gives no answer; for safe methods only"
_BEHIND = "none: the service is the writer, and nothing carries its writes to the monolith (way_back = none)"


def policies_json(table: RouteTable, found: Explanation) -> dict[str, Any]:
    """The policy in force and the guards of the upstream, as the document holds them."""
    document = to_document(table)
    upstream = document.get("upstreams", {}).get(found.decision.upstream, {})
    guards = {key: upstream[key] for key in ("breaker", "bulkhead") if key in upstream}
    if found.policy is None:
        return {"policy": None, "guards": guards}
    fields = document.get("policies", {}).get(found.policy.name, {})
    return {"policy": {"name": found.policy.name, "of": found.policy_of, **fields}, "guards": guards}


def policies_text(table: RouteTable, found: Explanation) -> list[tuple[str, str]]:
    """The same as pairs of a name and a line."""
    pairs = []
    if found.policy is not None:
        pairs.append(("policy", f"{found.policy.name}, by {found.policy_of}"))
        pairs += _policy(found.policy, found)
    upstream = table.upstreams.get(found.decision.upstream)
    return pairs + list(_guards(upstream)) if upstream is not None else pairs


def _policy(policy: Policy, found: Explanation) -> Iterator[tuple[str, str]]:
    if policy.jwt is not None or policy.session is not None:
        ways = [way for way, rules in (("a token", policy.jwt), ("the session", policy.session)) if rules]
        yield "who asks", f"known by {' or '.join(ways)}" + (", or nobody" if policy.anonymous else "")
    for rate in policy.rate:
        yield "rate", _rate(rate)
    if policy.limits is not None:
        yield "limits", _limits(policy.limits)
    if policy.timeouts is not None:
        yield "timeouts", _timeouts(policy.timeouts)
    if policy.retry is not None:
        kept = policy.retry.bodies
        bodies = f" with bodies of up to {kept} bytes" if kept is not None else " without a body"
        most = f"sent up to {policy.retry.tries} times, at most {policy.retry.budget:g} % more requests"
        yield "retry", f"{most}; only idempotent methods{bodies}"
    if policy.fallback and found.decision.side == "service":
        behind = found.decision.group is not None and found.decision.group.monolith_is_behind
        yield "fallback", _BEHIND if behind else _FALLBACK


def _rate(rate: Rate) -> str:
    whom = {"route": "this route", "client": "each client"}.get(rate.by, f"each {rate.by}")
    return f"{rate.limit} requests in {rate.per:g} s for {whom}, at most {rate.burst} at once"


def _limits(limits: Limits) -> str:
    parts = (("body", limits.body), ("head", limits.head))
    return ", ".join(f"{name} {size} bytes" for name, size in parts if size is not None) or "none"


def _timeouts(timeouts: Timeouts) -> str:
    parts = (("first byte", timeouts.first_byte), ("total", timeouts.total))
    return ", ".join(f"{name} {seconds:g} s" for name, seconds in parts if seconds is not None) or "none"


def _guards(upstream: Upstream) -> Iterator[tuple[str, str]]:
    breaker, bulkhead = upstream.breaker, upstream.bulkhead
    if breaker is not None:
        yield (
            "breaker",
            f"{upstream.name} is left alone for {breaker.open:g} s when {breaker.errors:g} % of at least "
            f"{breaker.minimum} requests in {breaker.window:g} s fail",
        )
    if bulkhead is not None:
        own = f" ({bulkhead.per_tenant} for one tenant)" if bulkhead.per_tenant else ""
        yield (
            "bulkhead",
            f"{bulkhead.concurrency} requests at once with {upstream.name}{own}, {bulkhead.queue} wait up to "
            f"{bulkhead.wait:g} s",
        )
