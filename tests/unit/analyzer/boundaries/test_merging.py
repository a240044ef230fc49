from fakes.code_base import CodeBase

from analyzer.boundaries.graph import build_graph
from analyzer.boundaries.merging import Cuts, cuts_of, merge
from analyzer.coupling import couple, index_tables
from analyzer.model.facts import Facts

ONES = [1, 1, 1, 1]


def cuts(facts: Facts) -> tuple[Cuts, dict[str, int]]:
    tables = index_tables(facts)
    edges = couple(facts, tables)
    graph = build_graph(tables, edges, dict.fromkeys(tables.names(), ""))
    return cuts_of(graph, facts, tables, edges), graph.node_of()


def test_what_must_be_apart_is_not_put_together():
    found = merge([0, 1, 2, 3], Cuts({(0, 1): 9.0, (1, 2): 1.0}, {}), ONES, 2, 4, apart=[(0, 1)])
    assert found == (0, 1, 1, 3)


def test_nothing_grows_over_the_limit():
    dear = Cuts({(0, 1): 9.0, (1, 2): 9.0, (2, 3): 1.0}, {})
    assert merge([0, 1, 2, 3], dear, ONES, 1, 2) == (0, 0, 2, 2)


def test_what_nothing_ties_is_left_alone():
    assert merge([0, 1, 2, 3], Cuts({}, {}), ONES, 1, 4) == (0, 1, 2, 3)


def test_no_more_is_merged_than_wanted():
    assert merge([0, 0, 1, 1], Cuts({(1, 2): 9.0}, {}), ONES, 2, 4) == (0, 0, 1, 1)


def test_code_over_everything_costs_no_cut():
    code = CodeBase()
    names = [f"a.M{i}" for i in range(41)]
    for name in names:
        code.model(name)
    code.transaction("a.services.reset", *names)
    assert cuts(code.facts())[0] == Cuts({}, {})


def test_the_dearest_cut_for_their_size_is_spared_first():
    cores, sizes = [0, 1, 2, 3], [1, 1, 9, 9]
    tied = Cuts({(0, 1): 3.0, (2, 3): 20.0}, {})
    assert merge(cores, tied, sizes, 3, 20) == (0, 0, 2, 3)
    assert merge(cores, Cuts({(0, 1): 3.0, (2, 3): 28.0}, {}), sizes, 3, 20) == (0, 1, 2, 2)


def test_a_transaction_counts_more_the_fewer_it_still_spans():
    three = Cuts({}, {frozenset({0, 1, 2}): 10.0})
    assert three.saved() == {(0, 1): 5.0, (0, 2): 5.0, (1, 2): 5.0}
    assert three.seen_as([0, 0, 2]).saved() == {(0, 2): 10.0}
    assert three.seen_as([0, 0, 0]).saved() == {}


def test_costs_are_those_of_the_bill():
    code = CodeBase().model("a.A").model("b.B", cascade="a.A").model("c.C", fk="a.A")
    code.transaction("a.services.save", "a.A", "c.C")
    found, node = cuts(code.facts())
    a, b, c = (node[table] for table in ("a_a", "b_b", "c_c"))
    assert found.pairs == {(a, b): 6.0, (a, c): 3.0}
    assert found.blocks == {frozenset({a, c}): 10.0}
