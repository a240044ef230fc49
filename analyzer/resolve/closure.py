"""What a context touches through all the calls it makes, and who answers for what library code touches."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeAlias

from analyzer.resolve.scope import AFTER, NEVER, UNUSUAL, Context, Effect, Span

Tables = tuple[tuple[str, ...], tuple[str, ...]]
"""The tables read and the tables written."""

MOST_DOUBT = 8
"""What comes with more doubt than this is not usual: more than three nested loops and two conditions, say."""


class Reach:
    """The tables that contexts touch with all that they call, each context looked at once.

    Contexts that call each other in a circle are closed together: the strongly connected components are found by
    Tarjan's algorithm ("Depth-first search and linear graph algorithms", SIAM J. Comput. 1(2), 1972), callees first.
    ``callees`` are the calls that count, each with its doubt; the doubts of a chain of calls add up, and what comes to
    more than ``most`` is left out (0: doubts do not count). Effects must have a confidence ``above``.
    What a context touches is one number: a group of bits for each table and mode, of which bit ``d`` says that it is
    touched with a doubt of ``d``.
    """

    def __init__(
        self, callees: Callable[[Context], Iterable[tuple[Context, int]]], above: float = 0.0, most: int = 0
    ) -> None:
        self._callees = callees
        self._above = above
        self._most = most
        self._touched: dict[Context, int] = {}
        self._places: dict[tuple[str, bool], int] = {}
        self._kept: dict[int, int] = {}

    def tables(
        self, start: Iterable[tuple[Context, int]], own: Mapping[Effect, int] = MappingProxyType({})
    ) -> Tables:
        """What the contexts, all that they call, and the effects ``own`` touch."""
        touched = self._effects(own)
        for context, doubt in start:
            if context not in self._touched:
                self._close(context)
            if doubt <= self._most:
                touched |= self._later(self._touched[context], doubt)
        group = (1 << self._most + 1) - 1
        found = [name for name, place in self._places.items() if touched >> place & group]
        return (
            tuple(sorted(table for table, writes in found if not writes)),
            tuple(sorted(table for table, writes in found if writes)),
        )

    def span(self, span: Span) -> Tables:
        """What is touched inside an atomic span."""
        return self.tables(span.calls.items(), span.effects)

    def _effects(self, effects: Mapping[Effect, int]) -> int:
        touched = 0
        for effect, doubt in effects.items():
            counted = doubt if self._most else 0
            if effect.confidence > self._above and counted <= self._most:
                touched |= 1 << self._place((effect.table, effect.mode != "read")) + counted
        return touched

    def _place(self, name: tuple[str, bool]) -> int:
        """The first bit of a table and mode."""
        if name not in self._places:
            self._places[name] = len(self._places) * (self._most + 1)
            self._kept.clear()
        return self._places[name]

    def _later(self, touched: int, doubt: int) -> int:
        """The same with more doubt: what has too much falls out of its group."""
        if not doubt:
            return touched
        kept = self._kept.get(doubt)
        if kept is None:
            width = self._most + 1
            every = ((1 << width * len(self._places)) - 1) // ((1 << width) - 1)
            kept = self._kept[doubt] = every * ((1 << width) - (1 << doubt))
        return touched << doubt & kept

    def _close(self, root: Context) -> None:
        order: dict[Context, int] = {}
        lowest: dict[Context, int] = {}
        path: list[Context] = []
        work: list[tuple[Context, Iterator[tuple[Context, int]]]] = []

        def enter(context: Context) -> None:
            order[context] = lowest[context] = len(order)
            path.append(context)
            work.append((context, iter(self._callees(context))))

        enter(root)
        while work:
            context, calls = work[-1]
            for target, _ in calls:
                if target in self._touched:
                    continue
                if not target.calls:
                    self._finish([target])
                    continue
                if target not in order:
                    enter(target)
                    break
                lowest[context] = min(lowest[context], order[target])
            else:
                work.pop()
                if work:
                    caller = work[-1][0]
                    lowest[caller] = min(lowest[caller], lowest[context])
                if lowest[context] == order[context]:
                    component = [path.pop()]
                    while component[-1] is not context:
                        component.append(path.pop())
                    self._finish(component)

    def _finish(self, component: list[Context]) -> None:
        for context in component:
            self._touched[context] = self._effects(context.effects)
        changed = True
        while changed:
            changed = False
            for context in component:
                before = touched = self._touched[context]
                for target, doubt in self._callees(context):
                    if doubt <= self._most:
                        touched |= self._later(self._touched[target], doubt)
                self._touched[context] = touched
                changed = changed or (touched != before and len(component) > 1)


def everything() -> Reach:
    """Reach over all calls."""
    return Reach(lambda context: [(target, 0) for target, _ in context.calls])


def usual() -> Reach:
    """Reach as long as nothing unusual happens, nor too much comes together."""
    return Reach(
        lambda context: [
            (target, doubt % AFTER) for (target, _), doubt in context.calls.items() if doubt < NEVER
        ],
        UNUSUAL,
        MOST_DOUBT,
    )


def firm() -> Reach:
    """Reach over what usually happens before the commit: for atomic spans."""
    return Reach(
        lambda context: [(target, doubt) for (target, _), doubt in context.calls.items() if doubt < AFTER],
        UNUSUAL,
        MOST_DOUBT,
    )


Works: TypeAlias = tuple[list[Effect], list[tuple[str, str]]]
"""Effects and joins, each once."""


class Borrowed:
    """What the library code that a context calls touches; the line of the call is to answer for it."""

    def __init__(self) -> None:
        self._known: dict[Context, Works] = {}

    def effects(self, context: Context) -> Iterator[tuple[int, Effect]]:
        """The effects of the library code that a context calls, with the line of the call."""
        for target, line in context.calls:
            if line and target.module.is_library:
                for effect in self._of(target)[0]:
                    yield line, effect

    def joins(self, context: Context) -> Iterator[tuple[int, str, str]]:
        """The joins of the library code that a context calls."""
        for target, line in context.calls:
            if line and target.module.is_library:
                for left, right in self._of(target)[1]:
                    yield line, left, right

    def _of(self, start: Context) -> Works:
        """What a context of library code does, with those that it calls as long as these are the library's."""
        found = self._known.get(start)
        if found is None:
            inner = _library_only(start) if start.calls else (start,)
            effects: dict[Hashable, Effect] = {}
            joins: dict[tuple[str, str], None] = {}
            for context in inner:
                effects.update((effect[1:], effect) for effect in context.effects)
                joins.update(((left, right), None) for left, right, _ in context.joins)
            found = self._known[start] = (list(effects.values()), list(joins))
        return found


def _library_only(start: Context) -> set[Context]:
    waiting = [start]
    seen = {start}
    while waiting:
        for target, line in waiting.pop().calls:
            if line and target.module.is_library and target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
