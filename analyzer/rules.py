"""Findings: what stands in the way of a cut, or was not understood, each with a stable code, its lines and a remedy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from analyzer.coupling import GENERIC, Tables, index_tables
from analyzer.model.facts import Facts, Finding, Location, Severity
from analyzer.model.pins import FRAMEWORK
from analyzer.model.plan import Analysis, BillItem, Boundary


@dataclass(frozen=True, slots=True)
class Rule:
    """What a code means: one line, why it matters, what to do."""

    code: str
    severity: Severity
    title: str
    why: str
    remedy: str


_ALL = (
    Rule(
        "STR001",
        "warning",
        "foreign key that cascades across boundaries",
        "Deleting a row here deletes rows that another service will own; across two databases nothing does that.",
        "Keep the id without a constraint; publish an event on delete and let the owner act upon it.",
    ),
    Rule(
        "STR002",
        "error",
        "transaction that writes several boundaries",
        "Once its tables live in two databases the span cannot be atomic: one half can be committed without the other.",
        "Commit in one boundary, tell the others through an outbox, and compensate with a saga where they can refuse.",
    ),
    Rule(
        "STR003",
        "error",
        "signal receiver that writes across boundaries",
        "Saving a row here silently writes there, inside the same transaction; a remote save sends no Django signal.",
        "Publish an event after commit (outbox) and subscribe to it in the boundary that writes.",
    ),
    Rule(
        "STR004",
        "warning",
        "raw SQL that spans boundaries",
        "The statement names tables of several boundaries; no ORM router can split it.",
        "Split the statement, compose the results by id, or feed a read model for this report.",
    ),
    Rule(
        "STR005",
        "note",
        "deferred import that hides a cycle",
        "An import inside a function breaks a cycle at import time only: the two modules still need each other.",
        "Move what both need into a third module, or turn one direction into an event or an API call.",
    ),
    Rule(
        "STR006",
        "error",
        "table written from several boundaries",
        "A table needs exactly one writer before it can move; with two, one of them writes to a dead copy.",
        "Let the owner do the writes: call its API or send it an event.",
    ),
    Rule(
        "STR007",
        "warning",
        "join across boundaries",
        "A lookup path or select_related becomes a SQL join; across two databases it does not exist.",
        "Query both halves by id and compose them, or keep a local copy of the joined columns.",
    ),
    Rule(
        "STR008",
        "note",
        "generic code that writes tables of many boundaries",
        "A base class or an importer: which tables one call writes depends on its caller, so that it blocks nobody.",
        "Give each service its own copy, or narrow the code to the models that it is called with.",
    ),
    Rule(
        "STR009",
        "warning",
        "foreign key across boundaries",
        "Two databases know no foreign key: nothing will keep the id valid, and the ORM cannot follow it.",
        "Keep the id as a plain column, validate it when it is written, look the rest up through the owner's API.",
    ),
    Rule(
        "STR010",
        "warning",
        "read across boundaries",
        "Code of one boundary reads another's table: it will be a call or a copy, and it pins the table's columns.",
        "Read through the owner's API, or keep a replicated copy of the columns that are needed.",
    ),
    Rule(
        "STR011",
        "warning",
        "import across boundaries",
        "The importing code cannot run without the other boundary's code, so neither can be deployed alone.",
        "Import the other boundary's client, or move what both need into a library.",
    ),
    Rule(
        "STR012",
        "warning",
        "task that touches several boundaries",
        "Wherever the task runs, one of the boundaries' tables is out of its reach.",
        "Split the task at the boundary, or let it call the other side's API.",
    ),
    Rule(
        "STR101",
        "warning",
        "file that could not be read or parsed",
        "What stands in it is missing from the analysis.",
        "Repair the file, or analyse with a Python that knows its grammar.",
    ),
    Rule(
        "STR102",
        "note",
        "settings that could not be read",
        "Installed apps, the user model and the root URL pattern were guessed from the folders.",
        "Give the folder that holds manage.py; keep INSTALLED_APPS and ROOT_URLCONF literal.",
    ),
    Rule(
        "STR103",
        "note",
        "part of the code that was not understood",
        "The analysis goes on without it; coverage says how much that is.",
        "Follow the location; what is written there can perhaps be written plainly.",
    ),
    Rule(
        "STR104",
        "warning",
        "raw SQL that could not be read",
        "Its tables are not in the analysis, or are guessed from the words before them.",
        "Check by hand which tables the statement reads and writes.",
    ),
    Rule(
        "STR105",
        "note",
        "a table that no model describes",
        "Only raw SQL names it, so it is in no boundary: a temporary table, a view, another program's.",
        "If it holds data of this project, describe it with an unmanaged model (managed = False).",
    ),
    Rule(
        "STR106",
        "warning",
        "include that could not be followed",
        "Its URL patterns, with their views and what these touch, are not in the analysis, and no route moves them.",
        "Analyse the folder that holds it as well, or count its URL patterns by hand.",
    ),
    Rule(
        "STR107",
        "note",
        "models that no settings module installs",
        "Such a model has no table: it is left out, with all that code would do to it.",
        "Add its application to INSTALLED_APPS, or delete what nobody runs.",
    ),
    Rule(
        "STR111",
        "note",
        "an access that only the recorder saw",
        "The analysis had not found that this view touches this table. It counts now; others like it may be missing.",
        "Follow the place: an annotation or a literal name there often lets the analysis find the rest.",
    ),
    Rule(
        "STR112",
        "note",
        "a join that only the recorder saw",
        "No lookup path or statement in the code was known to join these tables. It counts now as any other join.",
        "Follow the place, and check what else builds querysets in this way.",
    ),
    Rule(
        "STR113",
        "note",
        "tables that only the recorder saw written in one transaction",
        "The analysis did not know that the span reaches both writes. It counts now as any other transaction.",
        "Follow the place: the write is often in a signal receiver, a hook or a library.",
    ),
    Rule(
        "STR114",
        "note",
        "a URL pattern that only the recorder saw",
        "It is made in a way that the analysis cannot follow, or the code that ran is not the code that was analysed.",
        "Compare the revisions first; then look where the pattern is made.",
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in _ALL})
"""Every rule by its code; codes are never reused."""

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
        *_deferred(facts),
        *_problems(facts),
        *_observed(facts),
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
