from dataclasses import replace

from fakes.code_base import CodeBase

from analyzer.boundaries.graph import HOME, TableGraph, build_graph
from analyzer.coupling import couple, index_tables


def graph_of(code: CodeBase) -> tuple[TableGraph, dict[str, int]]:
    facts = code.facts()
    tables = index_tables(facts)
    weightless = dict.fromkeys(("fk", "cascade", "cowrite"), 0.0)
    graph = build_graph(tables, couple(facts, tables, weightless), dict(tables.app))
    return graph, graph.node_of()


def test_couplings_without_weight_are_none():
    code = CodeBase().model("a.A").model("b.B", fk="a.A")
    assert graph_of(code)[0].adjacency == [{}, {}]


def test_a_home_that_everybody_shares_says_nothing():
    code = CodeBase()
    for i in range(5):
        code.model(f"a.M{i}")
    assert graph_of(code)[0].adjacency == [{}] * 5


def test_a_home_of_very_many_says_nothing_about_two_of_them():
    code = CodeBase().model("b.B")
    for i in range(41):
        code.model(f"a.M{i}")
    assert not any(graph_of(code)[0].adjacency)


def test_an_apps_tables_are_drawn_to_one_another():
    code = CodeBase().model("a.A").model("a.B").model("a.C").model("b.B")
    graph, node = graph_of(code)
    assert graph.adjacency[node["a_a"]] == {node["a_b"]: HOME / 2, node["a_c"]: HOME / 2}
    assert graph.adjacency[node["b_b"]] == {}


def test_the_nearest_package_with_other_tables_is_home():
    code = CodeBase().model("a.Lone").model("b.B").model("b.C")
    for name in ("One", "Two"):
        code.model(f"a.{name}")
        code.add("models", replace(code.parts["models"].pop(), module="a.models.pair"))
    graph, node = graph_of(code)
    assert graph.adjacency[node["a_one"]][node["a_two"]] == HOME
    assert graph.adjacency[node["a_lone"]] == {node["a_one"]: HOME / 4, node["a_two"]: HOME / 4}
