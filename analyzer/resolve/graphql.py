"""GraphQL: a view touches what any field of its schema may touch; each mutation is a route of its own.

What is the same for all libraries is here; how each of them declares its types has a module of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeAlias

from analyzer.model.facts import Location, Route
from analyzer.resolve import graphene, strawberry
from analyzer.resolve.levels import Found
from analyzer.resolve.machine import Machine, Registration
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.values import NONE, Class, Made, Map, Value, options, text

_KIND = "graphql schema"
_GRAPHENE = "graphene.Schema"


def schema(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``strawberry.Schema(query=..., mutation=...)``: remembered, so that its mutations become routes."""
    return _remembered(m, scope, Made("strawberry.Schema", args, kwargs, scope.module, line))


def graphene_schema(
    m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """``graphene.Schema(query=..., mutation=...)``, likewise."""
    return _remembered(m, scope, Made(_GRAPHENE, args, kwargs, scope.module, line))


def _remembered(m: Machine, scope: Scope, made: Made) -> Value:
    if not m.tracing and not scope.module.is_test:
        m.ledger.registrations.append(Registration(_KIND, made, Location(scope.module.file, made.line)))
    return made


def execute(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """Serve a request to a GraphQL view: anything that its schema offers."""
    given = m.attribute(scope, args[0], "schema", line) if args else NONE
    if not any(_is_schema(option) for option in options(given)):
        given = _of_settings(m)
    for option in options(given):
        _serve(m, scope, option, line)
    return NONE


def serve(m: Machine, scope: Scope, view: Class) -> None:
    """A view of the project's own that is given a schema executes it."""
    if any(cls.module.is_library and cls.find("schema") for cls in view.order()[0]):
        return  # a library's view, which executes it by itself
    found = view.find("schema")
    for option in options(found[0]) if found is not None else ():
        _serve(m, scope, option, view.node.line)


def _serve(m: Machine, scope: Scope, given: Value, line: int) -> None:
    if isinstance(given, Made) and given.callee == _GRAPHENE:
        graphene.Schema(m, scope, line).serve(given)
    elif isinstance(given, Made) and given.callee == "strawberry.Schema":
        strawberry.Schema(m, scope, line).serve(given)


def _is_schema(value: Value) -> bool:
    return isinstance(value, Made) and value.callee in {_GRAPHENE, "strawberry.Schema"}


def _of_settings(m: Machine) -> Value:
    """``GRAPHENE = {"SCHEMA": "shop.schema.schema"}``."""
    settings = m.setting("GRAPHENE")
    dotted = text(settings.items.get("SCHEMA")) if isinstance(settings, Map) else None
    return (m.by_dotted_name(dotted) if dotted else None) or NONE


Mutation: TypeAlias = tuple[Route, Value, Callable[[], Context]]


def mutations(m: Machine) -> Iterator[tuple[Found, ModuleState, Callable[[], Context]]]:
    """The mutations of all schemas: routes without a path, each with the schema's module, and what runs it."""
    seen: set[str] = set()
    for registration in m.ledger.registrations:
        made = registration.value
        if registration.kind != _KIND or not isinstance(made, Made):
            continue
        found = _of_graphene(m, made) if made.callee == _GRAPHENE else _of_strawberry(m, made)
        for route, view, work in found:
            if route.view not in seen:
                seen.add(route.view)
                yield Found(route, view), made.module or ModuleState("", None, None, False), work


def _of_strawberry(m: Machine, made: Made) -> Iterator[Mutation]:
    for field in strawberry.mutations(m, made):
        where = Location(field.owner.module.file, field.line)
        yield Route(None, field.view, where), field.value or NONE, partial(_run_strawberry, m, field)


def _run_strawberry(m: Machine, field: strawberry.Field) -> Context:
    scope = _apart(field.owner)
    strawberry.Schema(m, scope, field.line).run(field)
    return scope.context


def _of_graphene(m: Machine, made: Made) -> Iterator[Mutation]:
    for field in graphene.mutations(m, made):
        cls = field.mutation
        if cls is not None:
            where = Location(cls.module.file, cls.node.line)
            yield Route(None, cls.qualname, where), cls, partial(_run_graphene, m, cls)


def _run_graphene(m: Machine, cls: Class) -> Context:
    scope = _apart(cls)
    graphene.Schema(m, scope, cls.node.line).mutate(cls)
    return scope.context


def _apart(owner: Class) -> Scope:
    """A scope in which no names of the project are seen; what runs in it is no code of the project's."""
    return Scope(ModuleState(owner.module.name, None, None, False), {}, Context(owner.module, None))
