"""Models that are chosen when the program runs: ``content_type.model_class()``, ``apps.get_model(name)``.

What the code does with such a model bounds it: it must have the fields that lookups name, the managers and the methods
that are asked for. A set of no more than two thirds of all models is claimed, with little confidence; so is one that
code goes through from end to end (``for model in apps.get_models()``), with more. Any other choice stays unresolved.
"""

from __future__ import annotations

from analyzer.model.facts import Mode
from analyzer.resolve import orm
from analyzer.resolve.content_types import any_model, app_of
from analyzer.resolve.machine import Machine
from analyzer.resolve.registry import Registry
from analyzer.resolve.scope import CHOSEN, EACH, PERHAPS, Scope
from analyzer.resolve.values import (
    PLACEHOLDER,
    Chosen,
    Class,
    External,
    Items,
    Method,
    Record,
    Unknown,
    Value,
    merge,
    options,
    text,
)

REASON = "a model that is chosen at run time"
_FEW = 12
_KEYS = frozenset({"id", "pk"})


def from_content_type(
    m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """``content_type.model_class()``: the models that are known to be meant, each of them, or any."""
    for option in options(args[0]) if args else ():
        if isinstance(option, Record) and option.stands is not None:
            return option.stands
    return any_model(m)


def all_models(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``apps.get_models()``."""
    return Items("list", list(m.registry.concrete_models()))


def by_name(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``apps.get_model(...)`` with a computed name; those with literal ones have been looked up before."""
    app = text(args[0]) if len(args) > 1 else None
    models = m.registry.concrete_models()
    if args and all(PLACEHOLDER not in (text(arg) or PLACEHOLDER) for arg in args):
        return Unknown("a model that is not in the project")
    inside = tuple(cls for cls in models if app is not None and app_of(m, cls) == app.lower())
    return Chosen("model", inside or models, False)


def attribute(m: Machine, value: Chosen, name: str) -> Value:
    """An attribute of the chosen model, of one of its records, or of a queryset of it."""
    if value.kind == "query":
        return _of_query(m, value, name)
    if name == "_meta":
        return Chosen("meta", value.models, value.every)
    if value.kind == "meta":
        return (
            Chosen("model", value.models, value.every)
            if name in {"model", "concrete_model"}
            else Unknown(f"the options of {REASON}")
        )
    if value.kind == "record":
        if name == "__class__":
            return Chosen("model", value.models, value.every)
        return Method(value, name) if name in orm.RECORD_METHODS else Unknown(f"a record of {REASON}")
    if name in orm.MANAGER_NAMES or name == "objects":
        return Chosen("query", value.models, value.every)
    if name in {"DoesNotExist", "MultipleObjectsReturned"}:
        return External(f"django.core.exceptions.{name}")
    managed = [cls for cls in value.models if orm.has_manager(cls, name)]
    return Chosen("query", tuple(managed), value.every) if managed else Unknown(REASON)


def _of_query(m: Machine, value: Chosen, name: str) -> Value:
    if name == "model":
        return Chosen("model", value.models, value.every)
    if orm.plain_name(name) in orm.METHODS:
        return Method(value, name)
    having = tuple(cls for cls in value.models if orm.manager_has(m, cls, name))
    return (
        Method(Chosen("query", having, value.every), name) if having else Unknown(f"a queryset of {REASON}")
    )


def made(value: Chosen) -> Value:
    """``model(...)``."""
    return Chosen("record", value.models, value.every) if value.kind == "model" else Unknown(REASON)


def call(
    m: Machine, scope: Scope, method: Method, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """A method of the ORM on a chosen model: what it does is done to each that it may be."""
    value, name = method.receiver, orm.plain_name(method.name)
    assert isinstance(value, Chosen)
    if value.kind == "record":
        claim(m, scope, value, "write", line)
        return Unknown(f"what {name}() returns")
    found = narrowed(m, value, kwargs)
    if name in orm.WRITES:
        return _write(m, scope, found, name, line)
    pending = Chosen("query", found.models, found.every)
    if m.chains:
        m.chains[-1].query = pending
    else:
        claim(m, scope, pending, "read", line)
    if name in orm.ONE:
        return Chosen("record", found.models, found.every)
    if name in orm.SCALAR:
        return External("column")
    if name in orm.LINKS or name in {"in_bulk", "raw"}:
        return Unknown(f"what {name}() of {REASON} returns")
    return pending


def _write(m: Machine, scope: Scope, found: Chosen, name: str, line: int) -> Value:
    if m.chains:
        m.chains[-1].query = None
    if name in {"delete", "get_or_create", "update_or_create"}:
        claim(m, scope, found, "read", line)
    claim(m, scope, found, "write", line)
    if name == "create":
        return Chosen("record", found.models, found.every)
    return Unknown(f"what {name}() returns")


def narrowed(m: Machine, value: Chosen, kwargs: dict[str, Value]) -> Chosen:
    """Those of the models that have the fields which lookups name."""
    names = {name.partition("__")[0] for name in kwargs} - _KEYS
    models = tuple(cls for cls in value.models if all(_has(m, cls, name) for name in names))
    return Chosen(value.kind, models or value.models, value.every)


def _has(m: Machine, cls: Class, name: str) -> bool:
    return m.registry.has_field(cls, name) or m.registry.link(cls, name) is not None


def having(m: Machine, value: Chosen, name: str) -> Chosen:
    """Those of the models that have an attribute: after ``hasattr(model, name)``."""
    models = tuple(cls for cls in value.models if cls.find(name) is not None or _has(m, cls, name))
    return Chosen(value.kind, models or value.models, value.every)


def derived(value: Chosen, bases: Value) -> Chosen:
    """Those of the models that derive from one of some classes: after ``issubclass(model, bases)``."""
    wanted = [
        option
        for item in (bases.items if isinstance(bases, Items) else options(bases))
        for option in options(item)
        if isinstance(option, Class)
    ]
    models = tuple(cls for cls in value.models if any(base in cls.order()[0] for base in wanted))
    return Chosen(value.kind, models or value.models, value.every)


def is_bounded(registry: Registry, value: Chosen) -> bool:
    """Whether so few models are possible that each of them is worth telling."""
    return value.every or 3 * len(value.models) <= 2 * len(registry.concrete_models())


def claim(m: Machine, scope: Scope, value: Chosen, mode: Mode, line: int) -> None:
    """Note what happens to each model that it may be, if that is bounded."""
    if is_bounded(m.registry, value):
        for cls in value.models:
            sure = EACH if value.every else CHOSEN
            if mode == "write" and len(value.models) > _FEW:
                sure = min(sure, PERHAPS)  # the loop, not the transaction or the view, comes to each of them
            m.effect(scope, line, m.registry.table(cls), mode, "query", sure, "chosen at run time")


def is_same(one: Value, other: Value) -> Value | None:
    """What the chosen one of two models is when a test finds them the same."""
    chosen, known = (one, other) if isinstance(one, Chosen) else (other, one)
    if not isinstance(chosen, Chosen):
        return None
    models = tuple(
        option for option in options(known) if isinstance(option, Class) and option in chosen.models
    )
    return merge(list(models)) if models else None
