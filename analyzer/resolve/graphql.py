"""GraphQL: a view touches what any field of its schema may touch; each mutation is a route of its own.

What is the same for all libraries is here; how each of them declares its types has a module of its own.
"""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model.facts import Location, Route
from analyzer.resolve import strawberry
from analyzer.resolve.levels import Found
from analyzer.resolve.machine import Machine, Registration
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.values import NONE, Made, Value, options

_KIND = "graphql schema"


def schema(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``Schema(query=..., mutation=...)``: remembered, so that its mutations become routes."""
    made = Made("strawberry.Schema", args, kwargs, scope.module, line)
    if not m.tracing and not scope.module.is_test:
        m.ledger.registrations.append(Registration(_KIND, made, Location(scope.module.file, line)))
    return made


def execute(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """Serve a request to a GraphQL view: anything that its schema offers."""
    given = m.attribute(scope, args[0], "schema", line) if args else NONE
    for option in options(given):
        if isinstance(option, Made):
            strawberry.Schema(m, scope, line).serve(option)
    return NONE


def mutations(m: Machine) -> Iterator[tuple[Found, Context]]:
    """The mutations of all schemas: routes without a path, each with the context that stands for running it."""
    seen: set[str] = set()
    for registration in m.ledger.registrations:
        if registration.kind != _KIND or not isinstance(registration.value, Made):
            continue
        for field in strawberry.mutations(m, registration.value):
            if field.view in seen:
                continue
            seen.add(field.view)
            context = Context(field.owner.module, None)
            module = ModuleState(field.owner.module.name, None, None, False)
            strawberry.Schema(m, Scope(module, {}, context), field.line).run(field)
            where = Location(field.owner.module.file, field.line)
            yield Found(Route(None, field.view, where), field.value or NONE), context
