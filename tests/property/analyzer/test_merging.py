"""Merging by the bill, whatever the costs are."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from analyzer.boundaries.merging import Cuts, merge

NODES = 9
node = st.integers(0, NODES - 1)
cost = st.floats(0.5, 100.0)
pair = st.tuples(node, node).filter(lambda p: p[0] < p[1])
cuts = st.builds(
    Cuts,
    st.dictionaries(pair, cost, max_size=12),
    st.dictionaries(st.frozensets(node, min_size=2, max_size=5), cost, max_size=8),
)
cores = st.lists(st.integers(0, 5), min_size=NODES, max_size=NODES)
sizes = st.lists(st.integers(1, 4), min_size=NODES, max_size=NODES)


def total(costs: Cuts, place: tuple[int, ...]) -> float:
    seen = costs.seen_as(place)
    return sum(seen.pairs.values()) + sum(seen.blocks.values())


@given(cores, cuts, sizes, st.integers(1, 6), st.integers(1, 30), st.lists(pair, max_size=3))
def test_cores_stay_whole_within_the_limit_and_no_cut_gets_dearer(
    cores: list[int],
    costs: Cuts,
    sizes: list[int],
    wanted: int,
    most: int,
    apart: list[tuple[int, int]],
) -> None:
    place = merge(cores, costs, sizes, wanted, most, apart)
    assert len(set(zip(cores, place, strict=True))) == len(set(cores))
    assert len(set(place)) >= min(wanted, len(set(cores)))
    assert total(costs, place) <= total(costs, tuple(cores)) + 1e-6
    grown: Counter[int] = Counter()
    for where, size in zip(place, sizes, strict=True):
        grown[where] += size
    merged = {
        where for where in grown if len({c for c, p in zip(cores, place, strict=True) if p == where}) > 1
    }
    assert all(grown[where] <= most for where in merged)
    assert all(cores[a] == cores[b] or place[a] != place[b] for a, b in apart)
    assert merge(cores, costs, sizes, wanted, most, apart) == place
