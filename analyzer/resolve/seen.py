"""What was seen, as plain facts of each file: they can be sent from one process to another, kept, and moved.

Values and contexts stay in the process that made them. It closes over its contexts itself: what each root touches with
all that it calls, what library code does for the lines that call it, what happens inside atomic spans.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from analyzer.model.facts import AccessKind, CacheUse, Finding, Location, Mode, RawSQL, SignalReceiver
from analyzer.resolve import closure, databases
from analyzer.resolve.scope import Context
from analyzer.resolve.sites import more_telling

if TYPE_CHECKING:
    from analyzer.resolve.databases import Routing
    from analyzer.resolve.machine import Machine, Receiver
    from analyzer.resolve.pieces import Moves

Tables: TypeAlias = tuple[tuple[str, ...], tuple[str, ...]]
Doing: TypeAlias = tuple[int, str, str, Mode, AccessKind, float, str]
"""An access: line, function, table, mode, kind, confidence, rule."""
Joining: TypeAlias = tuple[int, str, str, str]
"""Line, function, and the two tables."""
Spanning: TypeAlias = tuple[int, str, tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""An atomic span: line, function, tables read and written, the databases that it writes if they are several."""


class Touched(msgspec.Struct, array_like=True, frozen=True):
    """What one root touches."""

    module: str
    """Of the project's code that it runs; empty for a library's."""
    usual: Tables
    every: Tables
    firm: Tables


class InFile(msgspec.Struct, array_like=True):
    """What was seen in one file."""

    consulted: set[tuple[int, str]] = set()
    """The functions that were run or looked into, by line and name."""
    reached: set[tuple[int, str]] = set()
    """Those that were traced, and the filter sets that were made."""
    accesses: set[Doing] = set()
    joins: set[Joining] = set()
    spans: set[Spanning] = set()
    calls: set[tuple[str, str, int]] = set()
    """Caller, function called, line."""
    sites: dict[int, str] = {}
    databases: dict[int, str] = {}
    unread_sql: dict[int, str] = {}
    open_queries: set[tuple[int, str, str]] = set()
    closed: set[tuple[int, str, str]] = set()
    """Line, function and table of where queries begin."""
    raw_sql: list[RawSQL] = []
    caches: list[CacheUse] = []
    receivers: list[SignalReceiver] = []


class Seen(msgspec.Struct, array_like=True):
    """All that a piece of work has seen."""

    roots: list[Touched]
    files: dict[str, InFile]
    names: set[str]
    """The names that it asked some module or class for."""
    read: set[str]
    """The files of the modules that it looked into."""
    problems: list[Finding]
    """Of templates."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(Seen)


def encode(seen: Seen) -> bytes:
    return _ENCODER.encode(seen)


def decode(data: bytes) -> Seen:
    return _DECODER.decode(data)


def see(
    m: Machine,
    contexts: Iterable[Context],
    roots: list[Context],
    routed: Routing,
    receivers: Iterable[Receiver],
) -> Seen:
    """What is noted in the ledger, these receivers, and what these contexts did; ``roots`` are asked for all that they
    touch."""
    files: dict[str, InFile] = {}
    sight = _Sight(m, files, routed)
    for context in dict.fromkeys([*contexts, *roots]):
        if context.module.source is not None and not context.module.is_test:
            sight.context(context)
    _ledger(m, files)
    for receiver in receivers:
        in_file(files, receiver.fact.location.file).receivers.append(receiver.fact)
    return Seen(
        sight.roots(roots),
        files,
        set(m.index.consulted.names),
        {state.file for state in m.index.states if state.read},
        list(m.templates.problems),
    )


class _Sight:
    """Looks at contexts one by one."""

    def __init__(self, m: Machine, files: dict[str, InFile], routed: Routing) -> None:
        self._m = m
        self._files = files
        self._routed = routed
        self._borrowed = closure.Borrowed()
        self._firm = closure.firm()

    def roots(self, contexts: list[Context]) -> list[Touched]:
        usual, every = closure.usual(), closure.everything()
        return [
            Touched(
                context.module.name if context.module.source is not None else "",
                usual.tables([(context, 0)]),
                every.tables([(context, 0)]),
                self._firm.tables([(context, 0)]),
            )
            for context in contexts
        ]

    def context(self, context: Context) -> None:
        file, function = context.module.file, context.place
        found = in_file(self._files, file)
        is_migration = context.module.is_migration
        for effect in context.effects:
            line, table, mode, kind, confidence, rule = effect
            kind = "migration" if is_migration else kind
            found.accesses.add((line, function, table, mode, kind, confidence, rule))
        for line, (_, table, mode, kind, confidence, rule) in self._borrowed.effects(context):
            kind = "migration" if is_migration else kind
            found.accesses.add((line, function, table, mode, kind, confidence, rule))
        if is_migration:
            return
        for left, right, line in context.joins:
            found.joins.add((line, function, left, right))
        for line, left, right in self._borrowed.joins(context):
            found.joins.add((line, function, left, right))
        for span in context.spans:
            read, written = self._firm.span(span)
            several = databases.of_span(self._m, file, span, written, self._routed)
            found.spans.add((span.line, function, read, written, several))


def in_file(files: dict[str, InFile], file: str) -> InFile:
    found = files.get(file)
    if found is None:
        found = files[file] = InFile()
    return found


def _ledger(m: Machine, files: dict[str, InFile]) -> None:
    ledger = m.ledger
    for file, line, name in m.index.consulted.functions:
        if file:
            in_file(files, file).consulted.add((line, name))
    for file, line, name in ledger.reached:
        if file:
            in_file(files, file).reached.add((line, name))
    for caller, called, file, line in ledger.calls:
        in_file(files, file).calls.add((caller, called, line))
    for (file, site), outcome in ledger.sites.items():
        in_file(files, file).sites[site] = outcome
    for (file, line), alias in ledger.databases.items():
        in_file(files, file).databases[line] = alias
    for where, why in ledger.unread_sql.items():
        in_file(files, where.file).unread_sql[where.line] = why
    for file, line, function, table in ledger.open_queries:
        in_file(files, file).open_queries.add((line, function, table))
    for file, line, function, table in ledger.closed:
        in_file(files, file).closed.add((line, function, table))
    for raw in ledger.raw_sql:
        in_file(files, raw.location.file).raw_sql.append(raw)
    for use in ledger.caches:
        in_file(files, use.location.file).caches.append(use)


def united(one: InFile, other: InFile) -> InFile:
    """What two have seen in one file."""
    return InFile(
        one.consulted | other.consulted,
        one.reached | other.reached,
        one.accesses | other.accesses,
        one.joins | other.joins,
        one.spans | other.spans,
        one.calls | other.calls,
        _more_telling(one.sites, other.sites),
        {**other.databases, **one.databases},
        {**other.unread_sql, **one.unread_sql},
        one.open_queries | other.open_queries,
        one.closed | other.closed,
        [*one.raw_sql, *other.raw_sql],
        [*one.caches, *other.caches],
        [*one.receivers, *other.receivers],
    )


def _more_telling(one: dict[int, str], other: dict[int, str]) -> dict[int, str]:
    found = dict(one)
    for site, outcome in other.items():
        found[site] = more_telling(found.get(site), outcome)
    return found


def moved(found: InFile, moves: Moves) -> InFile:
    """The same in a file whose lines have moved. Raises KeyError for a place of which is not known where it went."""
    lines, sites = {0: 0, **moves.lines}, moves.sites

    def at(location: Location) -> Location:
        return Location(location.file, lines[location.line])

    return InFile(
        {(lines[line], name) for line, name in found.consulted},
        {(lines[line], name) for line, name in found.reached},
        {(lines[each[0]], *each[1:]) for each in found.accesses},
        {(lines[each[0]], *each[1:]) for each in found.joins},
        {(lines[each[0]], *each[1:]) for each in found.spans},
        {(caller, called, lines[line]) for caller, called, line in found.calls},
        {sites[site]: outcome for site, outcome in found.sites.items()},
        {lines[line]: alias for line, alias in found.databases.items()},
        {lines[line]: why for line, why in found.unread_sql.items()},
        {(lines[line], function, table) for line, function, table in found.open_queries},
        {(lines[line], function, table) for line, function, table in found.closed},
        [replace(raw, location=at(raw.location)) for raw in found.raw_sql],
        [replace(use, location=at(use.location)) for use in found.caches],
        [replace(fact, location=at(fact.location)) for fact in found.receivers],
    )
