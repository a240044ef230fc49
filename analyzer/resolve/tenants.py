"""Which queries never say whose rows they want: where each begins, and whether any condition on it meets the tenant.

A query of a tenant's model begins open, where a plain manager is asked. A condition that leads to the tenant, to one of
its rows that is at hand, or to a user closes it; so does whatever cannot be judged. Who is handed an open query may
still close it: it stays open only if nobody does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from analyzer.config import TENANT_NAMES
from analyzer.resolve.machine import Machine
from analyzer.resolve.registry import Info
from analyzer.resolve.scope import Beginning, Scope
from analyzer.resolve.values import (
    OPEN,
    Class,
    External,
    Instance,
    Items,
    Made,
    Map,
    Query,
    Record,
    Value,
    merge,
    options,
)

_CONDITIONS = frozenset({"complex_filter", "exclude", "filter", "get"})
_UNCONDITIONAL = frozenset(
    {"bulk_create", "bulk_update", "create", "get_or_create", "none", "update_or_create"}
)
"""What asks for no rows that may be another tenant's; ``get_or_create`` makes what it does not find."""
_UNJUDGED = frozenset({"db_manager", "difference", "extra", "in_bulk", "intersection", "raw", "union"})
_SECRETS = ("digest", "hash", "key", "nonce", "secret", "signature", "token", "uid", "uuid")
"""Who knows such a value was told it: the row is asked for by what it alone has."""
_KEYS = frozenset({"id", "pk"})
_LOOKUPS = frozenset({"exact", "iexact", "in"})
_VIEW = "django.views.generic.base.View"
_ADMIN = frozenset({"ModelAdmin", "AdminSite"})


def tenant_key(m: Machine, info: Info) -> str | None:
    """The foreign key that leads to the tenant, going by the name of the model behind it."""
    for link in info.links.values():
        if link.kind in {"fk", "o2o"} and link.target is not None and _is_tenant(link.target):
            return link.name
    return None


def owned(m: Machine, models: Iterable[Class]) -> frozenset[Class]:
    """The project's models each of whose rows belongs to a tenant: their key to it is required."""
    return frozenset(cls for cls in models if not cls.module.is_library and _is_owned(m, cls))


def _is_owned(m: Machine, cls: Class) -> bool:
    info = m.registry.info(cls)
    if info is None or info.abstract:
        return False
    for each in map(m.registry.info, cls.order()[0] if info.proxy else [cls]):
        key = tenant_key(m, each) if each is not None else None
        if each is not None and key is not None and not each.links[key].null:
            return True
    return False


def serves_people(view: Value) -> bool:
    """Whether a view is asked by a tenant's people: the pages of Django's admin are for the staff of all tenants."""
    receiver = getattr(view, "receiver", view)
    cls = receiver.cls if isinstance(receiver, Instance) else receiver
    if not isinstance(cls, Class):
        return True
    known, unknown = cls.order()
    return _ADMIN.isdisjoint([*(each.name for each in known), *(name.rpartition(".")[2] for name in unknown)])


def narrow(
    m: Machine, scope: Scope, query: Query, name: str, args: list[Value], kwargs: dict[str, Value], line: int
) -> Beginning | None:
    """Where a query began that is still open after one more method; None when it is closed, or nobody's."""
    if name == "prefetch_related":
        _close_prefetched(m, args)
    began = None if name in _UNCONDITIONAL else query.began or _begin(m, scope, query, line)
    if began is None:
        return None
    if name in _UNJUDGED or (name in _CONDITIONS and _closes(m, query, args, kwargs)):
        m.ledger.closed.add(began)
        return None
    _note(m, began)
    return began


def _close_prefetched(m: Machine, args: Iterable[Value]) -> None:
    """``Prefetch(path, queryset)``: Django itself adds the rows that the path leads to."""
    for arg in args:
        for option in options(arg):
            given = (
                option.arg(1, "queryset") if isinstance(option, Made) and option.short == "Prefetch" else None
            )
            for query in options(given) if given is not None else ():
                if isinstance(query, Query) and query.began is not None:
                    m.ledger.closed.add(query.began)


def made(m: Machine, scope: Scope, model: Class) -> Beginning | None:
    """Where ``SomeQuerySet(model)`` begins: in a manager's own code, as the manager itself would."""
    return Beginning("", 0, "", m.registry.table(model)) if isinstance(scope.receiver, Query) else None


def returned(
    m: Machine, scope: Scope, receiver: Value | None, args: list[Value], value: Value, line: int
) -> Value:
    """What a function gives back, seen from its call: a manager's method begins its query where it is called, and
    what comes back closed is closed for those who handed it in."""
    given = [option for each in (receiver, *args) if each is not None for option in options(each)]
    asked = [option for option in given if isinstance(option, Query) and option.model in m.owned]
    if not asked:
        return value
    return merge([_seen_from(m, scope, option, asked, receiver, line) for option in options(value)])


def _seen_from(
    m: Machine, scope: Scope, value: Value, asked: list[Query], receiver: Value | None, line: int
) -> Value:
    if not isinstance(value, Query) or value.model not in m.owned or value.manager:
        return value
    own = [query for query in asked if query.model is value.model]
    if value.began is None:
        m.ledger.closed.update(query.began for query in own if query.began is not None)
        return value
    if not isinstance(receiver, Query) or not own:
        return value
    began = own[0].began or _begin(m, scope, own[0], line)
    if began is not None:
        _note(m, began)
    return replace(value, began=began)


def _begin(m: Machine, scope: Scope, query: Query, line: int) -> Beginning | None:
    """Where a query begins that a plain manager of a tenant's model is asked for."""
    if not query.manager or query.owner is not None or query.model not in m.owned:
        return None
    table = m.registry.table(query.model)
    if isinstance(scope.receiver, Query):
        return Beginning("", 0, "", table)  # a manager's own code: its caller begins
    if not scope.module.is_library:
        return Beginning(scope.module.file, line, scope.context.place, table)
    cls = scope.receiver.cls if isinstance(scope.receiver, Instance) else None
    if cls is None or cls.module.is_library or not cls.is_a(_VIEW):
        return None
    return Beginning(cls.module.file, cls.node.line, cls.name, table)


def _note(m: Machine, began: Beginning) -> None:
    if m.serving and began.line:
        m.ledger.open_queries[began] = None


def _closes(m: Machine, query: Query, args: list[Value], kwargs: dict[str, Value]) -> bool:
    assert query.model is not None
    return any(
        condition is None or _meets(m, query.model, *condition) for condition in _conditions(args, kwargs)
    )


def _conditions(args: Iterable[Value], kwargs: dict[str, Value]) -> Iterator[tuple[str, Value] | None]:
    """The paths that are compared, with what; None for a condition that cannot be read."""
    for path, value in kwargs.items():
        yield None if path == OPEN else (path, value)
    for arg in args:
        for option in options(arg):
            if isinstance(option, Made) and (option.short == "Q" or option.callee.startswith("operator")):
                yield from _conditions(option.args, option.kwargs)
            elif isinstance(option, Map):
                yield from _conditions(
                    (), {key: value for key, value in option.items.items() if isinstance(key, str)}
                )
                if option.rest is not None:
                    yield None
            else:
                yield None


def _meets(m: Machine, model: Class, path: str, value: Value) -> bool:
    """Whether a comparison leads to the tenant, to one row of its, to a user, or knows a secret."""
    here = model
    parts = path.split("__")
    for position, part in enumerate(parts):
        found = m.registry.link(here, part) or m.registry.link(here, part.removesuffix("_id"))
        if found is None:
            return _tells(m, here, part, value)
        link, backwards = found
        target = link.source_model if backwards else link.target
        if target is None or _is_tenant(target) or _is_user(m, target):
            return True
        if set(parts[position + 1 :]) <= _LOOKUPS | _KEYS and _belongs(m, target):
            return True
        here = target
    return False


def _tells(m: Machine, model: Class, name: str, value: Value) -> bool:
    """Whether a column says whose row it is: a value that nobody guesses, or the number or address of one at hand."""
    if name in _KEYS or "email" in name:
        return _is_at_hand(value)
    info = m.registry.info(model)
    column = info.fields.get(name) if info is not None else None
    if column is not None and column.unique and not column.primary_key:
        return True
    return any(secret in name for secret in _SECRETS)


def _is_at_hand(value: Value) -> bool:
    """Whether a value is a row that was fetched before, a column of one, or of the query around this one: whoever
    asked for that had to say whose it is."""
    return any(
        isinstance(option, Record | Query)
        or (isinstance(option, External) and option.name == "column")
        or (isinstance(option, Made) and option.short == "OuterRef")
        or (isinstance(option, Items) and _is_at_hand(option.any()))
        for option in options(value)
    )


def _is_tenant(cls: Class) -> bool:
    return cls.name.lower() in TENANT_NAMES


def _belongs(m: Machine, cls: Class) -> bool:
    """Whether a model's rows are a tenant's, by their own key or by that of a row which they require."""
    info = m.registry.info(cls)
    return cls in m.owned or any(
        link.target in m.owned and not link.null
        for link in (info.links.values() if info is not None else ())
        if link.kind in {"fk", "o2o"}
    )


def _is_user(m: Machine, cls: Class) -> bool:
    return cls is m.user
