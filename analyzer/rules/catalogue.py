"""Every code that a finding can have: what it means, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from analyzer.model.facts import Severity


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
        "STR013",
        "warning",
        "synchronous chain over three boundaries",
        "One request would wait for a service that waits for a third: the slowest decides, and any of them fails all.",
        "Tell the third by an event, let the first ask both, or keep a copy where it is needed.",
    ),
    Rule(
        "STR014",
        "warning",
        "function that uses another boundary in many places",
        "Each place would be a request of its own, in a loop many: the page becomes slow as soon as the two are apart.",
        "Ask once for all that is needed (one coarse endpoint), or move the function to the other side.",
    ),
    Rule(
        "STR015",
        "warning",
        "transaction that writes several databases",
        "atomic() holds for one database: what is written to another one stays when the block fails.",
        "Open a transaction on each and accept the gap between their commits, or write one of them after the commit.",
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
    Rule(
        "STR201",
        "note",
        "model of a tenant without a tenant key",
        "Only a foreign key to another table says whose row it is; apart from that table nothing does.",
        "Add the tenant's key to the table, and fill it from the parent, before the two are parted.",
    ),
    Rule(
        "STR202",
        "note",
        "key of a tenant's table that the tenant does not lead",
        "Without the tenant, one tenant's unique value bars another's and tells that it is taken, and an index reads "
        "through all tenants' rows.",
        "Put the tenant's key in front, unless the value is meant to be unique for all (a token, a host name).",
    ),
    Rule(
        "STR203",
        "warning",
        "raw SQL on a tenant's table without the tenant",
        "The statement names no column of the tenant: it reads or writes all tenants' rows at once.",
        "Add the tenant to its conditions, or say why it must see all of them.",
    ),
    Rule(
        "STR204",
        "warning",
        "query of a tenant's table without the tenant",
        "A view asks for rows by conditions that any tenant's may meet: who knows or guesses a number sees another's.",
        "Begin at the tenant (tenant.orders), or add it to the conditions; or say here who keeps other tenants out.",
    ),
    Rule(
        "STR205",
        "note",
        "task that is sent without a tenant",
        "It runs over all tenants' rows at once: one tenant's trouble stops the others, and no part of it moves.",
        "Send one task for each tenant, with the tenant's key as its argument.",
    ),
    Rule(
        "STR206",
        "warning",
        "cache key without the tenant",
        "What is kept comes from a tenant's rows, and its key is the same for all tenants: one is shown another's.",
        "Put the tenant's key into the cache key; for whole pages, vary on what tells tenants apart.",
    ),
)

RULES: Mapping[str, Rule] = MappingProxyType({rule.code: rule for rule in _ALL})
"""Every rule by its code; codes are never reused."""
