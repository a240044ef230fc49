"""What a context touches through all the calls it makes, and who answers for what library code touches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from analyzer.resolve.scope import PERHAPS, UNUSUAL, Context, Effect, Span

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
    return Reach(lambda context: (target for target, _ in context.calls))


def usual() -> Reach:
    """Reach as long as nothing unusual happens."""
    return Reach(lambda context: context.usual, UNUSUAL)


def firm() -> Reach:
    """Reach over what is called at once and certainly: for atomic spans."""
    return Reach(
        lambda context: (target for (target, _), certain in context.calls.items() if certain), PERHAPS
    )


def library_effects(context: Context) -> Iterator[tuple[int, Effect]]:
    """Effects of the library code that a context calls, with the line of the call, which is to answer for them."""
    for target, line in context.calls:
        if not target.module.is_library:
            continue
        for inner in _library_only(target):
            for effect in inner.effects:
                yield line, effect


def library_joins(context: Context) -> Iterator[tuple[int, str, str]]:
    """The joins of the library code that a context calls."""
    for target, line in context.calls:
        if target.module.is_library:
            for inner in _library_only(target):
                for left, right, _ in inner.joins:
                    yield line, left, right


def _library_only(start: Context) -> Iterator[Context]:
    waiting = [start]
    seen: set[int] = set()
    while waiting:
        context = waiting.pop()
        if id(context) in seen:
            continue
        seen.add(id(context))
        yield context
        waiting.extend(target for target, _ in context.calls if target.module.is_library)
