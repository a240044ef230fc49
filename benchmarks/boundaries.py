"""Our boundaries against the usual ways to draw them. Run: ``python -m benchmarks.boundaries FOLDER|analysis.json ...``

For each project, at an equal number of boundaries (plus or minus one) where a way can be told one, the table gives:

- transactions that write more than one boundary (fewer is better),
- cascading foreign keys and joins that cross (fewer is better),
- table purity: 1 - H(boundary | access) / ln K, the mean over tables weighted by accesses (more is better),
- boundaries, and the share of the tables in the largest.

A partition competes if its number of boundaries is ours, plus or minus one, and none holds over half of the tables: one
that leaves nearly everything together cuts nearly nothing. Two ways tend to that; each has a second row, in which it is
held to the same limit (and label propagation to no fewer labels than wanted). The last line of each table says whether
ours is the best of those that compete.

The ways: each Django app a service; Louvain and Leiden (``pip install graspologic-native``) on imports alone; Louvain
on foreign keys alone; label propagation from the apps over calls, data and transactions (after CARGO: Nitin, Asthana,
Ray, Krishna, ASE 2022); average linkage on access, read, write and sequence similarity of tables over entry points
(after Santos and Rito Silva, "A complexity metric for microservices architecture migration", ICSA 2020). Every way gets
the same facts, the same tables (libraries' left out) and the same placement of code.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

import networkx as nx

from analyzer.boundaries.metrics import distributed_over, purity
from analyzer.boundaries.place import place_code
from analyzer.coupling import Tables, index_tables
from analyzer.model import schema
from analyzer.model.pins import FRAMEWORK
from analyzer.model.plan import Analysis
from analyzer.pipeline import analyze

Partition = Mapping[str, str]
"""Table -> boundary."""


@dataclass(frozen=True, slots=True)
class Score:
    """The figures of one partition."""

    name: str
    boundaries: int
    largest: float
    distributed: int
    cascades: int
    joins: int
    purity: float

    def competes(self, ours: Score) -> bool:
        return abs(self.boundaries - ours.boundaries) <= 1 and self.largest <= 0.5


@dataclass(frozen=True, slots=True)
class Ground:
    """What every way starts from."""

    analysis: Analysis
    tables: Tables
    own: tuple[str, ...]

    def table_of(self, name: str) -> str:
        return self.tables.by_label.get(name, name)


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__)
        return 2
    for argument in arguments:
        path = Path(argument)
        analysis = schema.read(path.read_bytes(), argument) if path.is_file() else analyze(path)
        compare(path.name.removesuffix(".json"), analysis)
    return 0


def compare(name: str, analysis: Analysis) -> None:
    """Print one project's table."""
    ground = ground_of(analysis)
    own = ground.own
    ours = {t: b.name for b in analysis.boundaries if b.name != FRAMEWORK for t in b.tables}
    wanted = len(set(ours.values()))
    rows = [score("strangler", ours, ground)]
    for title, way in WAYS.items():
        try:
            rows.append(score(title, way(ground, wanted), ground))
        except ModuleNotFoundError as missing:
            print(f"{title}: left out, {missing.name} is not installed", file=sys.stderr)
    print(f"\n### {name}: {len(own)} tables, {len(analysis.facts.transactions)} transactions\n")
    heads = ("", "boundaries", "largest", "distributed writes", "cascades", "joins", "purity", "competes")
    print("| " + " | ".join(heads) + " |\n|" + "---|" * len(heads))
    for row in rows:
        competes = "" if row is rows[0] else "yes" if row.competes(rows[0]) else "no"
        print(
            f"| {row.name} | {row.boundaries} | {row.largest:.0%} | {row.distributed} | {row.cascades} | {row.joins} | "
            f"{row.purity:.3f} | {competes} |"
        )
    print("\n" + verdict(rows[0], [row for row in rows[1:] if row.competes(rows[0])]))


def verdict(ours: Score, others: Sequence[Score]) -> str:
    """Ours against the best of the others, each figure by itself."""
    if not others:
        return "Nothing competes."
    fewest = min(row.distributed for row in others)
    writes = "fewer" if ours.distributed < fewest else "as many" if ours.distributed == fewest else "more"
    better = [
        title
        for title, wins in (
            ("cascades", ours.cascades < min(row.cascades for row in others)),
            ("joins", ours.joins < min(row.joins for row in others)),
            ("purity", round(ours.purity, 3) > round(max(row.purity for row in others), 3)),
        )
        if wins
    ]
    return (
        f"Against the best of {len(others)} competing: {writes} distributed writes ({ours.distributed} to {fewest}), "
        f"better on {', '.join(better) or 'nothing else'}."
    )


def ground_of(analysis: Analysis) -> Ground:
    """What every way starts from; libraries' tables are left out."""
    tables = index_tables(analysis.facts)
    return Ground(analysis, tables, tuple(table for table in tables.names() if table not in tables.library))


def score(name: str, partition: Partition, ground: Ground) -> Score:
    facts, tables = ground.analysis.facts, ground.tables
    of = {**partition, **dict.fromkeys(tables.library, FRAMEWORK)}
    placement = place_code(facts, tables, of)
    spans = [span for span in facts.transactions if span.module not in placement.support]
    users: dict[str, Counter[str]] = defaultdict(Counter)
    for access in placement.accesses:
        if access.table in partition and placement.home(access):
            users[access.table][placement.home(access)] += 1
    total = sum(sum(counts.values()) for counts in users.values()) or 1
    sizes = Counter(partition.values())
    pure = sum(purity(counts, len(sizes)) * sum(counts.values()) for counts in users.values()) / total
    crossing: Counter[str] = Counter()
    for edge in ground.analysis.edges:
        one, other = ground.table_of(edge.source), ground.table_of(edge.target)
        if edge.level != "module" and one in partition and other in partition and of[one] != of[other]:
            crossing[edge.kind] += 1
    return Score(
        name,
        len(sizes),
        max(sizes.values()) / len(partition),
        sum(bool(distributed_over(span, tables, placement)) for span in spans),
        crossing["cascade"],
        crossing["join"],
        pure,
    )


def by_app(ground: Ground, wanted: int) -> Partition:
    """Each Django app is a service."""
    return {table: ground.tables.app[table] for table in ground.own}


def louvain_on_imports(ground: Ground, wanted: int) -> Partition:
    graph = _imports(ground)
    return _modules_to_tables(
        ground, _at(wanted, lambda r: nx.community.louvain_communities(graph, resolution=r, seed=0))
    )


def leiden_on_imports(ground: Ground, wanted: int) -> Partition:
    import graspologic_native  # type: ignore[import-not-found]

    edges = [(one, other, float(data["weight"])) for one, other, data in _imports(ground).edges(data=True)]

    def run(resolution: float) -> list[set[str]]:
        _, found = graspologic_native.leiden(edges=edges, resolution=resolution, seed=0)
        return _groups(found)

    return _modules_to_tables(ground, _at(wanted, run))


def louvain_on_foreign_keys(ground: Ground, wanted: int) -> Partition:
    graph = nx.Graph()
    graph.add_nodes_from(ground.own)
    for edge in ground.analysis.edges:
        one, other = ground.table_of(edge.source), ground.table_of(edge.target)
        if edge.kind in ("fk", "cascade", "m2m", "mti") and {one, other} <= set(ground.own) and one != other:
            graph.add_edge(one, other)
    groups = _at(wanted, lambda r: nx.community.louvain_communities(graph, resolution=r, seed=0))
    return {table: str(i) for i, group in enumerate(groups) for table in group}


def label_propagation(ground: Ground, wanted: int, most: int | None = None) -> Partition:
    """From the apps: each table takes the label that weighs most among its neighbours, until none changes. With
    ``most``: no label grows over so many tables, and the last table of one of the wanted labels keeps it."""
    weights: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for edge in ground.analysis.edges:
        one, other = ground.table_of(edge.source), ground.table_of(edge.target)
        if (
            edge.level != "module"
            and one in ground.tables.app
            and other in ground.tables.app
            and one != other
        ):
            weights[one][other] += edge.weight
            weights[other][one] += edge.weight
    label = {table: ground.tables.app[table] for table in ground.own}
    size = Counter(label.values())
    for _ in range(100):
        changed = False
        for table in ground.own:
            votes: dict[str, float] = defaultdict(float)
            votes[label[table]] += 1e-9
            for other, weight in weights[table].items():
                if other in label and (
                    most is None or label[other] == label[table] or size[label[other]] < most
                ):
                    votes[label[other]] += weight
            best = min(votes, key=lambda name: (-votes[name], name))
            held = most is not None and size[label[table]] == 1 and len(+size) <= wanted
            if best != label[table] and not held:
                changed = True
                size[label[table]] -= 1
                size[best] += 1
                label[table] = best
        if not changed:
            break
    return label


def access_sequences(ground: Ground, wanted: int, most: int | None = None) -> Partition:
    """Average linkage on the mean of four similarities, cut at the wanted number; ``most``: tables in a cluster."""
    facts = ground.analysis.facts
    own = set(ground.own)
    users: dict[str, dict[str, set[int]]] = {kind: defaultdict(set) for kind in ("access", "read", "write")}
    touched = [(r.tables_read, r.tables_written) for r in facts.routes if not r.library]
    touched += [(e.tables_read, e.tables_written) for e in facts.entry_points]
    for number, (read, written) in enumerate(touched):
        for kind, names in (("read", read), ("write", written), ("access", (*read, *written))):
            for table in names:
                users[kind][table].add(number)
    follows: Counter[tuple[str, str]] = Counter()
    functions: dict[tuple[str, str], list[tuple[int, str]]] = defaultdict(list)
    for access in facts.accesses:
        if access.table in own and access.kind != "cascade":
            functions[access.module, access.function].append((access.location.line, access.table))
    for seen in functions.values():
        for (_, one), (_, other) in pairwise(sorted(set(seen))):
            if one != other:
                follows[min(one, other), max(one, other)] += 1
    commonest = max(follows.values(), default=1)

    def likeness(one: str, other: str) -> float:
        parts = [follows[min(one, other), max(one, other)] / commonest]
        for kind in users.values():
            a, b = kind[one], kind[other]
            parts.append(len(a & b) / len(a) if a else 0.0)
        return sum(parts) / len(parts)

    near = {(a, b): (likeness(a, b) + likeness(b, a)) / 2 for a, b in combinations(sorted(own), 2)}
    clusters = {table: [table] for table in sorted(own)}
    sums = {**near, **{(b, a): value for (a, b), value in near.items()}}
    while len(clusters) > wanted:
        pairs = [
            (a, b)
            for a, b in combinations(sorted(clusters), 2)
            if most is None or len(clusters[a]) + len(clusters[b]) <= most
        ]
        if not pairs:
            break
        one, other = max(
            pairs,
            key=lambda pair: (sums[pair] / (len(clusters[pair[0]]) * len(clusters[pair[1]])), pair),
        )
        clusters[one] += clusters.pop(other)
        for third in clusters:
            if third != one:
                sums[one, third] = sums[third, one] = sums[one, third] + sums[other, third]
    return {table: name for name, members in clusters.items() for table in members}


def _imports(ground: Ground) -> nx.Graph:
    graph = nx.Graph()
    graph.add_nodes_from(sorted(set(ground.tables.module.values())))
    for edge in ground.analysis.edges:
        if edge.kind == "import":
            before = graph.get_edge_data(edge.source, edge.target, {"weight": 0})["weight"]
            graph.add_edge(edge.source, edge.target, weight=before + len(edge.sites))
    return graph


def _modules_to_tables(ground: Ground, groups: Iterable[Iterable[str]]) -> Partition:
    """A table goes with the module that defines it."""
    of = {module: str(i) for i, group in enumerate(groups) for module in group}
    return {table: of.get(ground.tables.module.get(table, ""), "none") for table in ground.own}


def _at(wanted: int, run: Callable[[float], Iterable[Iterable[str]]]) -> list[set[str]]:
    """The partition whose number of groups with more than one member is nearest to the wanted one."""
    best: list[set[str]] = []
    for step in range(-8, 17):
        found = [set(group) for group in run(1.25**step)]
        large = sum(len(group) > 1 for group in found)
        if not best or abs(large - wanted) < abs(sum(len(group) > 1 for group in best) - wanted):
            best = found
    return best


def _groups(found: Mapping[str, int]) -> list[set[str]]:
    groups: dict[int, set[str]] = defaultdict(set)
    for name, number in found.items():
        groups[number].add(name)
    return list(groups.values())


WAYS: Mapping[str, Callable[[Ground, int], Partition]] = {
    "each app": by_app,
    "Louvain, imports": louvain_on_imports,
    "Leiden, imports": leiden_on_imports,
    "Louvain, foreign keys": louvain_on_foreign_keys,
    "label propagation": label_propagation,
    "label propagation, none over half": lambda ground, wanted: label_propagation(
        ground, wanted, len(ground.own) // 2
    ),
    "access sequences": access_sequences,
    "access sequences, none over half": lambda ground, wanted: access_sequences(
        ground, wanted, len(ground.own) // 2
    ),
}

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
