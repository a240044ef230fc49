"""Calls that will be requests once boundaries are services: chains of them, and code that makes many."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from analyzer.coupling import owning_module
from analyzer.model.facts import Access, Facts, Location

CHATTY = 5
"""One function with so many places that use one other boundary will be that many requests, or more in a loop."""
SHARED = 3
"""What so many other boundaries call is shared code (a base class, a helper): it will be a library, not a request."""


@dataclass(frozen=True, slots=True)
class Chain:
    """One boundary calls another, which in turn calls a third, before the first goes on. ``sites``: the lines that
    cross."""

    boundaries: tuple[str, str, str]
    sites: tuple[Location, ...]


@dataclass(frozen=True, slots=True)
class Chatty:
    """A function that uses another boundary in many places."""

    function: str
    source: str
    target: str
    sites: tuple[Location, ...]


def find_chains(calls: Calls) -> tuple[Chain, ...]:
    """Chains over three different boundaries, sorted."""
    found: dict[tuple[str, str, str], set[Location]] = defaultdict(set)
    for source, target, first in calls.crossing:
        one, other = calls.boundary[source], calls.boundary[target]
        for third, second in calls.onward(target):
            if third not in (one, other):
                found[one, other, third] |= {first, second}
    return tuple(Chain(names, tuple(sorted(sites))) for names, sites in sorted(found.items()))


def find_chatty(calls: Calls, accesses: Iterable[Access], owner: Mapping[str, str]) -> tuple[Chatty, ...]:
    """Functions with CHATTY places or more that call into, or touch tables of, one other boundary. ``owner``: table ->
    boundary. Deletions in cascade, and joins (one statement), are no requests of their own."""
    uses: dict[tuple[str, str, str], set[Location]] = defaultdict(set)
    for source, target, where in calls.crossing:
        uses[source, calls.boundary[source], calls.boundary[target]].add(where)
    for access in accesses:
        user, other = calls.home.get(access.module, ""), owner.get(access.table, "")
        if user and other and user != other and access.function and access.kind not in ("cascade", "join"):
            uses[f"{access.module}.{access.function}", user, other].add(access.location)
    return tuple(
        Chatty(function, one, other, tuple(sorted(sites)))
        for (function, one, other), sites in sorted(uses.items())
        if len(sites) >= CHATTY
    )


class Calls:
    """The call graph, cut at the boundaries. ``crossing``: the calls between two; ``boundary``: of each function.

    ``home``: module -> boundary, of the boundaries that count. What a task does is not waited for: it is not called.
    """

    def __init__(self, facts: Facts, home: Mapping[str, str]) -> None:
        self.home = home
        modules = {module.name: module for module in facts.modules}
        tasks = {entry.name for entry in facts.entry_points if entry.kind == "task"}
        self.boundary: dict[str, str] = {}
        self.crossing: list[tuple[str, str, Location]] = []
        self._inside: dict[str, list[str]] = defaultdict(list)
        self._across: dict[str, list[tuple[str, Location]]] = defaultdict(list)
        users: dict[str, set[str]] = defaultdict(set)
        for call in facts.calls:
            users[call.target].add(self._of(call.source, modules, home))
        for call in facts.calls:
            one, other = (self._of(name, modules, home) for name in (call.source, call.target))
            if not one or not other or call.target in tasks:
                continue
            if one == other:
                self._inside[call.source].append(call.target)
            elif len(users[call.target] - {"", other}) < SHARED:
                self.crossing.append((call.source, call.target, call.location))
                self._across[call.source].append((other, call.location))
        self._known: dict[str, frozenset[tuple[str, Location]]] = {}

    def _of(self, name: str, modules: Mapping[str, object], home: Mapping[str, str]) -> str:
        if name not in self.boundary:
            self.boundary[name] = home.get(owning_module(name, modules), "")
        return self.boundary[name]

    def onward(self, function: str) -> frozenset[tuple[str, Location]]:
        """The calls out of its boundary that a function makes, itself or by others of its boundary."""
        if function not in self._known:
            self._known[function] = frozenset(self._walk(function))
        return self._known[function]

    def _walk(self, function: str) -> Iterator[tuple[str, Location]]:
        seen, todo = {function}, [function]
        while todo:
            here = todo.pop()
            yield from self._across[here]
            fresh = [name for name in self._inside[here] if name not in seen]
            seen.update(fresh)
            todo += fresh
