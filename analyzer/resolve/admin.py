"""Django's admin at work: what the pages of an admin class show, and the actions that it offers."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model.facts import Location
from analyzer.resolve import forms, lookups
from analyzer.resolve.machine import Machine, Registration
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    Bound,
    Class,
    External,
    Function,
    Instance,
    Items,
    Literal,
    Query,
    Record,
    Value,
    options,
    strings,
    text,
)

_PATHS = ("list_display", "list_select_related", "ordering", "date_hierarchy")
_SELDOM = ("list_filter", "search_fields")
"""Options of which a request asks for one path or for none."""
_NOTHING = Literal(None)


def changelist(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``_changelist(admin, queryset)``: the columns that are paths, and what it is sorted and filtered by."""
    admin = args[0]
    model = _model(args[1])
    if not isinstance(admin, Instance) or model is None:
        return _NOTHING
    for name in _PATHS:
        for path in _option(admin.cls, name):
            whole = name in {"list_display", "list_select_related"}
            lookups.walk(m, scope, model, path.lstrip("-"), line, whole, joins=name != "list_display")
    perhaps, m.perhaps = m.perhaps, True
    for name in _SELDOM:
        for path in _option(admin.cls, name):
            lookups.walk(m, scope, model, path.lstrip("-^=@"), line, False, joins=False)
    m.perhaps = perhaps
    return _NOTHING


def display(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``_display(admin, names, record)``: the columns and read-only fields that are functions or methods."""
    admin, names, record = args
    for option in options(names):
        for item in option.items if isinstance(option, Items) else ():
            if isinstance(item, Function | Bound):
                m.call(scope, item, [record], {}, line)
            name = text(item) or ""
            own = m.attribute(scope, admin, name, line) if _has(admin, name) else None
            if isinstance(own, Bound | Function):
                m.call(scope, own, [record], {}, line)
            elif own is None and name.isidentifier() and isinstance(record, Record):
                shown = m.attribute(scope, record, name, line)
                if isinstance(shown, Bound):
                    m.call(scope, shown, [], {}, line)
    return _NOTHING


def act(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``_act(admin, request, queryset)``: the actions of the class, each on the chosen records."""
    admin, request, queryset = args
    found = admin.cls.find("actions") if isinstance(admin, Instance) else None
    for option in options(found[0]) if found is not None else ():
        for item in option.items if isinstance(option, Items) else ():
            if isinstance(item, Function):
                m.call(scope, item, [admin, request, queryset], {}, line)
            name = text(item) or ""
            if _has(admin, name):
                m.call(scope, m.attribute(scope, admin, name, line), [request, queryset], {}, line)
    return _NOTHING


def show_form(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``_show_form(form)``: a form or a formset on a page."""
    for option in options(args[0]):
        if isinstance(option, Instance):
            forms.shown(m, scope, option.cls, line)
    return _NOTHING


def register(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``site.register(Model, AdminClass)`` of a site of the project's own."""
    given = args[1] if len(args) > 1 else _NOTHING
    plain = isinstance(given, Literal) and given.value is None
    admin = External("django.contrib.admin.ModelAdmin") if plain else given
    where = Location(scope.module.file, line)
    m.ledger.registrations.append(Registration("admin", admin, where, (args[0],)))
    return _NOTHING


def _model(queryset: Value) -> Class | None:
    return next((option.model for option in options(queryset) if isinstance(option, Query)), None)


def _option(cls: Class, name: str) -> Iterator[str]:
    found = cls.find(name)
    if found is not None:
        yield from strings(found[0])


def _has(owner: Value, name: str) -> bool:
    return isinstance(owner, Instance) and owner.cls.find(name) is not None
