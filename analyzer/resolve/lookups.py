"""Lookup paths (``order__customer__name``) to the tables that SQL has to join."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.resolve import inheritance
from analyzer.resolve.declarations import Link
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    COMPUTED,
    Class,
    Items,
    Literal,
    Made,
    Map,
    Query,
    Value,
    options,
    strings,
    text,
)

KEYWORDS = frozenset({"aexclude", "alias", "annotate", "complex_filter", "exclude", "filter", "get"})
"""Methods whose keyword names are lookups."""
PATHS = frozenset(
    [
        "aggregate",
        "annotate",
        "dates",
        "datetimes",
        "defer",
        "distinct",
        "earliest",
        "latest",
        "only",
        "order_by",
        "select_related",
        "values",
        "values_list",
    ]
)
"""Methods whose string arguments are paths."""
_CONDITIONS = frozenset({"Q", "When"})
"""Expressions whose keyword names are lookups."""
_DEEPEST_ORDER = 4
_WHOLE = frozenset({"prefetch_related", "select_related"})
_EXPRESSIONS_WITHOUT_PATHS = frozenset({"Value", "OuterRef", "RawSQL", "Exists", "Subquery"})


def follow(
    m: Machine,
    scope: Scope,
    query: Query,
    method: str,
    args: Iterable[Value],
    kwargs: dict[str, Value],
    line: int,
) -> None:
    """Note the joins that one queryset method asks for, and the tables they read."""
    if query.model is None:
        return
    found: dict[str, bool] = {}
    plain = method.removeprefix("a") if method.startswith("aget") else method
    if plain in _WHOLE:
        for arg in args:
            found.update(dict.fromkeys(_prefetches(arg), True))
    elif plain == "order_by":
        for arg in args:
            for path in strings(arg):
                ordered_by(m, scope, query.model, path.lstrip("-"), line)
            found.update(dict.fromkeys(expression_paths(arg), False))
    elif plain in PATHS:
        for arg in args:
            found.update(dict.fromkeys((path.lstrip("-") for path in strings(arg)), False))
            found.update(dict.fromkeys(expression_paths(arg), False))
    else:
        for arg in args:
            found.update(dict.fromkeys(expression_paths(arg), False))
    names = kwargs if plain not in {"annotate", "aggregate", "alias", "values"} else {}
    found.update(dict.fromkeys(names, False))
    for value in kwargs.values():
        found.update(dict.fromkeys(expression_paths(value), False))
    for path, whole in found.items():
        walk(m, scope, query.model, path, line, whole, joins=plain != "prefetch_related")


def prefetched(query: Query, args: Iterable[Value]) -> tuple[str, ...]:
    """The paths that a queryset prefetches after ``prefetch_related(*args)``."""
    args = list(args)
    if any(isinstance(arg, Literal) and arg.value is None for arg in args):
        return ()
    paths = [path for arg in args for path in _prefetches(arg)]
    return tuple(dict.fromkeys([*query.prefetch, *(paths or [COMPUTED])]))


def prefetch(m: Machine, scope: Scope, query: Query, line: int) -> None:
    """What is fetched together with a queryset, where it is read.

    Of paths that are computed, the many-to-many relations of the model itself are taken to be among them, perhaps.
    """
    model = query.model
    info = m.registry.info(model) if model is not None else None
    if model is None or info is None or query.rows:
        return
    for path in query.prefetch:
        if path != COMPUTED:
            walk(m, scope, model, path, line, whole=True, joins=False)
            continue
        perhaps, m.perhaps = m.perhaps, True
        for name, link in info.links.items():
            if link.kind == "m2m":
                walk(m, scope, model, name, line, whole=True, joins=False)
        m.perhaps = perhaps


def default_order(m: Machine, scope: Scope, model: Class, line: int, depth: int = 0) -> None:
    """The joins that ``Meta.ordering`` makes: its paths, and behind a bare foreign key the order of that model."""
    info = m.registry.info(model)
    for path in info.ordering if info is not None and depth < _DEEPEST_ORDER else ():
        ordered_by(m, scope, model, path, line, depth)


def ordered_by(m: Machine, scope: Scope, model: Class, path: str, line: int, depth: int = 0) -> None:
    """The joins of ordering by one path; a relation whose model has no order of its own is sorted by its key."""
    behind = _behind(m, model, path)
    info = m.registry.info(behind) if behind is not None else None
    ordered = behind is not None and info is not None and not set(info.ordering) <= _KEYS
    walk(m, scope, model, path, line, whole=ordered)
    if behind is not None and ordered:
        default_order(m, scope, behind, line, depth + 1)


_KEYS = frozenset({"id", "pk"})
"""The foreign key itself has what such an order asks for."""


def _behind(m: Machine, model: Class, path: str) -> Class | None:
    """The model that a path leads to, when it ends with a relation."""
    here: Class | None = model
    for part in path.split("__"):
        found = m.registry.link(here, part) if here is not None else None
        if found is None:
            return None
        here = found[0].source_model if found[1] else found[0].target
    return here


def _prefetches(arg: Value) -> Iterator[str]:
    yield from strings(arg)
    for option in options(arg):
        if isinstance(option, Made) and option.short == "Prefetch":
            name = text(option.arg(0, "lookup"))
            if name:
                yield name


def expression_paths(value: Value) -> Iterator[str]:
    """The paths in Q, F, aggregates and other query expressions."""
    for option in options(value):
        if not isinstance(option, Made):
            continue
        short = option.short
        if short in _CONDITIONS:
            yield from (name for name in option.kwargs if name != "then")
        elif short not in _EXPRESSIONS_WITHOUT_PATHS and not option.callee.startswith("operator"):
            for arg in option.args[:1]:
                yield from (path.lstrip("-") for path in strings(arg))
        for arg in [*option.args, *option.kwargs.values()]:
            if isinstance(arg, Made):
                yield from expression_paths(arg)
            elif isinstance(arg, Items):
                for item in arg.items:
                    yield from expression_paths(item)
            elif isinstance(arg, Map):
                yield from (key for key in arg.items if isinstance(key, str) and short in _CONDITIONS)


def walk(
    m: Machine, scope: Scope, model: Class, path: str, line: int, whole: bool, joins: bool = True
) -> Class:
    """Follow a path from a model: each relation on it is a hop to another table.

    The last forward key of a path is a column of its own table, unless ``whole`` asks for the record behind it.
    """
    parts = path.split("__")
    for position, part in enumerate(parts):
        found = m.registry.link(model, part)
        if found is None:
            inheritance.reach_column(m, scope, model, part, line)
            break
        link, backwards = found
        model = inheritance.climb(m, scope, model, link, backwards, line)
        target = link.source_model if backwards else link.target
        if target is None:
            break
        last = position == len(parts) - 1 or (
            position == len(parts) - 2 and _is_key_or_lookup(m, target, parts[-1])
        )
        hop(m, scope, model, link, backwards, line, skip_target=last and not whole, joins=joins)
        model = target
        if last and whole:
            inheritance.read_parents(m, scope, model, line)
    return model


def _is_key_or_lookup(m: Machine, model: Class, name: str) -> bool:
    return name in {"id", "pk", "in", "isnull", "exact"} or (
        m.registry.link(model, name) is None and not m.registry.has_field(model, name)
    )


def hop(
    m: Machine,
    scope: Scope,
    model: Class,
    link: Link,
    backwards: bool,
    line: int,
    skip_target: bool = False,
    joins: bool = True,
) -> None:
    """One relation of a path: the tables that it joins and reads."""
    table = m.registry.table(model)
    target = (
        m.registry.table(link.source_model if backwards else link.target)
        if (link.source_model and link.target)
        else ""
    )
    if link.kind == "m2m":
        m.effect(scope, line, link.through_table, "read", "join", rule="lookup")
        if joins:
            m.join(scope, line, table, link.through_table)
        if not skip_target:
            m.effect(scope, line, target, "read", "join", rule="lookup")
            m.join(scope, line, link.through_table, target)
        return
    if skip_target and not backwards and link.kind != "grel":
        return
    m.effect(scope, line, target, "read", "join", rule="lookup")
    if joins:
        m.join(scope, line, table, target)
