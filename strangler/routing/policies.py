"""``[policies.NAME]`` and the guards of an upstream, as a document holds them: readers, writers, and what must fit."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from strangler.errors import BadDocument
from strangler.routing.identities import IDENTITY, IDENTITY_WRITERS, check_identity, check_verified
from strangler.routing.policy import (
    LARGEST_HEAD,
    LARGEST_KEPT,
    NO_POLICY,
    Breaker,
    Bulkhead,
    Limits,
    Policy,
    Rate,
    Retry,
    Timeouts,
)
from strangler.routing.sections import Reader, each, read_fields, read_section, read_truth
from strangler.routing.table import Group, RouteTable
from strangler.routing.values import (
    read_duration,
    read_identity,
    read_name,
    read_percent,
    read_size,
    read_text,
    whole,
    write_duration,
    write_percent,
    write_size,
)

_RATE = re.compile(r"([1-9][0-9]{0,8})/([^ ]+)(?: burst ([1-9][0-9]{0,8}))?")


def read_policy(value: object, where: str, name: str) -> Policy:
    """One ``[policies.NAME]``."""
    if read_name(name, where) == NO_POLICY:
        raise BadDocument(
            f"{NO_POLICY!r} means no policy", where=where, remedy="Choose another name for this one."
        )
    return Policy(name=name, **read_fields(value, where, _POLICY))


def read_breaker(value: object, where: str) -> Breaker:
    """``[upstreams.NAME.breaker]``."""
    return Breaker(**read_fields(value, where, _BREAKER))


def read_bulkhead(value: object, where: str) -> Bulkhead:
    """``[upstreams.NAME.bulkhead]``."""
    return Bulkhead(**read_fields(value, where, _BULKHEAD))


def check_policies(table: RouteTable) -> None:
    """Raise ``BadDocument`` where a policy is named that does not exist, or one lacks what it is about."""
    for where, name in _uses(table):
        if name is not None and name != NO_POLICY and name not in table.policies:
            raise BadDocument(
                f"there is no policy {name!r}", where=where, remedy=f"Add [policies.{name}], or name another."
            )
    for name, policy in table.policies.items():
        for tenant, other in policy.tenants:
            if other != NO_POLICY:
                _check_tenants_own(table.policies[other], f"policies.{name}.tenants.{tenant}")
        if table.gateway.tenant is None and (policy.tenants or any(r.by == "tenant" for r in policy.rate)):
            _refuse_without_tenants(f"policies.{name}")
        check_identity(policy, f"policies.{name}")
    for where, identity, policies in _identities(table):
        check_verified(identity, where, policies)
    for name, upstream in table.upstreams.items():
        if table.gateway.tenant is None and upstream.bulkhead and upstream.bulkhead.per_tenant:
            _refuse_without_tenants(f"upstreams.{name}.bulkhead.per_tenant")


def policies_of(group: Group, table: RouteTable) -> dict[str, Policy]:
    """The policies that a group cannot be without: its own, and those of tenants in its place."""
    own = table.policies.get(group.policy or "")
    names = [own.name, *(name for _, name in own.tenants)] if own is not None else []
    return {name: table.policies[name] for name in names if name in table.policies}


def asking(table: RouteTable) -> set[str]:
    """The names of the routes whose policy asks who somebody is."""
    found = ((route.name, table.policy(route)) for route in table.routes)
    return {name for name, policy in found if policy is not None and (policy.jwt or policy.session)}


def _uses(table: RouteTable) -> Iterator[tuple[str, str | None]]:
    yield "gateway.policy", table.gateway.policy
    for name, group in table.groups.items():
        yield f"groups.{name}.policy", group.policy
    for position, route in enumerate(table.routes):
        yield f"routes[{position}].policy", route.policy
    for name, policy in table.policies.items():
        for tenant, other in policy.tenants:
            yield f"policies.{name}.tenants.{tenant}", other


def _identities(table: RouteTable) -> Iterator[tuple[str, str, Sequence[Policy | None]]]:
    """Every mention of an identity, with the policies under which it is looked for."""
    if table.gateway.tenant is not None:
        knowing = [p for p in table.policies.values() if p.jwt or p.session]
        yield "gateway.tenant", table.gateway.tenant, knowing
    for name, group in table.groups.items():
        policies = [table.policy(route) for route in table.routes if route.group == name]
        yield f"groups.{name}.sticky", group.sticky, policies
        for key, rules in (("allow", group.allow), ("deny", group.deny)):
            yield from ((f"groups.{name}.{key}[{place}]", rule, policies) for place, rule in enumerate(rules))
    for name, policy in table.policies.items():
        yield from ((f"policies.{name}.rate.{rate.by}", rate.by, [policy]) for rate in policy.rate)


def _check_tenants_own(policy: Policy, where: str) -> None:
    """What a tenant has instead of the route's policy is known only once it is known who asks."""
    if policy.tenants:
        raise BadDocument(
            "a tenant's policy cannot have tenants of its own",
            where=where,
            remedy="Name a policy without tenants.",
        )
    for key in IDENTITY:
        if getattr(policy, key):
            raise BadDocument(
                f"a tenant's policy comes too late to say who may pass ({key})",
                where=where,
                remedy="Say it in the policy that the tenants belong to; name one without it here.",
            )


def _refuse_without_tenants(where: str) -> None:
    raise BadDocument(
        "nothing says where the tenant is read from",
        where=where,
        remedy='Set tenant in [gateway], for example tenant = "header:X-Tenant".',
    )


def _read_rates(value: object, where: str) -> tuple[Rate, ...]:
    rates = read_section(value, where).items()
    return tuple(_read_rate(by, text, f"{where}.{by}") for by, text in sorted(rates))


def _read_rate(by: str, value: object, where: str) -> Rate:
    """``"100/1m"`` or ``"100/1m burst 20"``."""
    found = _RATE.fullmatch(read_text(value, where))
    if found is None:
        raise BadDocument(
            f"{value!r} is not a rate", where=where, remedy='Write it like "100/1m" or "100/1m burst 20".'
        )
    limit, per, burst = found.groups()
    if by != "route":
        read_identity(by, where)
    return Rate(by, int(limit), read_duration(per, where), int(burst or limit))


def _write_rates(rates: tuple[Rate, ...]) -> dict[str, str]:
    return {
        rate.by: f"{rate.limit}/{_write_per(rate.per)}"
        + (f" burst {rate.burst}" if rate.burst != rate.limit else "")
        for rate in rates
    }


def _write_per(seconds: float) -> str:
    written = write_duration(seconds)
    return written if isinstance(written, str) else f"{Decimal(repr(written)):f}s"


def _read_tenants(value: object, where: str) -> tuple[tuple[str, str], ...]:
    pairs = sorted(read_section(value, where).items())
    return tuple((read_text(tenant, where), read_name(name, f"{where}.{tenant}")) for tenant, name in pairs)


def read_shares(value: object, where: str) -> tuple[tuple[str, float], ...]:
    """``[groups.NAME.shares]``: tenants and percentages."""
    pairs = sorted(read_section(value, where).items())
    return tuple(
        (read_text(tenant, where), read_percent(share, f"{where}.{tenant}")) for tenant, share in pairs
    )


def write_shares(shares: tuple[tuple[str, float], ...]) -> dict[str, int | float]:
    return {tenant: write_percent(share) for tenant, share in shares}


def _read_status(value: object, where: str) -> int:
    return whole(value, where, 500, 599)


def _at_most(most: int) -> Reader:
    def read(value: object, where: str) -> int:
        size = read_size(value, where)
        if size > most:
            raise BadDocument(
                f"{value!r} is more than is possible", where=where, remedy=f"Give at most {write_size(most)}."
            )
        return size

    return read


def _between(low: int, high: int) -> Reader:
    return lambda value, where: whole(value, where, low, high)


def _read_part(make: Callable[..., Any], readers: Mapping[str, Reader]) -> Reader:
    return lambda value, where: make(**read_fields(value, where, readers))


_RETRY: dict[str, Reader] = {
    "tries": _between(2, 10),
    "first": read_duration,
    "most": read_duration,
    "budget": read_percent,
    "statuses": each(_read_status),
    "bodies": _at_most(LARGEST_KEPT),
}
_TIMEOUTS: dict[str, Reader] = {"first_byte": read_duration, "total": read_duration}
_LIMITS: dict[str, Reader] = {"body": read_size, "head": _at_most(LARGEST_HEAD)}
_POLICY: dict[str, Reader] = {
    "rate": _read_rates,
    "retry": _read_part(Retry, _RETRY),
    "timeouts": _read_part(Timeouts, _TIMEOUTS),
    "limits": _read_part(Limits, _LIMITS),
    "fallback": read_truth,
    "tenants": _read_tenants,
    **IDENTITY,
}
_BREAKER: dict[str, Reader] = {
    "errors": read_percent,
    "minimum": _between(1, 1_000_000),
    "window": read_duration,
    "open": read_duration,
    "trials": _between(1, 1000),
}
_BULKHEAD: dict[str, Reader] = {
    "concurrency": _between(1, 100_000),
    "queue": _between(0, 10_000),
    "wait": read_duration,
    "per_tenant": _between(1, 100_000),
}
WRITERS: dict[str, Callable[[Any], Any]] = {
    **IDENTITY_WRITERS,
    "rate": _write_rates,
    "tenants": dict,
    "first": write_duration,
    "most": write_duration,
    "budget": write_percent,
    "first_byte": write_duration,
    "total": write_duration,
    "bodies": write_size,
    "body": write_size,
    "head": write_size,
    "errors": write_percent,
    "window": write_duration,
    "open": write_duration,
    "wait": write_duration,
}
"""How the fields that are not written as they stand are written."""
