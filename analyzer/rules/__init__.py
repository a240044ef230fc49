"""Findings: what stands in the way of a cut, or was not understood, each with a stable code, its lines and a remedy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from analyzer.boundaries import Calls, find_chains, find_chatty
from analyzer.coupling import GENERIC, Tables, index_tables
from analyzer.model.facts import Facts, Finding, Location
from analyzer.model.pins import FRAMEWORK
from analyzer.model.plan import Analysis, BillItem, Boundary
from analyzer.rules.catalogue import RULES, Rule
from analyzer.rules.tenancy import borrowed, boundless, shared, unled, unowned, unscoped

__all__ = ["RULES", "Rule", "blockers", "code_of", "crossings", "find"]


_PROBLEMS: Mapping[str, str] = {
    "unreadable-file": "STR101",
    "unparsed-file": "STR101",
    "undecodable-file": "STR101",
    "file-too-large": "STR101",
    "unread-sql": "STR104",
    "no-settings": "STR102",
    "unread-settings": "STR102",
    "circular-include": "STR106",
    "unfollowed-include": "STR106",
    "unread-template": "STR101",
    "uninstalled-models": "STR107",
}
"""The first half's words for what it could not read -> rule."""

_BILLED: Mapping[str, str] = {
    "cascade": "STR001",
    "transaction": "STR002",
    "signal": "STR003",
    "shared_write": "STR006",
    "join": "STR007",
}
"""Kinds of bill items that are findings as well -> rule."""


_CROSSING: Mapping[str, str] = {
    **_BILLED,
    "fk": "STR009",
    "read": "STR010",
    "import": "STR011",
    "task": "STR012",
}
"""Kinds of bill items that a wall between boundaries is checked for -> rule."""


def code_of(item: BillItem) -> str:
    """The code under which a bill's item is explained; empty for items that no rule speaks of."""
    return _BILLED.get(item.kind, "")


def find(facts: Facts, tables: Tables, boundaries: Iterable[Boundary]) -> tuple[Finding, ...]:
    """All findings, sorted by code and place. A cut that is on two bills is one finding."""
    plan = tuple(boundaries)
    found = {
        *_across(plan, _BILLED),
        *_raw_sql(facts, tables, plan),
        *_undescribed(facts, tables),
        *_generic(facts),
        *_over_databases(facts),
        *_deferred(facts),
        *_problems(facts),
        *_observed(facts),
        *_requests(facts, plan),
        *_tenancy(facts),
    }
    return tuple(sorted(found, key=lambda f: (f.code, f.locations, f.message)))


def crossings(analysis: Analysis) -> tuple[Finding, ...]:
    """Everything that crosses a boundary of the plan, reads, foreign keys, imports and tasks included: what a wall is
    checked for; the libraries' tables are on no side of a wall. Sorted as ``find`` sorts."""
    tables = index_tables(analysis.facts)
    own = [
        replace(boundary, bill=tuple(item for item in boundary.bill if item.other != FRAMEWORK))
        for boundary in analysis.boundaries
        if boundary.name != FRAMEWORK
    ]
    found = {
        *_across(own, _CROSSING),
        *(f for f in _raw_sql(analysis.facts, tables, analysis.boundaries) if f.code == "STR004"),
    }
    return tuple(sorted(found, key=lambda f: (f.code, f.locations, f.message)))


def blockers(analysis: Analysis, boundary: Boundary) -> tuple[BillItem, ...]:
    """The items of a boundary's bill that have to be solved before its writer can change sides."""
    return tuple(i for i in boundary.bill if code_of(i) and RULES[code_of(i)].severity == "error")


def _finding(code: str, message: str, locations: Iterable[Location]) -> Finding:
    rule = RULES[code]
    return Finding(code, rule.severity, message, tuple(sorted(set(locations))), rule.remedy)


def _across(boundaries: Iterable[Boundary], codes: Mapping[str, str]) -> Iterator[Finding]:
    """Bill items that are findings. What has a direction stands on two bills: the one that is reached into counts;
    imports and tasks stand on the bill of the side that reaches out only."""
    for boundary in boundaries:
        for item in boundary.bill:
            code = codes.get(item.kind, "")
            if not code:
                continue
            if item.kind == "transaction":
                if boundary.name < item.other.split(", ")[0]:
                    yield _finding(code, item.summary, item.locations)
            elif item.kind == "import":
                yield _finding(code, f"{boundary.name} imports from {item.other}", item.locations)
            elif item.kind == "task":
                yield _finding(code, f"{item.summary} ({boundary.name})", item.locations)
            elif item.direction == "in":
                yield _finding(code, f"{item.summary} ({item.other} -> {boundary.name})", item.locations)
            elif item.direction == "both" and boundary.name < item.other:
                yield _finding(code, f"{item.summary} ({boundary.name}, {item.other})", item.locations)


def _raw_sql(facts: Facts, tables: Tables, boundaries: Iterable[Boundary]) -> Iterator[Finding]:
    boundary_of = {table: b.name for b in boundaries for table in b.tables}
    for statement in facts.raw_sql:
        where = statement.function or "module level"
        if not statement.parsed:
            yield _finding("STR104", f"raw SQL in {where} could not be parsed", [statement.location])
            continue
        touched = {*statement.tables_read, *statement.tables_written} - tables.library
        over = sorted({boundary_of[table] for table in touched if table in boundary_of})
        if len(over) > 1:
            yield _finding("STR004", f"raw SQL in {where} spans {', '.join(over)}", [statement.location])


def _undescribed(facts: Facts, tables: Tables) -> Iterator[Finding]:
    places: dict[str, list[Location]] = defaultdict(list)
    for access in facts.accesses:
        if access.kind == "raw" and access.table not in tables.label:
            places[access.table].append(access.location)
    for table, locations in sorted(places.items()):
        yield _finding("STR105", f"raw SQL uses the table {table}, which no model describes", locations)


def _generic(facts: Facts) -> Iterator[Finding]:
    for span in facts.transactions:
        if len(span.tables_written) > GENERIC:
            where = span.function or "an atomic block"
            yield _finding(
                "STR008", f"{where} may write any of {len(span.tables_written)} tables", [span.location]
            )


def _over_databases(facts: Facts) -> Iterator[Finding]:
    for span in facts.transactions:
        if span.databases:
            where = span.function or "an atomic block"
            yield _finding("STR015", f"{where} writes {', '.join(span.databases)}", [span.location])


def _deferred(facts: Facts) -> Iterator[Finding]:
    """A deferred import whose target imports the source back, at the top or deferred as well."""
    tests = {m.name for m in facts.modules if m.is_test or m.is_migration}
    imported: dict[str, set[str]] = defaultdict(set)
    for item in facts.imports:
        imported[item.source].add(item.target)
    for item in facts.imports:
        if item.deferred and item.source not in tests and item.source in imported[item.target]:
            message = f"{item.source} imports {item.target} late, and is imported by it"
            yield _finding("STR005", message, [item.location])


def _requests(facts: Facts, boundaries: Iterable[Boundary]) -> Iterator[Finding]:
    """Calls between boundaries that will be chains of requests, or many of them. Reference data is near everywhere."""
    own = [b for b in boundaries if b.verdict != "shared reference data"]
    home = {module: b.name for b in own for module in b.modules}
    calls = Calls(facts, home)
    for chain in find_chains(calls):
        one, other, third = chain.boundaries
        yield _finding("STR013", f"{one} calls {other}, which calls {third}", chain.sites)
    for chatty in find_chatty(calls, facts.accesses, {table: b.name for b in own for table in b.tables}):
        way = f"{chatty.source} -> {chatty.target}"
        message = f"{chatty.function} uses {chatty.target} in {len(chatty.sites)} places ({way})"
        yield _finding("STR014", message, chatty.sites)


def _tenancy(facts: Facts) -> Iterator[Finding]:
    for lent in borrowed(facts):
        way = ".".join(lent.path)
        yield _finding("STR201", f"{lent.model.label} has its tenant by {way} only", [lent.model.location])
    for key in unled(facts):
        what = "unique" if key.unique else "an index"
        yield _finding(
            "STR202", f"{key.model.label}: {', '.join(key.fields)} {what} without the tenant", [key.location]
        )
    for raw in unscoped(facts):
        yield _finding(
            "STR203", f"raw SQL in {raw.function or 'module level'} names no tenant", [raw.location]
        )
    for label, places in unowned(facts).items():
        yield _finding("STR204", f"queries of {label} do not say whose rows they want", places)
    for task, places in boundless(facts).items():
        yield _finding("STR205", f"{task} runs over the rows of all tenants", places)
    for use in shared(facts):
        what = "the answers of" if use.page else "what it reads, in"
        yield _finding("STR206", f"one cache key for all tenants: {what} {use.function}", [use.location])


def _problems(facts: Facts) -> Iterator[Finding]:
    for problem in facts.problems:
        rule = RULES[_PROBLEMS.get(problem.code, "STR103")]
        yield Finding(
            rule.code, rule.severity, problem.message, problem.locations, problem.remedy or rule.remedy
        )


def _observed(facts: Facts) -> Iterator[Finding]:
    for missed in facts.observed.missed if facts.observed else ():
        rule = RULES[missed.code]
        yield Finding(rule.code, rule.severity, missed.message, missed.locations, rule.remedy)
