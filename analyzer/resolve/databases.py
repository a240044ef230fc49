"""Projects with several databases: which of them a line names, and to which one the project's routers send a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from analyzer.model.facts import Mode
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.scope import Context, Effect, Scope, Span
from analyzer.resolve.values import Bound, Class, Instance, Items, Value, options, text

DEFAULT = "default"
Routing = Mapping[tuple[str, str], str]
"""(table, "read" or "write") -> the alias that is not the default one."""
_ASKED: tuple[tuple[str, Mode], ...] = (("db_for_read", "read"), ("db_for_write", "write"))


def note(m: Machine, scope: Scope, given: Value | None, line: int) -> None:
    """``using("archive")``: all that this line does is done there."""
    alias = text(given)
    if alias and alias != DEFAULT and scope.module.source is not None:
        m.ledger.databases[scope.module.file, line] = alias


def routing(m: Machine, models: Iterable[Class]) -> Routing:
    """What DATABASE_ROUTERS answer for each model, as far as that can be told apart from model to model."""
    routers = [router for router in map(_router, _listed(m)) if router is not None]
    tables = {cls: m.registry.table(cls) for cls in models if m.registry.table(cls)}
    found: dict[tuple[str, str], str] = {}
    tracing, m.tracing = m.tracing, False
    for method, mode in _ASKED if routers else ():
        answers = {
            table: alias
            for cls, table in tables.items()
            if (alias := next(filter(None, (_ask(m, router, method, cls) for router in routers)), None))
        }
        if len(answers) < len(
            tables
        ):  # one answer for all models: a test that could not be decided, or replicas
            found.update({(table, mode): alias for table, alias in answers.items() if alias != DEFAULT})
    m.tracing = tracing
    return found


def of_span(m: Machine, file: str, span: Span, written: Iterable[str], routed: Routing) -> tuple[str, ...]:
    """The databases that an atomic span writes, if there are several."""
    if not routed and not m.ledger.databases:
        return ()
    waiting, seen = list(span.calls), set(span.calls)
    lines = _writes(file, span.effects)
    while waiting:
        context = waiting.pop()
        lines |= _writes(context.module.file, context.effects)
        inner = {target for (target, _), doubt in context.calls.items() if not doubt} - seen
        seen |= inner
        waiting.extend(inner)
    found = {
        m.ledger.databases.get((file, line)) or routed.get((table, "write"), DEFAULT)
        for file, line, table in lines
        if table in written
    }
    return tuple(sorted(found)) if len(found) > 1 else ()


def _writes(file: str, effects: Iterable[Effect]) -> set[tuple[str, int, str]]:
    return {(file, effect.line, effect.table) for effect in effects if effect.mode == "write"}


def _listed(m: Machine) -> list[Value]:
    given = m.setting("DATABASE_ROUTERS")
    items = given.items if isinstance(given, Items) else []
    return [(m.by_dotted_name(dotted) or item) if (dotted := text(item)) else item for item in items]


def _router(value: Value) -> Instance | None:
    return value if isinstance(value, Instance) else value.instance() if isinstance(value, Class) else None


def _ask(m: Machine, router: Instance, method: str, model: Class) -> str | None:
    scope = Scope(ModuleState("routers", None, None, False), {}, Context(router.cls.module, None))
    asked = m.attribute(scope, router, method, 0)
    if not isinstance(asked, Bound):
        return None
    answers = {text(option) for option in options(m.call(scope, asked, [model], {}, 0))} - {None}
    return answers.pop() if len(answers) == 1 else None
