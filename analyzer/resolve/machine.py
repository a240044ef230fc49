"""The state of an interpretation, and the operations that its parts use on each other.

The interpreter is a may-analysis: both branches run where a test is not known, loops run once (over a literal list:
once per item), and a value that may be several things is all of them. Code is run in two manners. At module level,
calls are run anew each time with their actual arguments, so that registries and URL lists are built as Python builds
them. After that, functions are run once per *context* (the kind of receiver and arguments), and what each does is kept.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeAlias

from analyzer.config import Limits
from analyzer.extract import ir
from analyzer.model.facts import AccessKind, CacheUse, Finding, Location, Mode, RawSQL, SignalReceiver
from analyzer.resolve.apps import AppIndex
from analyzer.resolve.cascade import LISTENING, Deletions
from analyzer.resolve.modules import ModuleIndex, ModuleState
from analyzer.resolve.registry import Registry
from analyzer.resolve.scope import AFTER, NEVER, PERHAPS, UNUSUAL, Beginning, Chain, Context, Effect, Scope
from analyzer.resolve.templates.finder import Templates
from analyzer.resolve.templates.libraries import Libraries
from analyzer.resolve.values import Class, External, Literal, Module, Query, Unknown, Value, text


@dataclass(slots=True)
class Registration:
    """Something that module-level code announced: an admin class, a task, a receiver, a template tag."""

    kind: str
    value: Value
    location: Location
    targets: tuple[Value, ...] = ()


@dataclass(slots=True)
class Receiver:
    """A signal receiver with the signal's dotted name and the models that send it (empty: any)."""

    function: Value
    signal: str
    senders: tuple[Class, ...]
    fact: SignalReceiver
    any_sender: bool
    """Connected without a sender. A sender that could not be found out is nobody's rather than everybody's."""


@dataclass(frozen=True, slots=True)
class LateImport:
    """A name that was imported from a module which had not come so far yet: to be looked up again at the end."""

    names: dict[str, Value]
    bound: str
    placeholder: Value
    module: ModuleState
    name: str


@dataclass(slots=True)
class Notes:
    """What was seen so far, as plain facts: they can be sent from one process to another."""

    reached: set[tuple[str, int, str]] = field(default_factory=set)
    """The functions that were traced at least once, by file, line and name."""
    raw_sql: dict[RawSQL, None] = field(default_factory=dict)
    databases: dict[tuple[str, int], str] = field(default_factory=dict)
    """(file, line) -> the alias of the database that is named there, unless it is the default one."""
    unread_sql: dict[Location, str] = field(default_factory=dict)
    """Where raw SQL was run whose tables were not known in some context, and why."""
    sites: dict[tuple[str, int], str] = field(default_factory=dict)
    """(file, site) -> "" when resolved, "foreign", or the reason why it is not."""
    calls: dict[tuple[str, str, str, int], None] = field(default_factory=dict)
    """(caller, function called, file, line)"""
    problems: list[Finding] = field(default_factory=list)
    open_queries: dict[Beginning, None] = field(default_factory=dict)
    """Where queries of tenants' rows begin that serve requests, and those of which some condition met the tenant."""
    closed: set[Beginning] = field(default_factory=set)
    caches: dict[CacheUse, None] = field(default_factory=dict)


@dataclass(slots=True)
class Ledger(Notes):
    """What was seen so far, beside the effects that each context keeps."""

    contexts: dict[object, Context] = field(default_factory=dict)
    per_function: dict[object, int] = field(default_factory=dict)
    """How many contexts a function has on one kind of receiver."""
    registrations: list[Registration] = field(default_factory=list)
    receivers: list[Receiver] = field(default_factory=list)


DEFAULTS: dict[str, Value] = {"AUTH_USER_MODEL": Literal("auth.User")}
"""What Django's own ``global_settings`` say of settings that lead to models."""

Rendered: TypeAlias = tuple[Context, Value | None]
"""The context that the work ran in, and what it gave."""


class Machine(ABC):
    """State and declared operations; ``interpreter.Interpreter`` is the one implementation."""

    def __init__(self, index: ModuleIndex, apps: AppIndex, limits: Limits) -> None:
        self.index = index
        self.apps = apps
        self.limits = limits
        self.registry = Registry(index, apps, self.fill)
        self.ledger = Ledger()
        self.settings: list[ModuleState] = []
        self.tracing = False
        """False while module level code runs, True while functions are traced for their effects."""
        self.module_contexts: dict[str, Context] = {}
        self.late: list[LateImport] = []
        self.steps = 0
        self.running: dict[int, int] = {}
        """How often each function is being run at module level right now, by the identity of its node."""
        self.reentries: dict[Hashable, int] = {}
        """How often each function and receiver was entered while it ran, below one call of a module's top level."""
        self.active: set[Hashable] = set()
        """The functions that are being run at module level, with the arguments of each run."""
        self.builtin_names: dict[str, Value] = {}
        self.chains: list[Chain] = []
        self.perhaps = False
        """Inside a loop over the fields of a model, of which a run may do something for one, or for none."""
        self.unusual = False
        """Inside the handler of an exception, or what follows for the records that go with a deleted one."""
        self.doubt = 0
        """How much must come together before what is being run happens, as far as the running function decides it."""
        self.owned: frozenset[Class] = frozenset()
        """The models each of whose rows belongs to a tenant."""
        self.user: Value | None = None
        self.serving = False
        """While views are traced that a tenant's people ask."""
        self.deletions = Deletions(self.registry, self._hears_deletions)
        self.templates = Templates(None)
        self.tags = Libraries()
        self.rendered: dict[Hashable, dict[tuple[str, ...], dict[tuple[Hashable, ...], Rendered]]] = {}
        """Work on templates that is done: by what it was, the names it looked at, and what these were."""

    @abstractmethod
    def load(self, state: ModuleState) -> None:
        """Run a module's top level, unless that was done already."""

    @abstractmethod
    def fill(self, cls: Class) -> None:
        """Make sure that a class has its bases and its names."""

    @abstractmethod
    def evaluate(self, scope: Scope, node: ir.Expr) -> Value:
        """The value of an expression."""

    @abstractmethod
    def run(self, scope: Scope, body: tuple[ir.Stmt, ...]) -> bool:
        """Run statements; True when control does not reach their end."""

    @abstractmethod
    def attribute(self, scope: Scope, value: Value, name: str, line: int) -> Value:
        """``value.name``."""

    @abstractmethod
    def call(
        self, scope: Scope, function: Value, args: list[Value], kwargs: dict[str, Value], line: int
    ) -> Value:
        """``function(*args, **kwargs)``."""

    @abstractmethod
    def module_name(self, state: ModuleState, name: str) -> Value | None:
        """A name of a module, or None when the module has no such name."""

    def effect(
        self,
        scope: Scope,
        line: int,
        table: str,
        mode: Mode,
        kind: AccessKind = "query",
        confidence: float = 1.0,
        rule: str = "",
    ) -> None:
        """Note that the running code reads or writes a table."""
        if table:
            most = PERHAPS if self.perhaps else UNUSUAL if self.unusual else 1.0
            confidence = min(confidence, most)
            scope.context.effect(Effect(line, table, mode, kind, confidence, rule), self.doubt)

    def _hears_deletions(self, model: Class | None) -> bool:
        """Whether a receiver listens to deletions of a model, or of all: one of the project's, or of a library."""
        indexed = text(self.setting("HAYSTACK_SIGNAL_PROCESSOR")) or ""
        if "Realtime" in indexed or self.apps.names_any(LISTENING):
            return True
        return any(
            receiver.signal.endswith((".pre_delete", ".post_delete"))
            and (receiver.any_sender or model in receiver.senders)
            for receiver in self.ledger.receivers
        )

    @contextmanager
    def certainty(self) -> Iterator[None]:
        """What a function does is judged without regard to where it is first called."""
        before = self.perhaps, self.unusual, self.doubt
        self.perhaps = self.unusual = False
        self.doubt = 0
        yield
        self.perhaps, self.unusual, self.doubt = before

    def doubted(self, after_commit: bool = False) -> int:
        """The doubt of a call that is being made."""
        if self.perhaps or self.unusual:
            return NEVER
        return self.doubt + AFTER if after_commit else self.doubt

    def read(self, scope: Scope, query: Query, line: int) -> None:
        """Note that a queryset is read."""
        if query.model is not None:
            kind: AccessKind = "lock" if query.lock else "related" if query.owner else "query"
            self.effect(scope, line, self.registry.table(query.model), "read", kind, rule="queryset")
            if query.through:
                self.effect(scope, line, query.through, "read", "join", rule="many-to-many")
                self.join(scope, line, query.through, self.registry.table(query.model))

    def join(self, scope: Scope, line: int, left: str, right: str) -> None:
        """Note that the running code joins two tables."""
        if left and right:
            pair = (left, right) if left <= right else (right, left)
            scope.context.joins[(*pair, line)] = None

    def setting(self, name: str) -> Value | None:
        """The value of a Django setting, if one of the project's settings modules gives it a value."""
        for state in self.settings:
            if state.status == "new":
                self.load(state)
            value = state.names.get(name)
            if value is not None and not isinstance(value, Unknown):
                return value
        return DEFAULTS.get(name)

    def stub_class(self, module: str, name: str) -> Class | None:
        """A class that a stub describes."""
        state = self.index.stubs.get(module)
        if state is None:
            return None
        value = self.module_name(state, name)
        return value if isinstance(value, Class) else None

    def external(self, dotted: str) -> Value:
        """A dotted name outside the project: what a stub says about it, or just the name."""
        state = self.index.stubs.get(dotted)
        if state is not None:
            return Module(state)
        head, _, last = dotted.rpartition(".")
        owner = self.index.stubs.get(head)
        if owner is not None:
            return self.module_name(owner, last) or External(dotted)
        return External(dotted)

    def by_dotted_name(self, dotted: str, near: ModuleState | None = None) -> Value | None:
        """What a dotted path in a string names: a module, or something in one."""
        state = self.index.find(dotted, near)
        if state is not None:
            return Module(state)
        head, _, last = dotted.rpartition(".")
        if not head:
            return None
        owner = self.index.find(head, near)
        if owner is not None:
            return self.module_name(owner, last)
        return None
