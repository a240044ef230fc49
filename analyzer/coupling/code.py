"""Couplings between modules: who imports whom, who calls whom."""

from __future__ import annotations

from analyzer.coupling.ledger import Ledger
from analyzer.model.facts import Facts, Module


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


def owning_module(dotted: str, modules: dict[str, Module]) -> str:
    """The longest prefix of a dotted name that is a module; empty if none is."""
    while dotted and dotted not in modules:
        dotted = dotted.rpartition(".")[0]
    return dotted
