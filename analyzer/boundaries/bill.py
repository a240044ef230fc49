"""The bill: what cutting a boundary out costs, item by item, with its lines, its remedy and the next command."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from math import log2

from analyzer.boundaries.graph import table_of
from analyzer.boundaries.metrics import distributed
from analyzer.boundaries.place import Placement
from analyzer.coupling import Tables
from analyzer.model.facts import Facts, Location
from analyzer.model.plan import BillItem, BillKind, Direction, Edge

COST: Mapping[BillKind, float] = {
    "transaction": 10.0,
    "shared_write": 8.0,
    "signal": 7.0,
    "cascade": 6.0,
    "join": 5.0,
    "fk": 3.0,
    "task": 3.0,
    "template": 2.0,
    "read": 2.0,
    "import": 0.5,
    "route": 0.0,
}
"""What one item of each kind costs, on the scale of ``analyzer.coupling.WEIGHTS``. URL patterns move by themselves."""

BLOCKERS: frozenset[BillKind] = frozenset({"transaction", "shared_write", "signal"})
"""Kinds in which two boundaries write together: to be solved before the writer can change sides."""

REMEDIES: Mapping[BillKind, str] = {
    "transaction": "Split it: commit here first, tell the others through an outbox, compensate with a saga",
    "shared_write": "Let the owning boundary do the write: call its API, or send it an event",
    "signal": "Publish an event after commit (outbox) and let the other side subscribe",
    "cascade": "Keep the id without a constraint; on delete publish an event that the other side acts upon",
    "join": "Ask for both halves by id and compose them, or keep a local copy of the columns that are joined",
    "fk": "Keep the id as a plain column (first db_constraint=False), look the rest up through the API",
    "task": "Split the task at the boundary, or let it call the other side's API",
    "template": "Pass the values into the template; do not traverse to the other boundary's models in it",
    "read": "Read through the owner's API, or keep a replicated copy of the columns that are needed",
    "import": "Import the other boundary's client instead of its modules",
    "route": "Import these URL patterns as routes, shadow them, then move them step by step",
}

NAMED = 6
"""Tables named in one line of what a transaction writes."""

Bills = dict[str, list[BillItem]]


def write_bills(
    facts: Facts, tables: Tables, edges: Iterable[Edge], placement: Placement, shared: frozenset[str]
) -> dict[str, tuple[BillItem, ...]]:
    """The bill of each boundary, dearest kinds first. ``shared`` names the boundaries of reference data: reading them
    is no reason to wait, and neither they nor the framework's tables are worth an item for each import."""
    bills: Bills = defaultdict(list)
    _edges(edges, tables, placement, bills)
    _transactions(facts, tables, placement, bills)
    _accesses(tables, placement, bills)
    _tasks(facts, tables, placement, bills)
    _imports(edges, placement, shared, bills)
    _routes(facts, placement, bills)
    return {name: tuple(sorted(items, key=_rank)) for name, items in bills.items()}


def cost(items: Iterable[BillItem]) -> float:
    """The cost of a bill: for each item COST[kind] * (1 + log2(lines) / 4): the second line of a thing is cheaper than
    the first, because the remedy is the same."""
    return round(sum(COST[item.kind] * (1 + log2(max(1, len(item.locations))) / 4) for item in items), 2)


def _rank(item: BillItem) -> tuple[float, str, str, str, tuple[Location, ...]]:
    return (-COST[item.kind], item.kind, item.other, item.summary, item.locations)


def _add(
    bills: Bills,
    name: str,
    kind: BillKind,
    summary: str,
    other: str,
    locations: Iterable[Location],
    direction: Direction = "both",
    command: str = "",
) -> None:
    places = tuple(sorted(set(locations)))
    bills[name].append(BillItem(kind, summary, other, places, REMEDIES[kind], command, direction))


def _edges(edges: Iterable[Edge], tables: Tables, placement: Placement, bills: Bills) -> None:
    """Declared relations, joins and signals that cross."""
    kinds: Mapping[str, tuple[BillKind, str]] = {
        "fk": ("fk", "foreign key {0} -> {1}"),
        "m2m": ("fk", "many-to-many {0} <-> {1}"),
        "gfk": ("fk", "generic relation {0} -> {1}"),
        "cascade": ("cascade", "foreign key {0} -> {1} deletes in cascade"),
        "join": ("join", "join {0} with {1}"),
        "signal": ("signal", "saving {0} makes a receiver write {1}"),
    }
    for edge in edges:
        if edge.kind not in kinds or edge.level == "module":
            continue
        one = placement.table.get(table_of(edge.source, tables), "")
        other = placement.table.get(table_of(edge.target, tables), "")
        if one and other and one != other:
            kind, text = kinds[edge.kind]
            summary = text.format(edge.source, edge.target)
            directed = kind != "join"
            _add(bills, one, kind, summary, other, edge.sites, "out" if directed else "both")
            _add(bills, other, kind, summary, one, edge.sites, "in" if directed else "both")


def _transactions(facts: Facts, tables: Tables, placement: Placement, bills: Bills) -> None:
    """One item for each atomic block that writes several boundaries, on the bill of each."""
    for block in distributed(facts, tables, placement):
        for name in block.boundaries:
            others = [other for other in block.boundaries if other != name]
            what = _some({other: block.written[other] for other in [name, *others]})
            function = block.function or "an atomic block"
            direction: Direction = "out" if placement.module.get(block.module) == name else "in"
            _add(
                bills,
                name,
                "transaction",
                f"{function} writes {what}",
                ", ".join(others),
                [block.location],
                direction,
            )


def _some(written: Mapping[str, Sequence[str]]) -> str:
    """The tables by boundary; of many, as many of each boundary as there is room for."""
    each = max(1, NAMED // len(written))
    total = sum(len(names) for names in written.values())
    if total <= NAMED:
        each = NAMED
    shown = {name: names[:each] for name, names in list(written.items())[:NAMED]}
    rest = total - sum(len(names) for names in shown.values())
    listed = "; ".join(f"{name}: {', '.join(names)}" for name, names in shown.items())
    return f"{listed} and {rest} more" if rest else listed


def _accesses(tables: Tables, placement: Placement, bills: Bills) -> None:
    """Reads and writes of one boundary's tables by another's code, one item for each table and boundary."""
    sites: dict[tuple[str, str, str, str], list[Location]] = defaultdict(list)
    for access in placement.accesses:
        owner, user = placement.table[access.table], placement.home(access)
        if user and owner != user and access.kind != "join" and access.table not in tables.library:
            sites[owner, user, access.mode, access.table].append(access.location)
    for (owner, user, mode, table), places in sorted(sites.items()):
        kind: BillKind = "shared_write" if mode == "write" else "read"
        verb = "writes" if mode == "write" else "reads"
        _add(bills, owner, kind, f"{user} {verb} {table}", user, places, "in")
        _add(bills, user, kind, f"{verb} {table} of {owner}", owner, places, "out")


def _tasks(facts: Facts, tables: Tables, placement: Placement, bills: Bills) -> None:
    for entry in facts.entry_points:
        home = placement.task.get(entry.name, "")
        if entry.kind not in ("task", "command") or not home:
            continue
        touched = {*entry.tables_read, *entry.tables_written} - tables.library
        others = sorted({placement.table[t] for t in touched if t in placement.table} - {home})
        if others:
            summary = f"{entry.kind} {entry.name} touches {', '.join(others)}"
            _add(bills, home, "task", summary, ", ".join(others), [entry.location], "out")


def _imports(edges: Iterable[Edge], placement: Placement, shared: frozenset[str], bills: Bills) -> None:
    sites: dict[tuple[str, str], list[Location]] = defaultdict(list)
    for edge in edges:
        if edge.kind == "import":
            one, other = placement.module.get(edge.source, ""), placement.module.get(edge.target, "")
            if one and other and one != other and other not in shared:
                sites[one, other] += edge.sites
    for (one, other), places in sorted(sites.items()):
        _add(bills, one, "import", f"imports from {other}", other, places, "out")


def _routes(facts: Facts, placement: Placement, bills: Bills) -> None:
    by_boundary: dict[str, list[Location]] = defaultdict(list)
    for position, name in sorted(placement.route.items()):
        by_boundary[name].append(facts.routes[position].location)
    for name, places in by_boundary.items():
        command = f"strangler routes import analysis.json --boundary {name} --service http://127.0.0.1:9001"
        _add(
            bills,
            name,
            "route",
            f"{len(places)} URL patterns move" if len(places) > 1 else "1 URL pattern moves",
            "",
            places,
            command=command,
        )
