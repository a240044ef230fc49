"""Runs the roots of a project, and then what none of them reached: cell by cell, in copies of the process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from functools import partial
from typing import NamedTuple, TypeAlias

from analyzer.resolve import cells, filtersets, forks, rest, seen
from analyzer.resolve.cells import Cell
from analyzer.resolve.databases import Routing
from analyzer.resolve.earlier import Cells, Earlier, Kept
from analyzer.resolve.machine import Machine, Notes
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.names import Consulted, Written
from analyzer.resolve.roots import Root
from analyzer.resolve.scope import Context
from analyzer.resolve.seen import Seen, Touched
from analyzer.resolve.values import Class, Function

_FEW_ROOTS = 64
"""Fewer roots than these are run sooner than other processes are started."""
_FEW_MODULES, _MANY_MODULES = 600, 4_000
"""The modules of one cell of what nobody reached."""

Ran: TypeAlias = tuple[list[Seen], list[Touched], Cells | None]
Progress: TypeAlias = Callable[[int, int], None]


class _Known(NamedTuple):
    """How much was there before some work began: contexts, modules loaded, receivers, and the files that were read."""

    contexts: int = 0
    loaded: int = 0
    receivers: int = 0
    read: frozenset[str] = frozenset()


class Running:
    """All roots, with everything loaded that they need."""

    def __init__(
        self, m: Machine, states: Sequence[ModuleState], roots: Sequence[Root], routed: Routing
    ) -> None:
        self._m = m
        self._states = states
        self._roots = roots
        self._routed = routed
        self._filtersets = [
            cls
            for state in states
            for cls in state.definitions.values()
            if isinstance(cls, Class) and filtersets.is_one(cls)
        ]

    def all(self, earlier: Earlier | None, progress: Progress | None) -> Ran:
        """What was seen, what each root touches, and what of it can be kept."""
        ran = self._in_cells(earlier, progress) if len(self._roots) >= _FEW_ROOTS else None
        return ran if ran is not None else self._alone()

    def _alone(self) -> Ran:
        """Everything in this process, each root with what those before it left behind."""
        contexts = [root.run() for root in self._roots]
        self._note_filtersets()
        reached = self._m.ledger.reached
        rest.trace(self._m, self._states, rest.candidates(self._states, reached))
        found = self._see(_Known(), contexts)
        return [found], found.roots, None

    def _in_cells(self, earlier: Earlier | None, progress: Progress | None) -> Ran | None:
        m = self._m
        if earlier is not None and not (earlier.begins_alike() and self._are_free(earlier.methods())):
            earlier = None
        before = self._see(_Known(), [])
        consulted = Consulted(set(m.index.consulted.functions), set(m.index.consulted.names))
        dealt = cells.deal([self._label(root.module) for root in self._roots])
        modules = cells.deal([self._label(state) for state in self._states], _FEW_MODULES, _MANY_MODULES)
        total = len(dealt) + len(modules)
        batch = _Batch(
            earlier, m.limits.processes, (lambda done: progress(done, total)) if progress else None
        )
        for cell in dealt:
            batch.add(cell.name, len(cell.roots), [], partial(self._cell, cell))
        entries = batch.run()
        if entries is None:
            return None
        reached = {
            (file, line, name)
            for found in (before, *entries)
            for file, own in found.files.items()
            for line, name in own.reached
        }
        for cell in modules:
            states = [self._states[number] for number in cell.roots]
            wanted = rest.candidates(states, reached)
            if wanted:
                batch.add(f"rest of {cell.name}", 0, wanted, partial(self._rest, states, wanted))
        others = batch.run()
        if others is None:
            return None
        touched = {
            number: touches
            for cell, found in zip(dealt, entries, strict=True)
            for number, touches in zip(cell.roots, found.roots, strict=True)
        }
        kept = Cells(consulted.functions, consulted.names, batch.kept)
        return [before, *entries, *others], [touched[number] for number in range(len(self._roots))], kept

    def _label(self, module: ModuleState | None) -> str:
        app = self._m.apps.of(module) if module is not None else None
        return app.label if app is not None else ""

    def _are_free(self, names: set[str]) -> bool:
        """Whether these names stand for nothing but plain functions in any class."""
        classes = (
            cls
            for state in self._states
            for cls in state.definitions.values()
            if names and isinstance(cls, Class)
        )
        return all(
            isinstance(value, Function) and not value.node.decorators
            for cls in classes
            for name in names
            if (value := dict.get(cls.names, name)) is not None
        )

    def _cell(self, cell: Cell) -> bytes:
        return self._apart(lambda: [self._roots[number].run() for number in cell.roots])

    def _rest(self, states: list[ModuleState], wanted: list[Written]) -> bytes:
        def work() -> list[Context]:
            rest.trace(self._m, states, wanted)
            return []

        return self._apart(work)

    def _apart(self, work: Callable[[], list[Context]]) -> bytes:
        """Do some work in a process of its own, and tell what it saw beyond what was known."""
        m = self._m
        for each in fields(Notes):
            if each.name != "databases":
                getattr(m.ledger, each.name).clear()
        m.index.consulted.clear()
        m.templates.problems.clear()
        known = _Known(
            len(m.ledger.contexts),
            len(m.module_contexts),
            len(m.ledger.receivers),
            frozenset(state.file for state in m.index.states if state.read),
        )
        contexts = work()
        self._note_filtersets()
        return seen.encode(self._see(known, contexts))

    def _note_filtersets(self) -> None:
        self._m.ledger.reached.update(map(filtersets.written, filter(filtersets.is_made, self._filtersets)))

    def _see(self, known: _Known, roots: list[Context]) -> Seen:
        """What was seen beyond what was known."""
        m = self._m
        contexts = [
            *list(m.ledger.contexts.values())[known.contexts :],
            *list(m.module_contexts.values())[known.loaded :],
        ]
        found = seen.see(m, contexts, roots, self._routed, m.ledger.receivers[known.receivers :])
        found.read -= known.read
        return found


class _Batch:
    """Cells that are run together; those that an earlier run knows are not run."""

    def __init__(
        self, earlier: Earlier | None, processes: int, progress: Callable[[int], None] | None
    ) -> None:
        self._earlier = earlier
        self._processes = processes
        self._progress = progress
        self._done = 0
        self._waiting: list[tuple[str, int, list[Written], forks.Work]] = []
        self.kept: dict[str, Kept] = {}

    def add(self, name: str, roots: int, candidates: list[Written], work: forks.Work) -> None:
        self._waiting.append((name, roots, candidates, work))

    def run(self) -> list[Seen] | None:
        """What the cells saw that were added; None if some process came to no good end."""
        waiting, self._waiting = self._waiting, []
        known = [
            self._earlier.seen(name, roots, candidates) if self._earlier is not None else None
            for name, roots, candidates, _ in waiting
        ]
        works = [each[3] for each, found in zip(waiting, known, strict=True) if found is None]
        answers = iter(forks.run(works, self._processes, self._tell))
        result = []
        for (name, roots, candidates, _), found in zip(waiting, known, strict=True):
            if found is None:
                data = next(answers)
                if data is None:
                    return None
                found = seen.decode(data), data
            self.kept[name] = Kept(roots, candidates, found[1])
            result.append(found[0])
        return result

    def _tell(self) -> None:
        self._done += 1
        if self._progress is not None:
            self._progress(self._done)
