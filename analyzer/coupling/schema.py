"""Couplings that models declare: foreign keys, cascades, many-to-many, inheritance, generic relations."""

from __future__ import annotations

from analyzer.coupling.ledger import Ledger
from analyzer.coupling.tables import Tables
from analyzer.model.facts import Facts, Relation
from analyzer.model.plan import EdgeKind


def declared_edges(facts: Facts, tables: Tables, ledger: Ledger) -> None:
    """One edge from the declaring model to its target for each relation; a generic key leads to the content types."""
    for model in facts.models:
        if model.abstract or model.label not in tables.by_label:
            continue
        for relation in model.relations:
            if relation.target is not None:
                ledger.add(model.label, relation.target, "model", edge_kind(relation), relation.location)


def edge_kind(relation: Relation) -> EdgeKind:
    """The kind of coupling that a relation makes; a one-to-one counts as the foreign key that it is."""
    match relation.kind:
        case "fk" | "o2o":
            return "cascade" if relation.on_delete == "CASCADE" else "fk"
        case "m2m":
            return "m2m"
        case "mti":
            return "mti"
        case "gfk" | "grel":
            return "gfk"
