"""Couplings that the code shows: tables written, locked, joined or used together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from analyzer.coupling.code import support_modules
from analyzer.coupling.ledger import GENERIC, Ledger
from analyzer.coupling.tables import Tables
from analyzer.model.facts import Facts, Location


@dataclass(slots=True)
class Use:
    """The tables that one function touches by itself, and the line of its first access."""

    site: Location
    read: set[str] = field(default_factory=set)
    written: set[str] = field(default_factory=set)
    locked: dict[str, Location] = field(default_factory=dict)

    @property
    def is_generic(self) -> bool:
        """Whether it touches so many tables that it says nothing about any two of them."""
        return len(self.read | self.written) > GENERIC


def observed_edges(facts: Facts, tables: Tables, ledger: Ledger) -> None:
    """Edges between tables from transactions, locks, joins, signals, shared functions and calls."""
    support = support_modules(facts)
    skipped = {m.file for m in facts.modules if m.name in support}
    uses = uses_by_function(facts, skipped)
    for span in facts.transactions:
        if span.location.file not in skipped:
            ledger.add_pairs(span.tables_written, "cowrite", span.location)
    for join in facts.joins:
        if join.location.file not in skipped:
            ledger.add(join.table_a, join.table_b, "table", "join", join.location)
    uses = {name: use for name, use in uses.items() if not use.is_generic}
    for use in uses.values():
        _couple_function(use, ledger)
    _couple_receivers(facts, tables, ledger)
    _couple_calls(facts, uses, skipped, ledger)


def uses_by_function(facts: Facts, skipped: set[str]) -> dict[str, Use]:
    """Direct accesses by dotted function name. Cascades are left to the relations that cause them."""
    uses: dict[str, Use] = {}
    for access in facts.accesses:
        if access.location.file in skipped or not access.function or access.kind in ("cascade", "migration"):
            continue
        use = uses.setdefault(f"{access.module}.{access.function}", Use(access.location))
        use.site = min(use.site, access.location)
        (use.written if access.mode == "write" else use.read).add(access.table)
        if access.kind == "lock":
            use.locked[access.table] = min(access.location, use.locked.get(access.table, access.location))
    return uses


def _couple_function(use: Use, ledger: Ledger) -> None:
    ledger.add_pairs(use.read, "read", use.site)
    for table in sorted(use.written):
        others = sorted(use.read - use.written)
        for other in others:
            one, two = sorted((table, other))
            ledger.add(one, two, "table", "write", use.site, 1 / (len(others) + len(use.written) - 1))
    for table, site in sorted(use.locked.items()):
        others = sorted((use.written | set(use.locked)) - {table})
        for other in others:
            one, two = sorted((table, other))
            ledger.add(one, two, "table", "lock", site, 1 / len(others))


def _couple_receivers(facts: Facts, tables: Tables, ledger: Ledger) -> None:
    written = {e.name: e.tables_written for e in facts.entry_points if e.kind == "receiver"}
    for receiver in facts.receivers:
        senders = [tables.by_label[label] for label in receiver.senders if label in tables.by_label]
        for sender in senders:
            for table in written.get(receiver.receiver, ()):
                ledger.add(sender, table, "table", "signal", receiver.location, 1 / len(senders))


def _couple_calls(facts: Facts, uses: dict[str, Use], skipped: set[str], ledger: Ledger) -> None:
    seen: dict[tuple[str, str], Location] = {}
    for call in facts.calls:
        if call.location.file not in skipped and call.source in uses and call.target in uses:
            seen.setdefault((call.source, call.target), call.location)
    for (source, target), site in sorted(seen.items()):
        shares = _spread(uses[source], uses[target])
        for (one, two), share in sorted(shares.items()):
            ledger.add(one, two, "table", "call", site, share)


def _spread(caller: Use, callee: Use) -> dict[tuple[str, str], float]:
    """One call's share, spread over the pairs of a table of the caller and a table of the callee."""
    ours, theirs = caller.read | caller.written, callee.read | callee.written
    shares: dict[tuple[str, str], float] = defaultdict(float)
    for one in ours:
        for two in theirs - ours:
            shares[min(one, two), max(one, two)] = 1 / (len(ours) * len(theirs))
    return shares
