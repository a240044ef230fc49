"""Whose row is it? What will no longer be told apart by tenant once tables stand in different databases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analyzer.config import TENANT_NAMES
from analyzer.model.facts import CacheUse, Facts, Location, Model, RawSQL, Relation

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
    """Raw statements on tables of tenants that do not name the tenant's column; what a migration runs, runs for all."""
    columns = {table: f"{m.tenant_key}_id" for table, m in _owned(facts).items()}
    migrations = {m.file for m in facts.modules if m.is_migration}
    return tuple(
        raw
        for raw in facts.raw_sql
        if raw.parsed
        and raw.location.file not in migrations
        and any(
            table in columns and columns[table] not in raw.keys
            for table in (*raw.tables_read, *raw.tables_written)
        )
    )


def unowned(facts: Facts) -> Mapping[str, tuple[Location, ...]]:
    """Label of a model -> where views begin queries of it that never say whose rows they want."""
    owned = _owned(facts)
    found: dict[str, list[Location]] = defaultdict(list)
    for query in facts.open_queries:
        if query.table in owned:
            found[owned[query.table].label].append(query.location)
    return {label: tuple(sorted(set(places))) for label, places in sorted(found.items())}


def boundless(facts: Facts) -> Mapping[str, tuple[Location, ...]]:
    """Task -> where it touches tenants' tables, of those that are sent with nothing that says for whom.

    A task that goes through the tenants, or sends other tasks for what it finds, is how it should be.
    """
    owned = _owned(facts)
    tasks = {entry.name for entry in facts.entry_points if entry.kind == "task"}
    tenants = {m.table for m in _own(facts).values() if m.name.lower() in TENANT_NAMES}
    senders = {call.source for call in facts.calls if call.target in tasks}
    found = {}
    for entry in facts.entry_points:
        touched = owned.keys() & {*entry.tables_read, *entry.tables_written}
        if entry.kind != "task" or entry.takes or not touched or entry.name in senders:
            continue
        near = {entry.name, *(call.target for call in facts.calls if call.source == entry.name)}
        own = [a for a in facts.accesses if f"{a.module}.{a.function}" in near]
        if not any(a.table in tenants and a.kind == "query" for a in own):
            found[entry.name] = tuple(a.location for a in own if a.table in touched) or (entry.location,)
    return found


def shared(facts: Facts) -> tuple[CacheUse, ...]:
    """What functions that touch tenants' tables keep in a cache under a key that is the same for all tenants."""
    owned = _owned(facts)
    touching = {(a.module, a.function) for a in facts.accesses if a.table in owned}
    serving = {
        route.view for route in facts.routes if owned.keys() & {*route.tables_read, *route.tables_written}
    }
    names = {*TENANT_NAMES, *(model.name.lower() for model in owned.values())}
    return tuple(
        use
        for use in facts.cache_uses
        if (
            f"{use.module}.{use.function}" in serving
            if use.page
            else (use.module, use.function) in touching
            and not any(_tells_apart(word, names) for word in use.words)
        )
    )


_TELLING = (
    *("address", "digest", "domain", "email", "hash", "host", "instance", "key", "member", "obj", "org"),
    *(
        "path",
        "pk",
        "request",
        "schema",
        "session",
        "site",
        "slug",
        "subdomain",
        "token",
        "url",
        "user",
        "uuid",
    ),
)
"""Parts of names that stand for somebody or for one row, or that may."""


def _tells_apart(word: str, names: set[str]) -> bool:
    if word.isupper():
        return False  # a constant
    word = word.lower().replace("_", "")
    return word.endswith("id") or any(part in word for part in (*_TELLING, *names))


def _owned(facts: Facts) -> Mapping[str, Model]:
    """Table -> the model each of whose rows belongs to a tenant: its key to it is required."""
    return {
        m.table: m
        for m in _own(facts).values()
        if any(r.field == m.tenant_key and not r.null for r in m.relations)
    }


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
