"""Strawberry and strawberry-django: what the fields of a schema's types touch.

A type made for a model (``@strawberry_django.type(Model)``) shows records of it: its relations are followed, its
``get_queryset`` and the methods that are fields get the model's queryset and records. A field of the root that has no
resolver asks for all records of its type's model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.extract import ir
from analyzer.resolve import lookups, orm
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.origin import origin
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.values import (
    Bound,
    Class,
    Function,
    Instance,
    Items,
    Made,
    Query,
    Record,
    Unknown,
    Value,
    options,
    strings,
    text,
)

_FIELDS = frozenset({"connection", "field", "filter_field", "mutation", "node", "subscription"})
_FILTERS = frozenset({"filter", "filter_type"})
_CHANGES = frozenset({"create", "delete", "update"})
_NAME = re.compile(r"[A-Za-z_][\w.]*")


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a type: the class that declares it, what its annotation says, and what it is bound to."""

    owner: Class
    name: str
    annotation: ir.Expr | None
    value: Value | None
    line: int

    @property
    def function(self) -> Function | None:
        """The resolver: the method that is the field, or the function that was given for it."""
        value = self.value
        if isinstance(value, Made):
            value = value.kwargs.get("resolver") or (value.args[0] if value.args else None)
        return value if isinstance(value, Function) else None

    @property
    def view(self) -> str:
        """The dotted name of what does the work."""
        found = self.function
        return found.qualname if found is not None else f"{self.owner.qualname}.{self.name}"


def mutations(m: Machine, schema: Made) -> Iterator[Field]:
    """The fields of a schema's mutation type."""
    for root in options(
        schema.kwargs.get("mutation") or (schema.args[1] if len(schema.args) > 1 else schema)
    ):
        if isinstance(root, Class):
            yield from fields(m, root)


def fields(m: Machine, cls: Class) -> Iterator[Field]:
    """The fields that a type and its bases declare: annotated names, and methods decorated as fields."""
    m.fill(cls)
    found: dict[str, Field] = {}
    for owner in reversed(cls.order()[0]):
        for statement in owner.node.body:
            if isinstance(statement, ir.Assign) and isinstance(statement.targets[0], ir.Name):
                name = statement.targets[0].id
                value = owner.names.get(name) if statement.value is not None else None
                if statement.annotation is not None or (isinstance(value, Made) and value.short in _FIELDS):
                    found[name] = Field(owner, name, statement.annotation, value, statement.line)
            elif isinstance(statement, ir.Function):
                value = owner.names.get(statement.name)
                if isinstance(value, Function) and _is_field(value):
                    found[statement.name] = Field(
                        owner, statement.name, statement.returns, value, statement.line
                    )
    yield from found.values()


def _is_field(function: Function) -> bool:
    for decorator in function.decorators:
        name = origin(decorator)
        if name.startswith("strawberry") and name.rpartition(".")[2] in _FIELDS:
            return True
    return False


def declared(m: Machine, cls: Class) -> Made | None:
    """The decorator that made a type for a model: the class's own, or that of the nearest base."""
    m.fill(cls)
    for owner in cls.order()[0]:
        for decorator in owner.decorators:
            if (
                isinstance(decorator, Made)
                and "strawberry" in decorator.callee
                and decorator.args
                and m.registry.is_model(decorator.args[0])
            ):
                return decorator
    return None


def model_of(m: Machine, cls: Class) -> Class | None:
    """The model that a type stands for."""
    made = declared(m, cls)
    return made.args[0] if made is not None and isinstance(made.args[0], Class) else None


def types(m: Machine, near: ModuleState, node: ir.Expr | None) -> Iterator[Class]:
    """The classes that an annotation names: in lists, unions, strings, and behind ``strawberry.lazy``."""
    match node:
        case ir.Const(value=str() as plain):
            for name in _NAME.findall(plain):
                yield from _classes(m.module_name(near, name))
        case ir.Name() | ir.Attr():
            yield from _classes(m.evaluate(_outside(near), node))
        case ir.Bin():
            yield from types(m, near, node.left)
            yield from types(m, near, node.right)
        case ir.Sub():
            parts = node.index.items if isinstance(node.index, ir.Items) else (node.index,)
            lazy = [module for part in parts for module in _lazy(m, near, part)]
            for part in parts:
                yield from types(m, lazy[0] if lazy else near, part)
        case _:
            return


def _classes(value: Value | None) -> Iterator[Class]:
    for option in options(value) if value is not None else ():
        if isinstance(option, Class):
            yield option
        elif isinstance(option, Made):  # strawberry.union("Name", types=[...])
            for arg in [*option.args, *option.kwargs.values()]:
                for item in arg.items if isinstance(arg, Items) else ():
                    yield from _classes(item)


def _outside(near: ModuleState) -> Scope:
    return Scope(near, {}, Context(near, None))


def _lazy(m: Machine, near: ModuleState, part: ir.Expr | None) -> Iterator[ModuleState]:
    """The module that ``strawberry.lazy("...")`` names."""
    if not isinstance(part, ir.Call) or not part.args or not isinstance(part.args[0], ir.Const):
        return
    named = str(part.args[0].value)
    dots = len(named) - len(named.lstrip("."))
    base = near.package.split(".")
    dotted = ".".join([*base[: len(base) - dots + 1], named[dots:]]) if dots else named
    state = m.index.find(dotted, near)
    if state is not None:
        yield state


class Schema:
    """One request to a schema; each type is looked at once."""

    def __init__(self, m: Machine, scope: Scope, line: int) -> None:
        self.m = m
        self.scope = scope
        self.line = line
        self.seen: set[Class] = set()

    def serve(self, schema: Made) -> None:
        """All that the roots offer."""
        for value in [*schema.args, *schema.kwargs.values()]:
            for root in options(value):
                if isinstance(root, Class):
                    for field in fields(self.m, root):
                        self.run(field)

    def run(self, field: Field) -> None:
        """A field of a root."""
        leads = list(types(self.m, field.owner.module, field.annotation))
        function = field.function
        if function is not None:
            self._resolve(function, field.owner.instance())
        elif isinstance(field.value, Made) and field.value.short in _CHANGES:
            self._change(field.value, leads)
        for cls in leads:
            self._show(cls)

    def _change(self, made: Made, leads: list[Class]) -> None:
        """``mutations.create(Input)`` and its like save or delete records of the type's model."""
        given = [option for arg in made.args[:1] for option in options(arg) if isinstance(option, Class)]
        models = [model for cls in [*leads, *given] if (model := model_of(self.m, cls)) is not None]
        for model in dict.fromkeys(models):
            if made.short != "create":
                self.m.read(self.scope, orm.default_manager(self.m, model), self.line)
            name = "delete" if made.short == "delete" else "save"
            method = self.m.attribute(self.scope, Record(model), name, self.line)
            self.m.call(self.scope, method, [], {}, self.line)

    def _resolve(self, function: Function, receiver: Value) -> None:
        target: Value = (
            function if function.owner is None or function.kind == "static" else Bound(function, receiver)
        )
        self._read(self.m.call(self.scope, target, [], {}, function.node.line))

    def _read(self, value: Value) -> None:
        """A queryset that is given back is read by the library."""
        for option in options(value):
            if isinstance(option, Query) and option.model is not None:
                self.m.read(self.scope, option, self.line)

    def _show(self, cls: Class) -> None:
        if cls in self.seen:
            return
        self.seen.add(cls)
        self.m.fill(cls)
        model = model_of(self.m, cls)
        if model is not None:
            self._ask(cls, model)
        for field in fields(self.m, cls):
            leads = list(types(self.m, field.owner.module, field.annotation))
            function = field.function
            if function is not None:
                self._resolve(function, Record(model) if model is not None else cls.instance())
            elif model is not None:
                self._follow(model, field, leads)
            if model is not None:
                self._prefetch(model, field)
            for inner in leads:
                self._show(inner)
        for below in cls.subclasses:
            if declared(self.m, below) is not None:
                self._show(below)

    def _ask(self, cls: Class, model: Class) -> None:
        """All records of a type's model, as its ``get_queryset`` and filters narrow them down."""
        query: Value = orm.default_manager(self.m, model)
        self._read(query)
        found = cls.find("get_queryset")
        if found is not None and isinstance(found[0], Function):
            everything = Query(model, query.cls if isinstance(query, Query) else None)
            self._read(
                self.m.call(self.scope, Bound(found[0], cls), [everything, Unknown("info")], {}, self.line)
            )
        made = declared(self.m, cls)
        for filters in (
            options(made.kwargs["filters"]) if made is not None and "filters" in made.kwargs else ()
        ):
            if isinstance(filters, Class):
                self._filter(filters, model)

    def _filter(self, filters: Class, model: Class) -> None:
        """A filter whose type is the filter of another model reads that model's table.

        Its joins are left out, as those of django-filter are: there is one for each relation, and few are asked for.
        """
        if filters in self.seen:
            return
        self.seen.add(filters)
        for field in fields(self.m, filters):
            for inner in types(self.m, field.owner.module, field.annotation):
                other = model_of(self.m, inner)
                if other is not None and field.function is None:
                    lookups.walk(
                        self.m, self.scope, model, _source(field), self.line, whole=True, joins=False
                    )
                    self._filter(inner, other)

    def _follow(self, model: Class, field: Field, leads: list[Class]) -> None:
        """A field of the model: a relation is fetched, by a join or by a query of its own."""
        found = self.m.registry.accessor(model, _source(field))
        if found is None or not leads:
            return
        link, backwards = found
        value = orm.related(self.m, self.scope, Record(model), link, backwards, self.line)
        self._read(value)
        for option in options(value):
            if isinstance(option, Record) and not any(cls.find("get_queryset") for cls in leads):
                table = self.m.registry.table
                self.m.join(self.scope, self.line, table(model), table(option.model))

    def _prefetch(self, model: Class, field: Field) -> None:
        """``prefetch_related=...`` and ``select_related=...``: paths, or functions that make a ``Prefetch``."""
        declared_with = [field.value] if isinstance(field.value, Made) else []
        if isinstance(field.value, Function):
            declared_with = [each for each in field.value.decorators if isinstance(each, Made)]
        for made in declared_with:
            for name in ("prefetch_related", "select_related"):
                given = made.kwargs.get(name)
                for option in options(given) if given is not None else ():
                    for each in option.items if isinstance(option, Items) else [option]:
                        self._prefetched(model, each, joins=name == "select_related")

    def _prefetched(self, model: Class, given: Value, joins: bool) -> None:
        if isinstance(given, Function | Bound):
            given = self.m.call(self.scope, given, [Unknown("info")], {}, self.line)
        for option in options(given):
            for path in strings(option):
                lookups.walk(self.m, self.scope, model, path, self.line, whole=True, joins=joins)
            if isinstance(option, Made | Instance):
                for arg in [*option.args, *option.kwargs.values()]:
                    self._read_all(arg)
                    for path in strings(arg):
                        lookups.walk(self.m, self.scope, model, path, self.line, whole=True, joins=False)

    def _read_all(self, value: Value) -> None:
        for option in options(value):
            for each in option.items if isinstance(option, Items) else [option]:
                self._read(each)


def _source(field: Field) -> str:
    """The field of the model that a field shows."""
    made = field.value if isinstance(field.value, Made) else None
    given = made.kwargs.get("field_name") or made.kwargs.get("name") if made is not None else None
    return text(given) or field.name
