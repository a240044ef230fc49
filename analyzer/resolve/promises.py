"""What annotations promise: of parameters and results, and of the instances of a class whose body they stand in."""

from __future__ import annotations

from analyzer.extract import ir
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.values import (
    Class,
    Either,
    External,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    Query,
    Record,
    Unknown,
    Value,
    leads_to_tables,
    merge,
    options,
)

_BASES = frozenset(
    {"django.db.models.base.Model", "django.db.models.manager.Manager", "django.db.models.query.QuerySet"}
)


def annotated(m: Machine, scope: Scope, node: ir.Expr | None) -> Value:
    """The value that an annotation promises, as far as it leads to models."""
    if node is None:
        return Unknown("no annotation")
    if isinstance(node, ir.Bin):
        return merge([annotated(m, scope, node.left), annotated(m, scope, node.right)], "an annotation")
    if isinstance(node, ir.Sub):
        return _generic(m, scope, node)
    if isinstance(node, ir.Const):
        return Literal(None) if node.value is None else Unknown("an annotation")
    return instance_of(m, scope, m.evaluate(scope, node))


def _generic(m: Machine, scope: Scope, node: ir.Sub) -> Value:
    outer = m.evaluate(scope, node.value)
    name = (
        outer.name.rpartition(".")[2]
        if isinstance(outer, External)
        else outer.name
        if isinstance(outer, Class)
        else ""
    )
    parts = node.index.items if isinstance(node.index, ir.Items) else (node.index,)
    inner = [annotated(m, scope, part) for part in parts]
    if name in {"Optional", "Union", "Annotated", "ClassVar", "Final", "Awaitable"}:
        return merge(inner, "an annotation")
    if name in {"QuerySet", "Manager", "RelatedManager", "ManyRelatedManager", "BaseManager"} or (
        isinstance(outer, Class) and m.registry.is_queryset(outer)
    ):
        model = next((option.model for option in options(inner[0]) if isinstance(option, Record)), None)
        if model is None and not (isinstance(outer, Class) and not outer.module.is_library):
            return Unknown(f"a {name} of no known model")
        return Query(model, outer if isinstance(outer, Class) else None, manager="Manager" in name)
    if name in {
        "list",
        "List",
        "set",
        "Set",
        "tuple",
        "Tuple",
        "Iterable",
        "Iterator",
        "Sequence",
        "Collection",
        "frozenset",
    }:
        return Items("list", [], merge(inner, "an annotation"))
    if name in {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict"}:
        return Map({}, inner[-1])
    if name in {"type", "Type"}:
        models = [option.model for option in options(inner[0]) if isinstance(option, Record)]
        return merge(list(models), "an annotation")
    if isinstance(outer, Class) and not m.registry.is_model(outer):
        return _parametrized(m, scope, outer, parts)
    return instance_of(m, scope, outer)


def instance_of(m: Machine, scope: Scope, value: Value) -> Value:
    """An instance of a class (or of one of a tuple of classes)."""
    found: list[Value] = []
    for option in value.items if isinstance(value, Items) else options(value):
        if isinstance(option, Class):
            found.append(new(m, option))
        elif (isinstance(option, External) and not option.name.startswith(("typing.", "builtins."))) or (
            isinstance(option, External)
            and option.name
            in {
                "builtins.str",
                "builtins.int",
                "builtins.bool",
                "builtins.float",
            }
        ):
            found.append(External(option.name + "()"))
        elif isinstance(option, Either):
            found.append(instance_of(m, scope, option))
    return merge(found, "an annotation that is no model")


def new(m: Machine, cls: Class) -> Value:
    """An instance of a known class, of whatever kind it is; of Django's own bases nothing is known that leads on."""
    if cls.qualname in _BASES:
        return Unknown(f"a {cls.name} of no known model")
    if m.registry.is_model(cls):
        return Record(cls)
    if m.registry.is_manager(cls):
        return Query(None, cls, manager=True)
    if m.registry.is_queryset(cls):
        return Query(None, cls)
    return cls.instance()


def of_attribute(m: Machine, cls: Class, name: str) -> Value | None:
    """What the body of a class promises of an attribute of its instances (``order: Order``), if that leads anywhere."""
    owner, node = cls.promises().get(name, (None, None))
    if owner is None or node is None:
        return None
    found = annotated(m, _around(owner), node)
    return None if isinstance(found, Unknown) else found


def fill_in(m: Machine, made: Instance, args: list[Value], kwargs: dict[str, Value]) -> None:
    """The constructor that nobody wrote (of a dataclass, a named tuple): it assigns the annotated names in order."""
    promises = made.cls.promises()
    for name, value in [*zip(promises, args, strict=False), *kwargs.items()]:
        if name in promises and not isinstance(value, Unknown):
            old = made.attrs.get(name)
            made.attrs[name] = value if old is None else merge([old, value])


def _parametrized(m: Machine, scope: Scope, cls: Class, parts: tuple[ir.Expr | None, ...]) -> Value:
    """``Context[Order]``: an instance whose attributes are what the type parameters say."""
    given = [m.evaluate(scope, part) if part is not None else Unknown("a type") for part in parts]
    if not any(leads_to_tables(value) for value in given):
        return cls.instance()
    parameters: dict[str, Value] = {}
    attrs: dict[str, Value] = {}
    for name, (owner, node) in cls.promises().items():
        around = _around(owner)
        for variable in _variables(m, around, node):
            if variable not in parameters and len(parameters) < len(given):
                parameters[variable] = given[len(parameters)]
        value = annotated(m, _around(owner, parameters), node)
        if leads_to_tables(value):
            attrs[name] = value
    made = cls.instance_with([], attrs)
    for name, value in attrs.items():
        made.attrs.setdefault(name, value)
    return made


def _variables(m: Machine, scope: Scope, node: ir.Expr | None) -> list[str]:
    """The type variables in an annotation: names that are made by ``TypeVar``, or that nobody defines."""
    match node:
        case ir.Name():
            value = m.evaluate(scope, node)
            is_variable = isinstance(value, Unknown) or (isinstance(value, Made) and value.short == "TypeVar")
            return [node.id] if is_variable else []
        case ir.Sub():
            return _variables(m, scope, node.index)
        case ir.Bin():
            return [*_variables(m, scope, node.left), *_variables(m, scope, node.right)]
        case ir.Items():
            return [found for item in node.items for found in _variables(m, scope, item)]
        case _:
            return []


def _around(cls: Class, names: dict[str, Value] | None = None) -> Scope:
    """The scope that a class body sees, with type parameters bound."""
    return Scope(cls.module, names or {}, Context(cls.module, None), cls.scope)
