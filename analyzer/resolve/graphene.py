"""Graphene and graphene-django: what the resolvers of a schema's types touch, and its mutations.

A type made for a model (``Meta.model``) gets records of it, any other type what the resolver of the field that leads
to it has returned. A field without a resolver is an attribute of that object. Mutations are run by their ``mutate``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from analyzer.resolve import deferred, orm, promises
from analyzer.resolve.expressions import element
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    NONE,
    OPEN,
    Bound,
    Class,
    External,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Query,
    Record,
    Unknown,
    Value,
    merge,
    options,
    text,
)

_BASE, _MUTATION, _INPUT = "graphene.BaseType", "graphene.Mutation", "graphene.InputObjectType"
_DJANGO = "graphene_django.types.DjangoObjectType"
_FIELD_OF_MUTATION = "graphene.Mutation.Field"
_LISTS = frozenset({"DjangoConnectionField", "DjangoFilterConnectionField", "DjangoListField"})
_TYPE_ARGUMENTS = ("type", "type_", "of_type")


def is_type(cls: Class) -> bool:
    """Whether a class is a type of a schema."""
    return cls.is_a(_BASE)


def options_of(m: Machine, cls: Class) -> Value:
    """``Type._meta``: what the ``Meta`` of the class says, and behind it those of its bases."""
    found: dict[str, Value] = {}
    for owner in reversed(cls.order()[0]):
        meta = owner.names.get("Meta")
        for each in reversed(meta.order()[0]) if isinstance(meta, Class) else ():
            found.update(each.names)
    base = m.stub_class("graphene", "BaseType")
    return Instance(base, attrs=found) if base is not None else Unknown("the options of a type")


def mutation(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``SomeMutation.Field()``."""
    return Made(_FIELD_OF_MUTATION, args, {}, scope.module, line)


def of_global_id(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``Node.from_global_id(id)``: the type's name and the key. The type that the function was told to expect, if it
    was told of one, stands for its name: what is looked up by that name is that type."""
    params = scope.function.node.params if scope.function is not None else ()
    expected = [
        option
        for param in params
        for option in options(scope.names.get(param.name, NONE))
        if isinstance(option, Class) and is_type(option)
    ]
    return Items("tuple", [merge([*expected, External("builtins.str()")]), External("builtins.str()")])


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a type: the class that declares it, its name, and what it is bound to."""

    owner: Class
    name: str
    value: Value

    @property
    def line(self) -> int:
        return self.owner.line_of.get(self.name, self.owner.node.line)

    @property
    def mutation(self) -> Class | None:
        """The mutation that the field runs."""
        value = self.value
        if isinstance(value, Made) and value.callee == _FIELD_OF_MUTATION and value.args:
            return value.args[0] if isinstance(value.args[0], Class) else None
        return None


def fields(m: Machine, cls: Class) -> Iterator[Field]:
    """The fields that a type and its bases declare."""
    m.fill(cls)
    found: dict[str, Field] = {}
    for owner in reversed(cls.order()[0]):
        if not owner.module.is_library:
            for name, value in owner.names.items():
                if _is_field(value):
                    found[name] = Field(owner, name, value)
    yield from found.values()


def _is_field(value: Value) -> bool:
    if isinstance(value, Made):
        return value.callee.startswith("graphene")
    if isinstance(value, Instance):
        return any(name.startswith("graphene") for name in value.cls.order()[1]) or is_type(value.cls)
    return False


def roots(schema: Made) -> Iterator[Class]:
    """The types that a schema begins with, and those that it lists."""
    for value in [*schema.args, *schema.kwargs.values()]:
        for option in options(value):
            for each in option.items if isinstance(option, Items) else [option]:
                if isinstance(each, Class) and is_type(each):
                    yield each


def mutations(m: Machine, schema: Made) -> Iterator[Field]:
    """The fields of a schema's mutation type that run a mutation."""
    given = schema.kwargs.get("mutation") or (schema.args[1] if len(schema.args) > 1 else NONE)
    for root in options(given):
        if isinstance(root, Class):
            yield from (each for each in fields(m, root) if each.mutation is not None)


@dataclass(slots=True)
class Schema:
    """Requests to a schema; each type is looked at once."""

    m: Machine
    scope: Scope
    line: int
    seen: set[Class] = field(default_factory=set)
    shown: dict[Class, Class] = field(default_factory=dict)
    """Model -> the type that graphene-django shows its records with."""

    def serve(self, schema: Made) -> None:
        """All that the roots offer."""
        base = self.m.stub_class("graphene_django.types", "DjangoObjectType")
        for cls in _below(base) if base is not None else ():
            model = self._model(cls)
            if model is not None:
                self.shown.setdefault(model, cls)
        for root in roots(schema):
            self.show(root, NONE)

    def mutate(self, cls: Class) -> Value:
        """Run a mutation; what it answers with is not shown here."""
        self.m.fill(cls)
        found = cls.find("mutate")
        payload: Value = NONE
        for option in options(found[0]) if found is not None else ():
            if isinstance(option, Function):
                payload = self._call(option, cls if option.kind == "class" else None, [NONE])
        return payload

    def show(self, cls: Class, root: Value) -> None:
        """The fields of a type, of an object that a resolver has returned."""
        if cls in self.seen or cls.is_a(_INPUT):
            return
        self.seen.add(cls)
        self.m.fill(cls)
        model = self._model(cls)
        if model is not None:
            root = Record(model)
        for each in fields(self.m, cls):
            if each.mutation is not None:
                self.show(each.mutation, self.mutate(each.mutation))
            else:
                self._flow_field(cls, each, root)
        if model is not None and cls.is_a(_DJANGO):
            self._relations(cls, model)
        meta = options_of(self.m, cls)
        for name in ("node", "types", "interfaces"):
            for inner in self._leads(meta.attrs.get(name, NONE) if isinstance(meta, Instance) else NONE, cls):
                self.show(inner, root if name == "interfaces" else NONE)

    def _flow_field(self, cls: Class, each: Field, root: Value) -> None:
        result = self._resolved(cls, each, root)
        for inner in self._leads(each.value, each.owner):
            self.show(inner, _shown_each(result, self.m))
            if isinstance(each.value, Made) and each.value.short in _LISTS:
                self._ask(inner)

    def _resolved(self, cls: Class, each: Field, root: Value) -> Value:
        resolver = self._resolver(cls, each)
        if resolver is None:
            return self._attribute(cls, each, root)
        results = []
        for option in options(resolver):
            if isinstance(option, Bound):
                results.append(self._call(option.function, option.receiver, [root]))
            elif isinstance(option, Function):
                method = (
                    option.owner is not None and option.kind == "plain" and option.owner in cls.order()[0]
                )
                results.append(self._call(option, root, []) if method else self._call(option, None, [root]))
        return merge(results, "what a resolver returns")

    def _resolver(self, cls: Class, each: Field) -> Value | None:
        """The resolver that was given to the field, or the type's ``resolve_...``, as the field's class wraps it."""
        found: Value | None = None
        if isinstance(each.value, Made | Instance):
            found = each.value.kwargs.get("resolver")
        if found is None or not any(isinstance(option, Function | Bound) for option in options(found)):
            inherited = cls.find(f"resolve_{each.name}") or self._of_interface(cls, each.name)
            found = inherited[0] if inherited is not None else None
            if found is not None and isinstance(found, Function) and found.kind == "class":
                found = Bound(found, cls)
        if isinstance(each.value, Instance):
            for name in ("get_resolver", "wrap_resolve"):
                wraps = each.value.cls.find(name)
                if wraps is not None and isinstance(wraps[0], Function):
                    wrapped = self.m.call(
                        self.scope, Bound(wraps[0], each.value), [found or External("getattr")], {}, each.line
                    )
                    known = [option for option in options(wrapped) if isinstance(option, Function | Bound)]
                    return merge(known) if known else found
        return found

    def _of_interface(self, cls: Class, name: str) -> tuple[Value, Class] | None:
        meta = options_of(self.m, cls)
        for inner in self._leads(
            meta.attrs.get("interfaces", NONE) if isinstance(meta, Instance) else NONE, cls
        ):
            found = inner.find(f"resolve_{name}")
            if found is not None:
                return found
        return None

    def _attribute(self, cls: Class, each: Field, root: Value) -> Value:
        """A field without a resolver: the attribute of that name, called if it is a method."""
        meta = options_of(self.m, cls)
        chosen = meta.attrs.get("default_resolver") if isinstance(meta, Instance) else None
        if isinstance(chosen, Function | Bound):
            function, receiver = (
                (chosen.function, chosen.receiver) if isinstance(chosen, Bound) else (chosen, None)
            )
            return self._call(function, receiver, [Literal(each.name), NONE, root])
        source = each.value.kwargs.get("source") if isinstance(each.value, Made | Instance) else None
        found = self.m.attribute(self.scope, root, text(source) or each.name, each.line)
        results = [
            self.m.call(self.scope, option, [], {}, each.line) if isinstance(option, Bound) else option
            for option in options(found)
        ]
        return self._read(merge(results))

    def _call(self, function: Function, receiver: Value | None, args: list[Value]) -> Value:
        """Call a resolver with the object, what is known of the request, and arguments of which nothing is known."""
        given = [*args, self._info()]
        params = [param for param in function.node.params if param.kind == "plain"]
        if receiver is not None and function.kind != "static":
            params = params[1:]
        for position, param in enumerate(params[: len(given)]):
            scope = Scope(function.module, {}, self.scope.context, function.scope)
            if param.annotation is not None and not isinstance(
                promises.annotated(self.m, scope, param.annotation), Unknown
            ):
                given[position] = Unknown("an argument")
        target: Value = Bound(function, receiver) if receiver is not None else function
        if receiver is None and function.owner is not None and function.kind == "plain":
            target = Function(
                function.node, function.qualname, function.module, function.scope, function.owner, "static",
                function.decorators, function.wraps, function.atomic,
            )  # fmt: skip
        result = self.m.call(self.scope, target, given, {OPEN: Unknown("an argument")}, self.line)
        return self._read(deferred.kept(result))

    def _info(self) -> Value:
        info = self.m.stub_class("graphene", "ResolveInfo")
        return info.instance() if info is not None else Unknown("info")

    def _read(self, value: Value) -> Value:
        """A queryset that is given back is read by the library."""
        for option in options(value):
            if isinstance(option, Query) and option.model is not None:
                self.m.read(self.scope, option, self.line)
        return value

    def _leads(self, value: Value, near: Class, depth: int = 0) -> Iterator[Class]:
        """The types that a field's declaration names: classes, functions that return them, dotted names, wrappers."""
        for option in options(value):
            match option:
                case Class() if is_type(option):
                    yield option
                case Made() | Instance() if depth < 5:
                    given = [*option.args[:1], *(option.kwargs.get(name, NONE) for name in _TYPE_ARGUMENTS)]
                    for each in given:
                        yield from self._leads(each, near, depth + 1)
                case Items():
                    for each in option.items:
                        yield from self._leads(each, near, depth + 1)
                case Function() if not option.node.params and depth < 5:
                    yield from self._leads(
                        self.m.call(self.scope, option, [], {}, self.line), near, depth + 1
                    )
                case Literal(value=str() as dotted) if "." in dotted:
                    found = self.m.by_dotted_name(dotted, near.module)
                    if isinstance(found, Class):
                        yield from self._leads(found, near, depth + 1)
                case _:
                    pass

    def _model(self, cls: Class) -> Class | None:
        meta = cls.names.get("Meta")
        found = meta.find("model") if isinstance(meta, Class) else None
        if found is None or cls.is_a(_MUTATION):
            return None
        for option in options(found[0]):
            if isinstance(option, Class) and self.m.registry.is_model(option):
                return option
        return None

    def _ask(self, cls: Class) -> None:
        """All records of a type's model, as its ``get_queryset`` narrows them down."""
        model = self._model(cls)
        if model is None:
            return
        query = orm.default_manager(self.m, model)
        self._read(query)
        found = cls.find("get_queryset")
        if found is not None and isinstance(found[0], Function) and not found[1].module.is_library:
            self._call(found[0], cls, [Query(model, query.cls)])

    def _relations(self, cls: Class, model: Class) -> None:
        """graphene-django shows the fields of the model: relations, when their target has a type as well."""
        info = self.m.registry.info(model)
        meta = options_of(self.m, cls)
        wanted = meta.attrs.get("fields") if isinstance(meta, Instance) else None
        listed = (
            {text(item) for item in wanted.items}
            if isinstance(wanted, Items) and wanted.rest is None
            else None
        )
        names = [*info.links, *info.accessors] if info is not None else []
        for name in names:
            found = self.m.registry.accessor(model, name)
            if found is None or (listed is not None and name not in listed):
                continue
            link, backwards = found
            other = link.source_model if backwards else link.target
            if other is None or other not in self.shown or cls.find(f"resolve_{name}") is not None:
                continue
            self._read(orm.related(self.m, self.scope, Record(model), link, backwards, self.line))
            self.show(self.shown[other], NONE)


def _shown_each(value: Value, m: Machine) -> Value:
    """What a type shows of a resolver's answer: each item of a list or queryset."""
    found = [
        deferred.kept(element(m, option)) if isinstance(option, Items | Query) else option
        for option in options(deferred.kept(value))
    ]
    return merge(found, "what a resolver returns")


def _below(cls: Class) -> Iterator[Class]:
    for inner in cls.subclasses:
        yield inner
        yield from _below(inner)
