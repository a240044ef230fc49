"""What a context touches through all the calls it makes, and who answers for what library code touches."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeAlias

from analyzer.resolve.scope import CERTAIN, PERHAPS, UNUSUAL, USUAL, Context, Effect, Span

Tables = tuple[tuple[str, ...], tuple[str, ...]]
"""The tables read and the tables written."""


class Reach:
    """The tables that contexts touch with all that they call, each context looked at once.

    Contexts that call each other in a circle touch the same: the strongly connected components are found by Tarjan's
    algorithm ("Depth-first search and linear graph algorithms", SIAM J. Comput. 1(2), 1972), callees first, and each
    holds its tables as the bits of a number. ``callees`` are the calls that count, ``above`` the confidence that an
    effect must have more of.
    """

    def __init__(self, callees: Callable[[Context], Iterable[Context]], above: float = 0.0) -> None:
        self._callees = callees
        self._above = above
        self._touched: dict[Context, int] = {}
        self._bits: dict[tuple[str, bool], int] = {}

    def tables(self, start: Iterable[Context], own: Iterable[Effect] = ()) -> Tables:
        """What the contexts, all that they call, and the effects ``own`` touch."""
        touched = self._effects(own)
        for context in start:
            if context not in self._touched:
                self._close(context)
            touched |= self._touched[context]
        found = [name for name, bit in self._bits.items() if touched & bit]
        return (
            tuple(sorted(table for table, writes in found if not writes)),
            tuple(sorted(table for table, writes in found if writes)),
        )

    def span(self, span: Span) -> Tables:
        """What is touched inside an atomic span."""
        return self.tables(span.calls, span.effects)

    def _effects(self, effects: Iterable[Effect]) -> int:
        touched = 0
        for effect in effects:
            if effect.confidence <= self._above:
                continue
            name = (effect.table, effect.mode != "read")
            touched |= self._bits.setdefault(name, 1 << len(self._bits))
        return touched

    def _close(self, root: Context) -> None:
        order: dict[Context, int] = {}
        lowest: dict[Context, int] = {}
        path: list[Context] = []
        work: list[tuple[Context, Iterator[Context]]] = []

        def enter(context: Context) -> None:
            order[context] = lowest[context] = len(order)
            path.append(context)
            work.append((context, iter(self._callees(context))))

        enter(root)
        while work:
            context, calls = work[-1]
            for target in calls:
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
        touched = 0
        for context in component:
            touched |= self._effects(context.effects)
            for target in self._callees(context):
                touched |= self._touched.get(target, 0)
        for context in component:
            self._touched[context] = touched


def everything() -> Reach:
    """Reach over all calls."""
    return Reach(lambda context: [target for target, _ in context.calls])


def usual() -> Reach:
    """Reach as long as nothing unusual happens."""
    return Reach(_called(USUAL), UNUSUAL)


def firm() -> Reach:
    """Reach over what is called at once and certainly: for atomic spans."""
    return Reach(_called(CERTAIN), PERHAPS)


def _called(how: int) -> Callable[[Context], list[Context]]:
    return lambda context: [target for (target, _), known in context.calls.items() if known & how]


Works: TypeAlias = tuple[list[Effect], list[tuple[str, str]]]
"""Effects and joins, each once."""


class Borrowed:
    """What the library code that a context calls touches; the line of the call is to answer for it."""

    def __init__(self) -> None:
        self._known: dict[Context, Works] = {}

    def effects(self, context: Context) -> Iterator[tuple[int, Effect]]:
        """The effects of the library code that a context calls, with the line of the call."""
        for target, line in context.calls:
            if target.module.is_library:
                for effect in self._of(target)[0]:
                    yield line, effect

    def joins(self, context: Context) -> Iterator[tuple[int, str, str]]:
        """The joins of the library code that a context calls."""
        for target, line in context.calls:
            if target.module.is_library:
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
        for target, _ in waiting.pop().calls:
            if target.module.is_library and target not in seen:
                seen.add(target)
                waiting.append(target)
    return seen
