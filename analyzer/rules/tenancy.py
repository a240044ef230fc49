"""Whose row is it? What will no longer be told apart by tenant once tables stand in different databases."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analyzer.model.facts import Facts, Location, Model, RawSQL, Relation

UP = ("fk", "o2o", "mti")


@dataclass(frozen=True, slots=True)
class Borrowed:
    """A model whose rows belong to a tenant only by way of others. ``path``: the fields that lead there."""

    model: Model
    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unled:
    """A unique constraint (or an index) of a tenant's model that the tenant key does not lead."""

    model: Model
    fields: tuple[str, ...]
    unique: bool
    location: Location


def borrowed(facts: Facts) -> tuple[Borrowed, ...]:
    """Models without a tenant key from which required foreign keys lead to a model that has one, shortest way first."""
    models = _own(facts)
    found = []
    for model in models.values():
        path = _path(model, models)
        if path and not _has_key(model, models):
            found.append(Borrowed(model, path))
    return tuple(sorted(found, key=lambda b: b.model.label))


def unled(facts: Facts) -> tuple[Unled, ...]:
    """Keys of models with a tenant key of their own that begin with another field.

    A key that begins with a foreign key to a tenant's model is led by it: the parent's tenant is the row's. A unique
    column of random values (a token, a UUID) is meant to be unique everywhere.
    """
    models = _own(facts)
    found = []
    for model in models.values():
        if model.tenant_key is None:
            continue
        lead = {model.tenant_key, f"{model.tenant_key}_id"}
        lead |= {r.field for r in model.relations if r.kind in UP and _is_tenants(r, models)}
        found += [
            Unled(model, key.fields, key.unique, key.location)
            for key in model.keys
            if not lead & set(key.fields if key.unique else key.fields[:1])
        ]
        found += [
            Unled(model, (field.name,), True, field.location)
            for field in model.fields
            if field.unique and not field.primary_key and "UUID" not in field.type and field.name not in lead
            if field.location.file  # an inherited column of a library's is not this project's to change
        ]
    return tuple(sorted(found, key=lambda u: (u.model.label, u.location, u.fields)))


def unscoped(facts: Facts) -> tuple[RawSQL, ...]:
    """Raw statements on tables of tenants that do not name the tenant's column."""
    columns = {m.table: f"{m.tenant_key}_id" for m in _own(facts).values() if m.tenant_key}
    return tuple(
        raw
        for raw in facts.raw_sql
        if raw.parsed
        and any(
            table in columns and columns[table] not in raw.keys
            for table in (*raw.tables_read, *raw.tables_written)
        )
    )


def _own(facts: Facts) -> Mapping[str, Model]:
    return {m.label: m for m in facts.models if not m.library and not m.abstract and not m.proxy}


def _is_tenants(relation: Relation, models: Mapping[str, Model]) -> bool:
    target = models.get(relation.target or "")
    return target is not None and target.tenant_key is not None


def _has_key(model: Model, models: Mapping[str, Model]) -> bool:
    """Its own, or a parent's by multi-table inheritance."""
    if model.tenant_key is not None:
        return True
    parents = (models.get(r.target or "") for r in model.relations if r.kind == "mti")
    return any(parent is not None and _has_key(parent, models) for parent in parents)


def _path(model: Model, models: Mapping[str, Model]) -> tuple[str, ...]:
    """The shortest way over required foreign keys to a model with a tenant key; empty if there is none."""
    seen = {model.label}
    ways: list[tuple[Model, tuple[str, ...]]] = [(model, ())]
    while ways:
        further: list[tuple[Model, tuple[str, ...]]] = []
        for here, path in ways:
            for relation, target in _parents(here, models):
                way = (*path, relation.field)
                if target.tenant_key is not None:
                    return way
                if target.label not in seen:
                    seen.add(target.label)
                    further.append((target, way))
        ways = further
    return ()


def _parents(model: Model, models: Mapping[str, Model]) -> Iterator[tuple[Relation, Model]]:
    relations: Iterable[Relation] = model.relations
    for relation in relations:
        target = models.get(relation.target or "")
        if relation.kind in ("fk", "o2o") and not relation.null and target is not None:
            yield relation, target
