"""``value.name`` for every kind of value."""

from __future__ import annotations

from analyzer.resolve import options as model_options
from analyzer.resolve import orm, self_assigned
from analyzer.resolve.machine import Machine
from analyzer.resolve.members import bind_member, class_of
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    Bound,
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
_LAZY = frozenset({"LazyObject", "SimpleLazyObject"})
_PAGE = frozenset({"object_list", "paginator"})
ORDERINGS = frozenset({"asc", "desc"})
"""Methods of query expressions that give the same expression."""
_SIGNAL_METHODS = frozenset({"asend", "connect", "send", "send_robust"})


def attribute(m: Machine, scope: Scope, value: Value, name: str, line: int) -> Value:
    """The attribute of each thing that the value may be."""
    if not isinstance(value, Either):
        return _attribute(m, scope, value, name, line)
    return merge([_attribute(m, scope, option, name, line) for option in value.options])


def _attribute(m: Machine, scope: Scope, value: Value, name: str, line: int) -> Value:
    match value:
        case Unknown():
            return value
        case External():
            return _setting(m, name) if value.name in SETTINGS else m.external(f"{value.name}.{name}")
        case Module():
            found = m.module_name(value.state, name)
            return found if found is not None else Unknown(f"{value.state.name} has no {name}")
        case Class():
            return _of_class(m, scope, value, name, line)
        case Instance():
            return _of_instance(m, scope, value, name, line)
        case Record():
            return orm.record_attribute(m, scope, value, name, line)
        case Query():
            return orm.query_attribute(m, scope, value, name, line)
        case Super():
            return _of_super(m, scope, value, name, line)
        case Meta():
            return model_options.attribute(m, value, name)
        case ModelField():
            return model_options.field_attribute(m, value, name)
        case Made():
            return (
                Method(value, name)
                if name in _SIGNAL_METHODS
                or name in ORDERINGS
                or (name == "format" and value.short == "SQL")
                or _renders(value, name)
                else External(f"{value.callee}.{name}")
            )
        case Map() if value.cls is not None and value.cls.find(name) is not None:
            return bind_member(m, scope, value.cls.find(name)[0], value, line)  # type: ignore[index]
        case Items() if name in _PAGE:
            return value  # a paginator, a page and its list all stand for the items
        case Literal() | Items() | Map() | View():
            return Method(value, name)
        case Function():
            return _of_function(m, value, name)
        case Bound():
            return (
                value.receiver
                if name == "__self__"
                else value.function
                if name == "__func__"
                else Unknown("an attribute of a method")
            )
        case _:
            return Unknown(f"the attribute {name}")


def _renders(value: Made, name: str) -> bool:
    return name == "render" and value.short in {"get_template", "select_template"}


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
    if name == "as_view":
        return Method(cls, name)
    if name in {"as_manager", "from_queryset"} and (
        m.registry.is_queryset(cls) or m.registry.is_manager(cls)
    ):
        return Method(cls, name)
    unknown = cls.order()[1]
    if name in {"__subclasses__", "mro", "__mro__", "__dict__", "__doc__"}:
        return External(f"builtins.type.{name}")
    return External(f"{unknown[0]}.{name}") if unknown else Unknown(f"{cls.name} has no {name}")


def _class_member(m: Machine, scope: Scope, value: Value, cls: Class) -> Value:
    for option in options(value):
        if isinstance(option, Function) and option.kind == "class":
            return Bound(option, cls)
    return value


def _of_instance(m: Machine, scope: Scope, value: Instance, name: str, line: int) -> Value:
    cls = value.cls
    m.fill(cls)
    assigned = value.attrs.get(name)
    if isinstance(assigned, Made | Either):
        assigned = _forced(m, scope, assigned, line)
    default = cls.find(name) if m.tracing else None
    if default is not None and isinstance(default[0], Literal) and name in self_assigned.names(cls):
        return self_assigned.either_way(name, default[0], assigned)
    if assigned is not None and not isinstance(assigned, Unknown):
        if m.tracing and isinstance(assigned, Literal) and not isinstance(assigned.value, str):
            return Unknown(f"the attribute {name}")  # it may have been assigned anything since
        return assigned
    if name == "__class__":
        return cls
    found = cls.find(name)
    if found is None and assigned is not None:
        return assigned
    if found is None and name == "urls":
        return value  # a router or an admin site, which stands for its URLs
    if found is None:
        return _missing(m, cls, name)
    return bind_member(m, scope, found[0], value, line)


def _forced(m: Machine, scope: Scope, value: Value, line: int) -> Value:
    """A ``SimpleLazyObject`` is made where it is looked at: what that touches is touched there."""
    found: list[Value] = []
    for option in options(value):
        if m.tracing and isinstance(option, Made) and option.short in _LAZY and option.args:
            option = m.call(scope, option.args[0], [], {}, line)
        found.append(option)
    return found[0] if len(found) == 1 else merge(found)


def _missing(m: Machine, cls: Class, name: str) -> Value:
    unknown = cls.order()[1]
    if name == "__class__":
        return cls
    if unknown and not name.startswith("__"):
        return External(f"{unknown[0]}.{name}")
    return Unknown(f"{cls.name} has no {name} that could be seen")


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
    if isinstance(receiver, Class) and name == "as_view":
        return Method(receiver, name)
    if isinstance(receiver, Instance):
        if name == "__init__" and receiver.cls.order()[1]:
            return Method(value, name)
        return _missing(m, receiver.cls, name)
    return Unknown(f"super() has no {name} that could be seen")


def _of_function(m: Machine, value: Function, name: str) -> Value:
    if name in {"__name__", "__qualname__"}:
        return Literal(value.node.name)
    if name == "__wrapped__" and value.wraps is not None:
        return value.wraps
    return Method(value, name)
