"""Runs half of the roots in a copy of the process, and takes over what was seen there.

A fork knows everything that modules did while they were loaded, so nothing is sent to it. What comes back is what
contexts did, without the values that they handled: whoever runs later, in this process, runs what it needs again.
"""

from __future__ import annotations

import os
import pickle
import sys
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from multiprocessing.connection import Connection, Pipe
from typing import Any, TypeAlias, TypeVar

from analyzer.model.facts import Finding
from analyzer.resolve.machine import Machine, Notes
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.scope import Context, Effect, Span
from analyzer.resolve.sites import note_outcome

_FEWEST = 64
"""Fewer roots than these are run sooner than a second process is started."""
_BLOCK = 16
"""Roots are dealt out in blocks of this size: neighbours have much in common, and both halves get as much to do."""

Root = TypeVar("Root")
_Effect: TypeAlias = tuple[tuple[Any, ...], int]


def run(m: Machine, roots: list[Root], work: Callable[[Root], Context]) -> list[Context]:
    """What the work on each root gives, in their order.

    With one process allowed, the halves run one after the other: what is found does not depend on that.
    """
    own = [root for number, root in enumerate(roots) if not number // _BLOCK % 2]
    others = [root for number, root in enumerate(roots) if number // _BLOCK % 2]
    helper = _fork(m, others, work) if len(roots) >= _FEWEST else None
    if helper is None:
        return [work(root) for root in roots]
    seen = _receive(*helper) if m.limits.processes == 1 else None
    found = iter([work(root) for root in own])
    if m.limits.processes > 1:
        seen = _receive(*helper)
    rest = iter(_take_over(m, seen) if seen is not None else [work(root) for root in others])
    return [next(rest if number // _BLOCK % 2 else found) for number in range(len(roots))]


def _fork(m: Machine, roots: list[Root], work: Callable[[Root], Context]) -> tuple[int, Connection] | None:
    """A process that does the work on these roots, and where its answer comes from; None where none is to be had."""
    if sys.platform != "linux":
        return None  # elsewhere a fork is not safe beside the libraries of the system
    receiving, sending = Pipe(duplex=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about threads: no other one runs code of ours meanwhile
            child = os.fork()
    except OSError:
        return None
    if child:
        sending.close()
        return child, receiving
    try:
        sending.send_bytes(pickle.dumps(_see(m, roots, work)))
    finally:
        os._exit(0)


def _receive(child: int, receiving: Connection) -> _Seen | None:
    """What the process saw, or None when it did not come to an end."""
    with receiving:
        try:
            answer = receiving.recv_bytes()
        except (EOFError, OSError):
            return None
        finally:
            os.waitpid(child, 0)
    seen: _Seen = pickle.loads(answer)  # noqa: S301 - it was written by this very program
    return seen


@dataclass(slots=True)
class _Seen:
    """What a process saw. Contexts are numbered, so that each is sent once and none inside another."""

    roots: list[int]
    contexts: list[_Done]
    notes: Notes
    unread_templates: list[Finding]
    read: set[str]
    """The files of the modules that somebody looked into."""


@dataclass(slots=True)
class _Done:
    """What a context did; plain tuples, as there are many."""

    module: str
    place: str
    effects: list[_Effect]
    joins: list[tuple[str, str, int]]
    calls: list[tuple[int, int, int]]
    spans: list[tuple[int, int, list[_Effect], list[tuple[int, int]]]]


def _see(m: Machine, roots: list[Root], work: Callable[[Root], Context]) -> _Seen:
    ledger = m.ledger
    before = len(ledger.contexts)
    found = [work(root) for root in roots]
    new = list(ledger.contexts.values())[before:]
    numbers: dict[Context, int] = {}
    waiting = [*found, *(context for context in new if not context.silent)]
    while waiting:
        context = waiting.pop()
        if context not in numbers:
            numbers[context] = len(numbers)
            waiting.extend(target for target, _ in context.calls)
            waiting.extend(target for span in context.spans for target in span.calls)
    return _Seen(
        [numbers[context] for context in found],
        [_done(context, numbers) for context in numbers],
        ledger.notes(),
        m.templates.problems,
        {state.file for state in m.index.states if state.read},
    )


def _done(context: Context, numbers: dict[Context, int]) -> _Done:
    return _Done(
        _key(context.module),
        context.place,
        _plain(context.effects),
        list(context.joins),
        [(numbers[target], line, doubt) for (target, line), doubt in context.calls.items()],
        [
            (
                span.line,
                span.doubt,
                _plain(span.effects),
                [(numbers[target], doubt) for target, doubt in span.calls.items()],
            )
            for span in context.spans
        ],
    )


def _plain(effects: dict[Effect, int]) -> list[_Effect]:
    return [(tuple(effect), doubt) for effect, doubt in effects.items()]


def _effects(plain: list[_Effect]) -> dict[Effect, int]:
    return {Effect(*effect): doubt for effect, doubt in plain}


def _key(module: ModuleState) -> str:
    return module.file or module.name


def _take_over(m: Machine, seen: _Seen) -> list[Context]:
    """Enter in the ledger what the other process saw; gives the contexts of its roots."""
    modules = {_key(state): state for state in (*m.index.stubs.values(), *m.index.states)}
    contexts = [
        Context(
            modules.get(each.module) or ModuleState(each.module, None, None, False), None, seen_as=each.place
        )
        for each in seen.contexts
    ]
    for number, (context, each) in enumerate(zip(contexts, seen.contexts, strict=True)):
        context.effects = _effects(each.effects)
        context.joins = dict.fromkeys(each.joins)
        context.calls = {(contexts[target], line): doubt for target, line, doubt in each.calls}
        context.spans = tuple(
            Span(line, doubt, _effects(effects), {contexts[target]: least for target, least in calls})
            for line, doubt, effects, calls in each.spans
        )
        m.ledger.contexts["the other half", number] = context
    for state in m.index.states:
        state.read = state.read or state.file in seen.read
    _unite(m, seen.notes)
    unread = m.templates.problems
    unread.extend(problem for problem in seen.unread_templates if problem not in unread)
    return [contexts[number] for number in seen.roots]


def _unite(m: Machine, notes: Notes) -> None:
    """Add notes to those of this process, which was first."""
    for site, outcome in notes.sites.items():
        note_outcome(m, site, outcome)
    for each in fields(Notes):
        own, more = getattr(m.ledger, each.name), getattr(notes, each.name)
        if isinstance(own, set):
            own |= more
        elif isinstance(own, list):
            own.extend(item for item in more if item not in own)
        else:
            own.update({key: value for key, value in more.items() if key not in own})
