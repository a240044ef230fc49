"""What a context touches through all the calls it makes, and who answers for what library code touches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain

from analyzer.resolve.scope import PERHAPS, UNUSUAL, Context, Effect, Span


def reached(start: Iterable[Context], firm: bool = False) -> Iterator[Context]:
    """The contexts and all that they call, each once; ``firm``: only what they call at once and certainly."""
    waiting = list(start)
    seen: set[int] = set()
    while waiting:
        context = waiting.pop()
        if id(context) in seen:
            continue
        seen.add(id(context))
        yield context
        waiting.extend(target for (target, _), certain in context.calls.items() if certain or not firm)


def tables(
    start: Iterable[Context], own: Iterable[Effect] = (), firm: bool = False
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tables read and the tables written by the contexts, all that they call, and ``own``."""
    found = chain(own, *(context.effects for context in reached(start, firm)))
    return _touched(found, above=PERHAPS if firm else 0.0)


def usual_tables(start: Context) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tables touched by a context and all it calls, as long as nothing unusual happens."""
    waiting, seen = [start], {start: None}
    while waiting:
        for target in waiting.pop().usual:
            if target not in seen:
                seen[target] = None
                waiting.append(target)
    return _touched((effect for context in seen for effect in context.effects), above=UNUSUAL)


def _touched(effects: Iterable[Effect], above: float) -> tuple[tuple[str, ...], tuple[str, ...]]:
    found: dict[str, set[str]] = {"read": set(), "write": set()}
    for effect in effects:
        if effect.confidence > above:
            found[effect.mode].add(effect.table)
    return tuple(sorted(found["read"])), tuple(sorted(found["write"]))


def span_tables(span: Span) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The tables touched inside an atomic span: all of a chain of calls, but not what it does only perhaps."""
    return tables(span.calls, span.effects, firm=True)


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
