from fakes.code_base import CodeBase

from analyzer.boundaries.hubs import find_hubs
from analyzer.coupling import index_tables


def hubs(code: CodeBase) -> frozenset[str]:
    facts = code.facts()
    tables = index_tables(facts)
    return find_hubs(facts, tables, tables.app)


def star(apps: int, *, back: int = 0) -> CodeBase:
    """``core.Thing``, referred to from ``apps`` apps of five, and referring to ``back`` of them."""
    code = CodeBase().model("core.Thing", fk=" ".join(f"app{i}.M" for i in range(back)))
    for i in range(5):
        code.model(f"app{i}.M", fk="core.Thing" if i < apps else "")
    return code


def test_what_few_refer_to_is_no_hub():
    assert hubs(star(3)) == frozenset()


def test_what_refers_to_as_much_as_refers_to_it_is_no_hub():
    assert hubs(star(5, back=3)) == frozenset()


def test_generic_relations_do_not_make_a_hub():
    code = CodeBase().model("audit.Entry")
    for i in range(5):
        relation = code._relation("grel", "audit.Entry")
        code.model(f"app{i}.M", relations=(relation,))
    assert hubs(code) == frozenset()


def test_references_inside_an_app_do_not_count():
    code = CodeBase().model("core.Thing")
    for i in range(9):
        code.model(f"core.M{i}", fk="core.Thing")
    assert hubs(code) == frozenset()


def test_what_most_apps_refer_to_is_a_hub():
    assert hubs(star(4)) == {"core_thing"}
    assert hubs(star(5, back=2)) == {"core_thing"}
