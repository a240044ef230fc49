"""Facts -> a typed, weighted graph over models, tables and modules, where every edge keeps the lines that show it."""

from __future__ import annotations

from collections.abc import Mapping

from analyzer.coupling.code import module_edges, owning_module, support_modules
from analyzer.coupling.ledger import GENERIC, Ledger
from analyzer.coupling.observed import observed_edges
from analyzer.coupling.schema import declared_edges
from analyzer.coupling.tables import Tables, index_tables
from analyzer.coupling.weights import WEIGHTS, read_weights
from analyzer.model.facts import Facts
from analyzer.model.plan import Edge, EdgeKind

__all__ = [
    "GENERIC",
    "WEIGHTS",
    "Tables",
    "couple",
    "index_tables",
    "owning_module",
    "read_weights",
    "support_modules",
]


def couple(facts: Facts, tables: Tables, weights: Mapping[EdgeKind, float] = WEIGHTS) -> tuple[Edge, ...]:
    """Every coupling in the code, sorted: declared between models, observed between tables, called between modules.

    Tests, migrations and management commands couple everything to everything: they are left out.
    """
    ledger = Ledger({**WEIGHTS, **weights})
    declared_edges(facts, tables, ledger)
    observed_edges(facts, tables, ledger)
    module_edges(facts, ledger)
    return ledger.edges()
