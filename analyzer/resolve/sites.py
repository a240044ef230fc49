"""Accounts for every ORM call site: resolved, proved foreign, or open with the reason why."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.extract import ir
from analyzer.extract.calls import POSSIBLE, SURE
from analyzer.resolve import chosen, inheritance, lookups
from analyzer.resolve.machine import Machine
from analyzer.resolve.registry import Registry
from analyzer.resolve.scope import Chain, Scope
from analyzer.resolve.values import Bound, Chosen, Class, Method, Query, Record, Unknown, Value, options

FOREIGN = "foreign"
_METHODS = SURE | POSSIBLE


def call(m: Machine, scope: Scope, node: ir.Call, plain: Callable[[Machine, Scope, ir.Call], Value]) -> Value:
    """Evaluate an outermost chain; note the read it makes and whether it was resolved."""
    chain = Chain()
    m.chains.append(chain)
    value = plain(m, scope, node)
    m.chains.pop()
    if isinstance(chain.query, Chosen):
        chosen.claim(m, scope, chain.query, "read", node.line)
    elif chain.query is not None:
        m.read(scope, chain.query, node.line)
        if chain.whole and chain.query.model is not None:
            inheritance.read_parents(m, scope, chain.query.model, node.line)
        if chain.ordered and chain.query.model is not None:
            lookups.default_order(m, scope, chain.query.model, node.line)
    if scope.module.source is not None:
        note_outcome(m, (scope.module.file, node.site), "" if chain.resolved else chain.reason or FOREIGN)
    return value


def note(chain: Chain, registry: Registry, method: str, function: Value) -> None:
    """Note what the receiver of one method of the chain was."""
    for option in options(function):
        kind = type(option)
        if kind is Method or kind is Bound:
            receiver = option.receiver  # type: ignore[attr-defined]
            if isinstance(receiver, Query | Record) or (
                isinstance(receiver, Class) and registry.is_model(receiver)
            ):
                chain.resolved = True
            elif isinstance(receiver, Chosen):
                chain.resolved = chosen.is_bounded(registry, receiver)
                chain.reason = chosen.REASON
        elif kind is Unknown and method in _METHODS:
            chain.reason = option.reason  # type: ignore[attr-defined]


def note_outcome(m: Machine, site: tuple[str, int], outcome: str) -> None:
    m.ledger.sites[site] = more_telling(m.ledger.sites.get(site), outcome)


def more_telling(before: str | None, outcome: str) -> str:
    """The more telling outcome of a site: resolved, else the first reason."""
    if before is None or outcome == "" or (before == FOREIGN and outcome != FOREIGN):
        return outcome
    return before
