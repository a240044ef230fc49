"""django-filter: what the filters of a filter set do to a queryset."""

from __future__ import annotations

from analyzer.resolve.machine import Machine
from analyzer.resolve.names import Written
from analyzer.resolve.scope import Scope
from analyzer.resolve.serializer_fields import declared_fields
from analyzer.resolve.values import (
    Class,
    Function,
    Instance,
    Literal,
    Made,
    Query,
    Unknown,
    Value,
    options,
    text,
)

_BASE = "django_filters.filterset.BaseFilterSet"


def apply(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``filter_queryset()``: any of the filters may be asked for; their methods get the queryset.

    The joins of plain filters are left out: there is one for every filter, and few are ever asked for.
    """
    perhaps, m.perhaps = m.perhaps, True
    for filters in options(args[0]):
        if isinstance(filters, Instance):
            for name, declared in declared_fields(filters.cls).items():
                if isinstance(declared, Made | Instance):
                    _filter(m, scope, filters, args[1], name, declared, line)
    m.perhaps = perhaps
    return args[1]


def is_one(cls: Class) -> bool:
    """Whether a class is a filter set of the project."""
    return not cls.module.is_library and cls.is_a(_BASE)


def written(cls: Class) -> Written:
    """Where a filter set is written."""
    return cls.module.file, cls.node.line, cls.name


def is_made(cls: Class) -> bool:
    """Whether somebody was seen to make such a filter set."""
    return bool(cls.apart) or "queryset" in cls.instance().attrs


def trace_unused(m: Machine, scope: Scope, cls: Class) -> None:
    """Filter the records of ``Meta.model`` by a filter set that nobody was seen to make."""
    meta = cls.names.get("Meta")
    model = meta.find("model") if isinstance(meta, Class) else None
    if model is None or is_made(cls):
        return
    if isinstance(model[0], Class) and m.registry.is_model(model[0]):
        filters = m.call(scope, cls, [], {}, cls.node.line)
        m.attribute(scope, filters, "qs", cls.node.line)


def _filter(
    m: Machine,
    scope: Scope,
    filters: Instance,
    queryset: Value,
    name: str,
    declared: Made | Instance,
    line: int,
) -> None:
    for option in options(declared.kwargs["queryset"]) if "queryset" in declared.kwargs else ():
        if isinstance(option, Query):
            m.read(scope, option, line)
    given = declared.kwargs.get("method")
    method = text(given)
    work = m.attribute(scope, filters, method, line) if method is not None else given
    if method is not None or isinstance(given, Function):
        for option in options(work) if work is not None else ():
            m.call(scope, option, [queryset, Literal(name), Unknown("what is asked for")], {}, line)
    elif isinstance(declared, Instance) and declared.cls.find("filter") is not None:
        own = m.attribute(scope, declared, "filter", line)
        m.call(scope, own, [queryset, Unknown("what is asked for")], {}, line)
