"""The interpreter: the machine with its parts put together."""

from __future__ import annotations

import builtins

from analyzer.config import Limits
from analyzer.extract import ir
from analyzer.resolve import attributes, calls, definitions, lookups
from analyzer.resolve.apps import AppIndex
from analyzer.resolve.expressions import EXPRESSIONS
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleIndex, ModuleState
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.statements import STATEMENTS
from analyzer.resolve.values import Class, External, Literal, Module, Query, Unknown, Value


class Interpreter(Machine):
    """Runs lowered units over abstract values."""

    def __init__(self, index: ModuleIndex, apps: AppIndex, limits: Limits) -> None:
        super().__init__(index, apps, limits)
        self.registry.setting = self.setting
        self.registry.class_named = self._class_named
        self.builtin_names = {name: External(f"builtins.{name}") for name in dir(builtins)}
        self.loading = 0

    def load(self, state: ModuleState) -> None:
        if state.status != "new" or state.unit is None:
            return
        state.status = "running"
        self.loading += 1
        tracing, self.tracing = self.tracing, False
        chains, self.chains = self.chains, []
        steps, self.steps = self.steps, 0
        context = Context(state, None)
        self.module_contexts[state.file or state.name] = context
        self.run(definitions.module_scope(state, context), state.unit.body)
        self.steps, self.chains, self.tracing = steps, chains, tracing
        self.loading -= 1
        state.status = "done"

    def fill(self, cls: Class) -> None:
        if cls.filled == "no":
            definitions.fill(self, cls)

    def read(self, scope: Scope, query: Query, line: int) -> None:
        super().read(scope, query, line)
        if query.prefetch:
            lookups.prefetch(self, scope, query, line)

    def evaluate(self, scope: Scope, node: ir.Expr) -> Value:
        return EXPRESSIONS[type(node)](self, scope, node)

    def run(self, scope: Scope, body: tuple[ir.Stmt, ...]) -> bool:
        for statement in body:
            if not self.tracing:
                self.steps += 1
                if self.steps > self.limits.steps:
                    return scope.function is not None
            if STATEMENTS[type(statement)](self, scope, statement) and scope.function is not None:
                return True
        return False

    attribute = attributes.attribute
    call = calls.call

    def module_name(self, state: ModuleState, name: str) -> Value | None:
        if state.status == "new":
            self.load(state)
        value = state.names.get(name)
        if value is not None:
            return value
        if name == "__name__":
            return Literal(state.name)
        if state.status == "running":
            value = self._early(state, name)
            if value is not None:
                return value
        if not state.is_package and not state.is_library:
            return None  # only packages hold modules
        inner = self.index.find(f"{state.name}.{name}", state)
        if inner is not None and inner is not state and inner.name == f"{state.name}.{name}":
            return Module(inner)
        if state.is_library and not name.startswith("__") and name not in self.builtin_names:
            return External(f"{state.name}.{name}")
        return None

    def _early(self, state: ModuleState, name: str) -> Value | None:
        """A name of a module that is still running (imports go in circles): from the statement that will bind it."""
        statement = state.static.get(name)
        if statement is None:
            return self._early_star(state, name)
        scope = definitions.module_scope(state, Context(state, None))
        if isinstance(statement, ir.Class):
            cls = state.definitions.get(id(statement))
            if cls is None:
                cls = definitions.shell(scope, statement)
            if isinstance(cls, Class):
                self.fill(cls)  # while its body runs already, the class as far as it has come
            return cls
        state.static.pop(name)  # at most once: what cannot be found now would not be found by trying again
        if isinstance(statement, ir.Function | ir.Import | ir.Assign):
            self.run(scope, (statement,))
        return state.names.get(name)

    def _early_star(self, state: ModuleState, name: str) -> Value | None:
        for star in state.stars:
            source = self.index.find(self.index.absolute(star, state), state)
            if (
                source is not None
                and source is not state
                and (source.status != "running" or name in source.static)
            ):
                value = self.module_name(source, name)
                if value is not None and not isinstance(value, Unknown | Module):
                    return value
        return None

    def _class_named(self, state: ModuleState, name: str) -> Class | None:
        value = self.module_name(state, name)
        return value if isinstance(value, Class) else None
