"""Tables -> groups that belong together, with the confidence of each placement."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from math import isqrt

from analyzer.boundaries.consensus import NEARLY_ALL, Consensus, Vote, agree, average_linkage, vote
from analyzer.boundaries.graph import TableGraph, build_graph, damped, must_link, table_of
from analyzer.boundaries.hubs import find_hubs
from analyzer.boundaries.merging import Cuts, cuts_of, merge
from analyzer.coupling import Tables
from analyzer.errors import BadPins
from analyzer.model.facts import Facts
from analyzer.model.plan import Edge

FEWEST_PARTS = 4
"""Below this many Django apps with models, or where one app has more than half of the tables, a first clustering stands
in for the apps when hubs are sought."""
FEW = 10
"""There are never more clusters than this, or sqrt(2 n) of n tables: more is not an answer."""


@dataclass(frozen=True, slots=True)
class Group:
    """Tables that belong together. ``shared``: reference data, not a service; ``library``: not the project's own."""

    tables: tuple[str, ...]
    confidence: Mapping[str, float]
    shared: bool = False
    library: bool = False
    hubs: frozenset[str] = frozenset()


def partition_tables(
    facts: Facts,
    tables: Tables,
    edges: tuple[Edge, ...],
    seed: int,
    together: Iterable[tuple[str, str]] = (),
    apart: Iterable[tuple[str, str]] = (),
    vote: Vote = vote,
) -> tuple[Group, ...]:
    """Every known table in exactly one group: clusters, then groups of shared reference data, then the libraries'.

    Pairs of tables in ``together`` end up in one group; pairs in ``apart`` in no common one.
    """
    own = [table for table in tables.names() if table not in tables.library]
    linked = [*must_link(tables, edges), *together]
    parts = _parts(own, tables, edges, linked, seed, vote)
    hubs = find_hubs(facts, tables, parts)
    kept = [edge for edge in edges if not _is_reference(edge, tables, hubs, parts)]
    graph = build_graph(tables, kept, parts, linked)
    adjacency = damped(graph.adjacency)
    foes = _nodes_apart(graph, apart)
    consensus = agree(adjacency, seed, apart=foes, vote=vote)
    community = _settle(graph, consensus, cuts_of(graph, facts, tables, edges), foes)
    groups = _split_hubs(graph, replace(consensus, community=community), hubs, tables)
    if tables.library:
        names = tuple(sorted(tables.library))
        groups += (Group(names, dict.fromkeys(names, 1.0), shared=True, library=True),)
    return groups


def _settle(
    graph: TableGraph, consensus: Consensus, cuts: Cuts, apart: Collection[tuple[int, int]]
) -> tuple[int, ...]:
    """As many clusters as most of the runs see, out of cores that nearly all of them see. None is made larger than half
    of the tables or than the largest that most of the runs see."""
    cores = average_linkage(len(graph.members), consensus.together, NEARLY_ALL, apart)
    sizes = [len(members) for members in graph.members]
    seen: Counter[int] = Counter()
    for node, cluster in enumerate(consensus.community):
        seen[cluster] += sizes[node]
    wanted = min(len(seen), max(FEW, isqrt(2 * len(sizes))))
    return merge(cores, cuts, sizes, wanted, max([sum(sizes) // 2, *seen.values()]), apart)


def _parts(
    own: list[str],
    tables: Tables,
    edges: tuple[Edge, ...],
    linked: list[tuple[str, str]],
    seed: int,
    vote: Vote,
) -> dict[str, str]:
    apps = {table: tables.app[table] for table in own}
    largest = max(Counter(apps.values()).values(), default=0)
    if len(set(apps.values())) >= FEWEST_PARTS and 2 * largest <= len(own):
        return apps
    graph = build_graph(tables, edges, dict.fromkeys(own, ""), linked)
    community = agree(damped(graph.adjacency), seed, vote=vote).community
    return {table: str(community[i]) for i, group in enumerate(graph.members) for table in group}


def _is_reference(edge: Edge, tables: Tables, hubs: frozenset[str], parts: Mapping[str, str]) -> bool:
    """Whether an edge only says that something outside refers to a hub."""
    one, other = table_of(edge.source, tables), table_of(edge.target, tables)
    return (one in hubs or other in hubs) and parts.get(one) != parts.get(other)


def _nodes_apart(graph: TableGraph, apart: Iterable[tuple[str, str]]) -> frozenset[tuple[int, int]]:
    """Pairs of nodes that must not be put together; raises BadPins for one that cannot be parted."""
    node_of = graph.node_of()
    pairs = set()
    for one, other in apart:
        if one in node_of and other in node_of:
            if node_of[one] == node_of[other]:
                remedy = "They inherit, are a model and its many-to-many table, or must be together."
                raise BadPins(f"{one} and {other} cannot be parted", where="analysis.apart", remedy=remedy)
            pairs.add((node_of[one], node_of[other]))
    return frozenset(pairs)


def _split_hubs(
    graph: TableGraph, consensus: Consensus, hubs: frozenset[str], tables: Tables
) -> tuple[Group, ...]:
    """A hub keeps the tables around it where hubs are a third of them; else it stands with its app's other hubs."""
    clusters: dict[int, list[int]] = defaultdict(list)
    for node, cluster in enumerate(consensus.community):
        clusters[cluster].append(node)
    is_hub = [any(table in hubs for table in members) for members in graph.members]
    plain, shared = [], []
    alone: dict[str, list[int]] = defaultdict(list)
    for cluster in sorted(clusters):
        nodes = clusters[cluster]
        found = [node for node in nodes if is_hub[node]]
        if 3 * len(found) >= len(nodes):
            shared.append(_group(graph, consensus, nodes, hubs))
            continue
        for node in found:
            alone[tables.app[graph.members[node][0]]].append(node)
        plain.append(_group(graph, consensus, [node for node in nodes if not is_hub[node]]))
    shared += [_group(graph, consensus, alone[app], hubs) for app in sorted(alone)]
    return (*plain, *shared)


def _group(
    graph: TableGraph, consensus: Consensus, nodes: list[int], hubs: frozenset[str] = frozenset()
) -> Group:
    tables = tuple(sorted(table for node in nodes for table in graph.members[node]))
    confidence = {
        table: round(consensus.confidence(node), 3) for node in nodes for table in graph.members[node]
    }
    return Group(tables, confidence, shared=bool(hubs), hubs=hubs & set(tables))
