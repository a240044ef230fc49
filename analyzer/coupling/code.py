"""Couplings between modules: who imports whom, who calls whom; and which modules only support them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container

from analyzer.coupling.ledger import Ledger
from analyzer.model.facts import Facts


def module_edges(facts: Facts, ledger: Ledger) -> None:
    """``import`` and ``call`` edges between the project's own modules, without tests and migrations."""
    kept = {m.name: m for m in facts.modules if not m.is_test and not m.is_migration}
    for item in facts.imports:
        if item.source in kept and item.target in kept:
            ledger.add(item.source, item.target, "module", "import", item.location)
    for call in facts.calls:
        source, target = owning_module(call.source, kept), owning_module(call.target, kept)
        if source and target:
            ledger.add(source, target, "module", "call", call.location)


def owning_module(dotted: str, modules: Container[str]) -> str:
    """The longest prefix of a dotted name that is a module; empty if none is."""
    while dotted and dotted not in modules:
        dotted = dotted.rpartition(".")[0]
    return dotted


def support_modules(facts: Facts) -> frozenset[str]:
    """Tests, migrations, management commands, and what only those import: fixtures, seed scripts, one-off repairs.

    They touch everything and say nothing about where it belongs; each command is on the bill as one task instead. A
    module with a model, a view, a task or a receiver in it serves requests, whoever imports it.
    """
    found = {
        m.name
        for m in facts.modules
        if m.is_test or m.is_migration or "/management/commands/" in f"/{m.file}"
    }
    importers: dict[str, set[str]] = defaultdict(set)
    for item in facts.imports:
        if item.source != item.target:
            importers[item.target].add(item.source)
    serving = _serving_modules(facts)
    while True:
        more = {name for name, sources in importers.items() if sources <= found} - found - serving
        if not more:
            return frozenset(found)
        found |= more


def _serving_modules(facts: Facts) -> set[str]:
    modules = {module.name: module for module in facts.modules}
    names = [route.view for route in facts.routes]
    names += [entry.name for entry in facts.entry_points if entry.kind != "command"]
    return {owning_module(name, modules) for name in names} | {model.module for model in facts.models}
