"""``value.name`` for every kind of value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analyzer.resolve import (
    choices,
    chosen,
    containers,
    deferred,
    graphene,
    lazies,
    orm,
    promises,
    routers,
    self_assigned,
)
from analyzer.resolve import options as model_options
from analyzer.resolve.machine import Machine
from analyzer.resolve.members import bind_member, class_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    Bound,
    Chosen,
    Class,
    Either,
    External,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    Meta,
    Method,
    ModelField,
    Module,
    Query,
    Record,
    Super,
    Unknown,
    Value,
    View,
    merge,
    options,
)

SETTINGS = frozenset({"django.conf.settings"})
_PAGE = frozenset({"object_list", "paginator"})
ORDERINGS = frozenset({"asc", "desc"})
"""Methods of query expressions that give the same expression."""
_FEW = 12
_SIGNAL_METHODS = frozenset({"asend", "connect", "send", "send_robust"})


def attribute(m: Machine, scope: Scope, value: Value, name: str, line: int) -> Value:
    """The attribute of each thing that the value may be."""
    return _ATTRIBUTES[type(value)](m, scope, value, name, line)


def _of_either(m: Machine, scope: Scope, value: Either, name: str, line: int) -> Value:
    return merge([attribute(m, scope, option, name, line) for option in value.options])


def _of_external(m: Machine, scope: Scope, value: External, name: str, line: int) -> Value:
    return _setting(m, name) if value.name in SETTINGS else m.external(f"{value.name}.{name}")


def _of_module(m: Machine, scope: Scope, value: Module, name: str, line: int) -> Value:
    return m.module_name(value.state, name) or Unknown(f"{value.state.name} has no {name}")


def _of_made(m: Machine, scope: Scope, value: Made, name: str, line: int) -> Value:
    if (
        name in _SIGNAL_METHODS
        or name in ORDERINGS
        or (name == "format" and value.short == "SQL")
        or _renders(value, name)
        or (name == "get" and value.callee == containers.CONTEXT_VARIABLE)
        or _waits(value, name)
    ):
        return Method(value, name)
    return External(f"{value.callee}.{name}")


def _of_map(m: Machine, scope: Scope, value: Map, name: str, line: int) -> Value:
    found = value.cls.find(name) if value.cls is not None else None
    return bind_member(m, scope, found[0], value, line) if found is not None else Method(value, name)


def _of_items(m: Machine, scope: Scope, value: Items, name: str, line: int) -> Value:
    return (
        value if name in _PAGE else Method(value, name)
    )  # a paginator, a page and its list: all are the items


def _of_bound(m: Machine, scope: Scope, value: Bound, name: str, line: int) -> Value:
    if name in {"__self__", "__func__"}:
        return value.receiver if name == "__self__" else value.function
    return Unknown("an attribute of a method")


def _renders(value: Made, name: str) -> bool:
    return name == "render" and value.short in {"get_template", "select_template"}


def _waits(value: Made, name: str) -> bool:
    return name in deferred.METHODS and deferred.is_promise(value)


def _setting(m: Machine, name: str) -> Value:
    value = m.setting(name)
    if value is None:
        return Unknown(f"the setting {name} is not known")
    return (
        Unknown(f"the setting {name}")
        if isinstance(value, Literal) and isinstance(value.value, bool)
        else value
    )


def _of_class(m: Machine, scope: Scope, cls: Class, name: str, line: int) -> Value:
    m.fill(cls)
    if name in {"__name__", "__qualname__"}:
        return Literal(cls.name)
    if name == "__module__":
        return Literal(cls.module.name)
    if m.registry.is_model(cls):
        found = orm.model_attribute(m, scope, cls, name, line)
        if found is not None:
            return found
    found_in = cls.find(name)
    if found_in is not None:
        return _class_member(m, scope, found_in[0], cls)
    answer = _metaclass_answer(m, scope, cls, name, line)
    if answer is not None:
        return answer
    if name == "choices" and choices.is_enumeration(cls):
        return choices.members(cls)
    if name == "as_view":
        return Method(cls, name)
    if name == "_meta" and graphene.is_type(cls):
        return graphene.options_of(m, cls)
    if _makes_managers(m, cls, name):
        return Method(cls, name)
    unknown = cls.order()[1]
    if name in {"__subclasses__", "mro", "__mro__", "__dict__", "__doc__"}:
        return External(f"builtins.type.{name}")
    return External(f"{unknown[0]}.{name}") if unknown else Unknown(f"{cls.name} has no {name}")


def _makes_managers(m: Machine, cls: Class, name: str) -> bool:
    return name in {"as_manager", "from_queryset"} and (
        m.registry.is_queryset(cls) or m.registry.is_manager(cls)
    )


def _metaclass_answer(m: Machine, scope: Scope, cls: Class, name: str, line: int) -> Value | None:
    """What ``__getattr__`` of a metaclass of the project says of a name that the class does not have."""
    for ancestor in cls.order()[0]:
        for keyword, expression in ancestor.node.keywords:
            if keyword != "metaclass" or ancestor.module.is_library or ancestor.scope is None:
                continue
            metaclass = m.evaluate(ancestor.scope, expression)
            if not isinstance(metaclass, Class):
                continue
            m.fill(metaclass)
            found = metaclass.find("__getattr__")
            if found is not None and isinstance(found[0], Function):
                answer = m.call(scope, Bound(found[0], cls), [Literal(name)], {}, line)
                return None if isinstance(answer, Unknown) else answer
    return None


def _class_member(m: Machine, scope: Scope, value: Value, cls: Class) -> Value:
    for option in options(value):
        if isinstance(option, Function) and option.kind == "class":
            return Bound(option, cls)
    return value


def _of_instance(m: Machine, scope: Scope, value: Instance, name: str, line: int) -> Value:
    cls = value.cls
    m.fill(cls)
    assigned = value.attrs.get(name)
    if assigned is None and m.tracing:
        assigned = _bound_to_request(m, value, name)
    if isinstance(assigned, Made | Either):
        assigned = lazies.made(m, scope, assigned, line)
    found = cls.find(name)
    default = found[0] if found is not None and m.tracing else None
    if isinstance(default, Literal) and name in self_assigned.names(cls):
        return self_assigned.either_way(name, default, assigned)
    if assigned is not None and isinstance(default, Made) and lazies.is_lazy(default):
        # what some code has assigned holds for what follows there; elsewhere the lazy object is still looked at
        return merge([assigned, lazies.made(m, scope, default, line)])
    if assigned is not None and not isinstance(assigned, Unknown):
        if m.tracing and isinstance(assigned, Literal) and not isinstance(assigned.value, str):
            return Unknown(f"the attribute {name}")  # it may have been assigned anything since
        return assigned
    if name == "__class__":
        return cls
    if name == "urls" and routers.is_router(value):
        return value  # which stands for its URLs
    if found is None or _says_nothing(found[0]):
        promised = promises.of_attribute(m, cls, name)
        if promised is not None:
            return promised
    if found is None and assigned is not None:
        return assigned
    if found is None and name == "urls":
        return value  # an admin site, which stands for its URLs
    if found is None:
        return _missing(m, cls, name)
    if isinstance(found[0], Made):
        return lazies.made(m, scope, found[0], line)
    return bind_member(m, scope, found[0], value, line)


def _bound_to_request(m: Machine, value: Instance, name: str) -> Value | None:
    """What was bound to a request is there on requests of the project's own classes as well."""
    found = value.cls.find(name)
    if found is not None and not found[1].module.is_library:
        return None
    request = m.stub_class("django.http.request", "HttpRequest")
    if request is None or value.cls is request or request not in value.cls.order()[0]:
        return None
    return request.instance().attrs.get(name)


def _says_nothing(value: Value) -> bool:
    """Whether what stands behind an annotation in a class body only keeps the place: ``None``, ``field(...)``."""
    return (isinstance(value, Literal) and value.value is None) or (
        isinstance(value, Made) and value.callee == "dataclasses.field"
    )


def _missing(m: Machine, cls: Class, name: str) -> Value:
    unknown = cls.order()[1]
    if name == "__class__":
        return cls
    below = _below(m, cls, name) if m.tracing and not cls.module.is_library else []
    if below:
        return merge(below)
    if unknown and not name.startswith("__"):
        return External(f"{unknown[0]}.{name}")
    return Unknown(f"{cls.name} has no {name} that could be seen")


def _below(m: Machine, cls: Class, name: str) -> list[Value]:
    """What only subclasses have: an instance of the class is one of theirs. Not when it is any of too many."""
    found: list[Value] = []
    waiting = list(cls.subclasses)
    while waiting:
        inner = waiting.pop(0)
        m.fill(inner)
        own = inner.names.get(name)
        if isinstance(own, Function) and own.kind == "plain":
            found.append(Bound(own, inner.instance()))
        waiting.extend(inner.subclasses)
    return found if len(found) <= _FEW else []


def _of_super(m: Machine, scope: Scope, value: Super, name: str, line: int) -> Value:
    receiver = value.receiver
    cls = receiver if isinstance(receiver, Class) else class_of(receiver)
    if isinstance(cls, Class):
        m.fill(cls)
        found = cls.find(name, after=value.cls)
        if found is None and value.cls not in cls.order()[0]:
            found = value.cls.find(name, after=value.cls)
        hidden = (
            isinstance(receiver, Record) and found is not None and orm.hidden_by_model(cls, found[1], name)
        )
        if found is not None and not hidden:
            return bind_member(m, scope, found[0], receiver, line)
    if isinstance(receiver, Record):
        return orm.record_builtin(m, receiver, name)
    if isinstance(receiver, Query):
        return orm.query_builtin(m, receiver, name)
    if isinstance(receiver, Class) and (name == "as_view" or _makes_managers(m, receiver, name)):
        return Method(receiver, name)
    if isinstance(receiver, Instance):
        if name == "__init__" and receiver.cls.order()[1]:
            return Method(value, name)
        return _missing(m, receiver.cls, name)
    return Unknown(f"super() has no {name} that could be seen")


def _of_function(m: Machine, scope: Scope, value: Function, name: str, line: int) -> Value:
    if name in {"__name__", "__qualname__"}:
        return Literal(value.node.name)
    if name == "__wrapped__" and value.wraps is not None:
        return value.wraps
    return Method(value, name)


_ATTRIBUTES: dict[type, Callable[[Machine, Scope, Any, str, int], Value]] = {
    Unknown: lambda m, scope, value, name, line: value,
    Either: _of_either,
    External: _of_external,
    Module: _of_module,
    Class: _of_class,
    Instance: _of_instance,
    Record: orm.record_attribute,
    Query: orm.query_attribute,
    Super: _of_super,
    Meta: lambda m, scope, value, name, line: model_options.attribute(m, value, name),
    ModelField: lambda m, scope, value, name, line: model_options.field_attribute(m, value, name),
    Made: _of_made,
    Map: _of_map,
    Items: _of_items,
    Literal: lambda m, scope, value, name, line: Method(value, name),
    View: lambda m, scope, value, name, line: Method(value, name),
    Function: _of_function,
    Bound: _of_bound,
    Method: lambda m, scope, value, name, line: Unknown(f"the attribute {name}"),
    Chosen: lambda m, scope, value, name, line: chosen.attribute(m, value, name),
}
