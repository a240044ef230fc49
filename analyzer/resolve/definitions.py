"""Functions and classes: what a definition makes, what its decorators say, and what an annotation promises."""

from __future__ import annotations

from typing import Literal as Choice

from analyzer.extract import ir
from analyzer.model.facts import Location
from analyzer.resolve.machine import Machine, Registration
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.names import Names
from analyzer.resolve.origin import origin
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.values import (
    Bound,
    Class,
    External,
    Function,
    Instance,
    Literal,
    Made,
    Unknown,
    Value,
    options,
)

PROPERTIES = frozenset(
    {"property", "cached_property", "classproperty", "cached_classproperty", "lazy_property"}
)
_KINDS: dict[str, Choice["static", "class"]] = {
    "builtins.classmethod": "class",
    "builtins.staticmethod": "static",
}
TASKS = frozenset({"actor", "db_periodic_task", "db_task", "job", "periodic_task", "shared_task", "task"})
TAGS = frozenset({"filter", "inclusion_tag", "simple_block_tag", "simple_tag", "tag", "assignment_tag"})


def function(m: Machine, scope: Scope, node: ir.Function) -> Value:
    """The value that a ``def`` binds, with its decorators applied."""
    made = scope.module.definitions.get(id(node))
    if made is not None and not scope.function:
        return made
    owner = scope.cls if scope.is_class else None
    outer = scope.outer if scope.is_class else scope
    found = Function(
        node, f"{scope.prefix}{node.name}", scope.module, outer if outer and outer.function else None, owner
    )
    if node.name in {"__new__", "__init_subclass__", "__class_getitem__"}:
        found.kind = "class"
    result: Value = found
    for expression in reversed(node.decorators):
        result = _decorate(m, scope, found, result, expression)
    if not scope.function:
        scope.module.definitions[id(node)] = result
    return result


def _decorate(m: Machine, scope: Scope, found: Function, result: Value, expression: ir.Expr) -> Value:
    if isinstance(expression, ir.Attr) and expression.attr in {"setter", "deleter", "getter"}:
        previous = scope.names.get(found.node.name)
        return previous if previous is not None else result
    decorator = m.evaluate(scope, expression)
    for option in options(decorator):
        if isinstance(option, Made) and option.short == "partial" and option.args:
            option = option.args[0]
        name = origin(option)
        last = name.rpartition(".")[2]
        kind = "property" if last in PROPERTIES else _KINDS.get(name)
        if kind is not None:
            found.kind = kind
            if isinstance(result, Function):
                result.kind = kind  # what another decorator put in its place
        elif name:
            if last == "wraps" and isinstance(option, Made) and option.args:
                found.wraps = option.args[0]
            found.decorators.append(option)
            _announce(m, scope, found, option, last)
            found.atomic = found.atomic or _is_atomic(option)
        elif _function_name(option) in TASKS:
            m.ledger.registrations.append(
                Registration("task", found, Location(scope.module.file, found.node.line))
            )
        elif isinstance(option, Function | Bound) and option is not found:
            return _replaced(m, scope, found, result, option)
        elif isinstance(option, Instance):
            _announce(m, scope, found, option, option.cls.name)
    return result


def _replaced(m: Machine, scope: Scope, found: Function, result: Value, decorator: Value) -> Value:
    """Apply a decorator of the project: a function it returns stands for the original, else nothing changes."""
    made = m.call(scope, decorator, [result], {}, found.node.line)
    for option in options(made):
        if isinstance(option, Function) and option is not result:
            return Function(
                option.node, option.qualname, option.module, option.scope, found.owner, found.kind,
                [*found.decorators, *option.decorators], result, option.atomic,
            )  # fmt: skip
    return result


def _function_name(option: Value) -> str:
    function = option.function if isinstance(option, Bound) else option
    return function.node.name if isinstance(function, Function) else ""


def _is_atomic(option: Value) -> bool:
    """``atomic``, ``atomic(...)``, ``method_decorator(atomic)``."""
    name = origin(option)
    if name in {"django.db.transaction.atomic", "django.db.transaction.commit_on_success"}:
        return True
    return isinstance(option, Made) and any(_is_atomic(argument) for argument in option.args)


def _announce(m: Machine, scope: Scope, found: Function, option: Value, last: str) -> None:
    """Decorators that make an entry point: tasks, template tags, signal receivers."""
    where = Location(scope.module.file, found.node.line)
    name = origin(option)
    if last in TASKS and not name.startswith("rest_framework"):
        m.ledger.registrations.append(Registration("task", found, where))
    elif last in TAGS and "Library" in name:
        m.ledger.registrations.append(Registration("template_tag", found, where))
    elif last == "receiver" and isinstance(option, Made):
        sender = option.kwargs.get("sender")
        signals = option.args[0] if option.args else Unknown("a signal")
        m.ledger.registrations.append(
            Registration("receiver", found, where, (signals, sender or Literal(None)))
        )


def register_tag(m: Machine, scope: Scope, option: Made) -> None:
    """``register.filter("name", function)``: a template tag without a decorator."""
    for argument in option.args:
        if isinstance(argument, Function):
            argument.decorators.append(option)
            where = Location(scope.module.file, option.line)
            m.ledger.registrations.append(Registration("template_tag", argument, where))


def class_(m: Machine, scope: Scope, node: ir.Class) -> Value:
    """The class that a ``class`` statement binds."""
    existing = scope.module.definitions.get(id(node))
    cls = existing if isinstance(existing, Class) and not scope.function else shell(scope, node)
    m.fill(cls)
    result: Value = cls
    for expression in reversed(node.decorators):
        decorator = m.evaluate(scope, expression)
        for option in options(decorator):
            if isinstance(option, External | Made):
                cls.decorators.append(option)
                if origin(option).rpartition(".")[2] == "register" and isinstance(option, Made):
                    _register(m, scope, cls, option)
            elif isinstance(option, Function | Bound):
                made = m.call(scope, option, [cls], {}, node.line)
                result = made if isinstance(made, Class) else result
    return result


def _register(m: Machine, scope: Scope, cls: Class, option: Made) -> None:
    """``@admin.register(Model)``, and register decorators of other libraries."""
    where = Location(scope.module.file, cls.node.line)
    kind = "admin" if ".admin" in option.callee else "library"
    m.ledger.registrations.append(Registration(kind, cls, where, tuple(option.args)))


def shell(scope: Scope, node: ir.Class) -> Class:
    """A class whose body has not run yet."""
    names = Names(scope.module.consulted)
    cls = Class(node.name, f"{scope.prefix}{node.name}", scope.module, node, names=names)
    cls.scope = scope
    if not scope.function:
        scope.module.definitions[id(node)] = cls
    return cls


def fill(m: Machine, cls: Class) -> None:
    """Evaluate the bases and run the body of a class, once."""
    if cls.filled != "no" or cls.scope is None:
        return
    cls.filled = "running"
    outer = cls.scope
    for base in cls.node.bases:
        for option in options(m.evaluate(outer, base)):
            cls.bases.extend(_base(option))
    for parent in cls.bases:
        if isinstance(parent, Class):
            parent.subclasses.append(cls)
    body = Scope(
        cls.module,
        cls.names,
        outer.context,
        outer,
        cls,
        True,
        None,
        depth=outer.depth,
    )
    body.outer = outer
    m.run(body, cls.node.body)
    cls.filled = "yes"
    for name, value in cls.node.keywords:
        if name is None or name == "metaclass":
            continue
        cls.names.setdefault(name, m.evaluate(outer, value))
    _tell_bases(m, outer, cls)


def _tell_bases(m: Machine, scope: Scope, cls: Class) -> None:
    """``__init_subclass__`` of a base of the project: registries that subclasses enter by existing."""
    if m.tracing or cls.module.is_library:
        return
    found = cls.find("__init_subclass__", after=cls)
    if found is not None and isinstance(found[0], Function):
        m.call(scope, Bound(found[0], cls), [], {}, cls.node.line)


def _base(option: Value) -> list[Value]:
    """``Manager.from_queryset(QuerySet)`` as a base counts as both classes; ``Generic[T]`` as ``Generic``."""
    if isinstance(option, Made) and option.short == "from_queryset":
        return [argument for argument in option.args if isinstance(argument, Class | External)]
    if isinstance(option, Class | External | Made):
        return [option]
    return []


def module_scope(state: ModuleState, context: Context) -> Scope:
    """The scope of a module's top level."""
    return Scope(state, state.names, context)
