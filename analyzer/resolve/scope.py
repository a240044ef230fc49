"""Where names live while code is interpreted, and what running a piece of code was seen to do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from analyzer.model.facts import AccessKind, Mode
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.values import Chosen, Class, Function, Query, Value

PERHAPS = 0.4
"""The confidence of what a loop over the relations of a model does: to one of them, seldom to all."""
CHOSEN = 0.3
"""The confidence of what is done to one model of several, which is chosen when the program runs."""
EACH = 0.7
"""The confidence of what is done to each model in turn."""
UNUSUAL = 0.5
"""The confidence of what needs something unusual first: an exception, or records that refer to what is deleted."""

UNDECIDED, REPEATED, LAZY = 1, 2, 5
"""How much it adds to the doubt whether something happens that it is done in one of several branches, for each item of
something that may be empty, or where an object is made that nothing has looked at yet."""

AFTER = 1_000
"""Added to the doubt of a call that is made only after the commit."""
NOWHERE = 0
"""The line of a call that happens later, where what it gives is looked at; no line answers for it."""
NEVER = 1_000_000
"""The doubt of a call that is unusual in any case."""


class Effect(NamedTuple):
    """A table that a line reads or writes."""

    line: int
    table: str
    mode: Mode
    kind: AccessKind
    confidence: float
    rule: str


class Beginning(NamedTuple):
    """Where a query of a tenant's rows begins that has not met the tenant so far."""

    file: str
    line: int
    function: str
    table: str


@dataclass(slots=True, eq=False)
class Span:
    """An atomic span that was opened on a line: its own effects, and the contexts it calls."""

    line: int
    doubt: int = 0
    """That of being in the span at all: it is none of what happens in it."""
    effects: dict[Effect, int] = field(default_factory=dict)
    calls: dict[Context, int] = field(default_factory=dict)

    def effect(self, effect: Effect, doubt: int) -> None:
        doubt -= self.doubt
        self.effects[effect] = min(doubt, self.effects.get(effect, doubt))

    def call(self, target: Context, doubt: int) -> None:
        doubt -= self.doubt
        self.calls[target] = min(doubt, self.calls.get(target, doubt))


@dataclass(slots=True, eq=False)
class Context:
    """One function (or module, when ``function`` is None) run with one kind of arguments, and all that it did."""

    module: ModuleState
    function: Function | None
    receiver: Class | None = None
    done: bool = False
    silent: bool = False
    """Done, and nothing that it did or called touches a table: nobody needs to remember having called it."""
    returns: Value | None = None
    effects: dict[Effect, int] = field(default_factory=dict)
    """What it touches, each with the least doubt."""
    joins: dict[tuple[str, str, int], None] = field(default_factory=dict)
    calls: dict[tuple[Context, int], int] = field(default_factory=dict)
    """What it calls on which line, with the least doubt (and ``AFTER`` or ``NEVER``)."""
    spans: tuple[Span, ...] = ()
    open: tuple[Span, ...] = ()
    """The spans that are being run."""
    atomic_yield: bool = False
    """A generator that yields inside an atomic span: as a context manager it lends the span to its caller."""

    @property
    def place(self) -> str:
        """The function without its module, or the class that is served; empty for a module's own code."""
        if self.function is not None:
            return self.function.local_name
        return self.receiver.name if self.receiver is not None else ""

    def effect(self, effect: Effect, doubt: int = 0) -> None:
        self.effects[effect] = min(doubt, self.effects.get(effect, doubt))
        for span in self.open:
            span.effect(effect, doubt)

    def call(self, target: Context, line: int, doubt: int = 0) -> None:
        if target.silent:
            return
        place = target, line
        self.calls[place] = min(doubt, self.calls.get(place, doubt))
        if doubt < AFTER:
            for span in self.open:
                span.call(target, doubt)

    def finish(self) -> None:
        self.done = True
        self.silent = not (self.effects or self.joins or self.calls or self.spans)

    def enter(self, span: Span) -> None:
        self.spans = (*self.spans, span)
        self.open = (*self.open, span)

    def leave(self) -> None:
        self.open = self.open[:-1]


@dataclass(slots=True, eq=False)
class Scope:
    """The names of a running function, class body or module; ``outer`` is the enclosing function's scope."""

    module: ModuleState
    names: dict[str, Value]
    context: Context
    outer: Scope | None = None
    cls: Class | None = None
    """The class whose body this is, or whose method this is."""
    is_class: bool = False
    function: Function | None = None
    receiver: Value | None = None
    returns: list[Value] = field(default_factory=list)
    yields: list[Value] = field(default_factory=list)
    depth: int = 0

    @property
    def prefix(self) -> str:
        """Dotted name that definitions in this scope get, with its trailing dot."""
        if self.is_class and self.cls is not None:
            return f"{self.cls.qualname}."
        if self.function is not None:
            return f"{self.function.qualname}.<locals>."
        return self.outer.prefix if self.outer is not None else f"{self.module.name}."


@dataclass(slots=True)
class Chain:
    """The ORM call chain that is being evaluated: what its receivers were, and the read that its end will make."""

    resolved: bool = False
    reason: str = ""
    query: Query | Chosen | None = None
    ordered: bool = False
    """Whether that read is sorted by the model's default order."""
    whole: bool = False
    """Whether that read fetches whole records, also what their parents' tables hold of them."""
    sorted: bool = False
    """Whether the chain names an order of its own."""
