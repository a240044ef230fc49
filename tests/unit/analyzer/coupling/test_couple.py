from dataclasses import replace

from fakes.code_base import CodeBase, shop

from analyzer.coupling import WEIGHTS, couple, index_tables
from analyzer.model.facts import Call, Facts, Module
from analyzer.model.plan import Edge


def edges(code: CodeBase, **settings) -> dict[tuple[str, str, str], Edge]:
    facts = code.facts(**settings)
    return {(e.kind, e.source, e.target): e for e in couple(facts, index_tables(facts))}


def test_a_table_is_not_coupled_with_itself():
    code = CodeBase().model("shop.Item", fk="shop.Item").join("shop.Item", "shop.Item")
    assert edges(code) == {}


def test_nothing_is_coupled_in_an_empty_project():
    facts = Facts("empty")
    assert couple(facts, index_tables(facts)) == ()


def test_imports_of_tests_and_migrations_do_not_couple():
    code = CodeBase().model("a.A").model("b.B").imports("a.tests", "b.models").imports("a.models", "b.models")
    modules = [
        Module(m.name, m.file, m.lines, m.app, is_test=m.name == "a.tests") for m in code.parts["modules"]
    ]
    code.parts["modules"] = modules
    assert set(edges(code)) == {("import", "a.models", "b.models")}


def test_cascades_of_the_delete_collector_are_left_to_the_foreign_keys():
    code = (
        CodeBase()
        .model("a.A")
        .model("b.B")
        .access("a.views.drop", "a.A", "b.B", mode="write", kind="cascade")
    )
    assert edges(code) == {}


def test_generic_code_over_many_tables_couples_none_of_them():
    code = CodeBase()
    labels = [f"a.M{i}" for i in range(41)]
    for label in labels:
        code.model(label)
    code.model("b.B").access("b.views.show", "b.B")
    code.transaction("a.services.wipe", *labels)
    code.access("a.services.copy", *labels).access("a.services.copy", *labels, mode="write", kind="lock")
    code.add("calls", Call("a.services.copy", "b.views.show", code.place("a", "services")))
    assert {edge.level for edge in edges(code).values()} == {"module"}


def test_a_foreign_key_that_cascades_is_dearer_than_one_that_protects():
    found = edges(CodeBase().model("a.A").model("b.B", fk="a.A").model("b.C", cascade="a.A"))
    assert found["cascade", "b.C", "a.A"].weight > found["fk", "b.B", "a.A"].weight
    assert found["fk", "b.B", "a.A"].level == "model"


def test_kinds_are_ordered_as_documented():
    order = ["cowrite", "lock", "cascade", "join", "fk", "read", "call", "import"]
    weights = [WEIGHTS[kind] for kind in order]
    assert weights == sorted(weights, reverse=True)
    assert len(set(weights)) == len(weights)


def test_weights_can_be_overridden_one_by_one():
    facts = CodeBase().model("a.A").model("b.B", fk="a.A").join("a.A", "b.B").facts()
    found = {e.kind: e.weight for e in couple(facts, index_tables(facts), {"fk": 100.0})}
    assert found == {"fk": 100.0, "join": WEIGHTS["join"]}


def test_a_transaction_spreads_its_weight_over_its_tables():
    code = (
        CodeBase().model("a.A").model("a.B").model("a.C").transaction("a.services.save", "a.A", "a.B", "a.C")
    )
    found = edges(code)
    assert found["cowrite", "a_a", "a_b"].weight == WEIGHTS["cowrite"] / 2


def test_sightings_add_up_and_keep_their_lines():
    code = CodeBase().model("a.A").model("b.B").join("a.A", "b.B").join("a.A", "b.B")
    edge = edges(code)["join", "a_a", "b_b"]
    assert edge.weight == 2 * WEIGHTS["join"]
    assert [site.line for site in edge.sites] == [3, 4]


def test_reading_one_table_and_writing_another_in_one_function_couples_them():
    code = CodeBase().model("a.A").model("b.B").access("a.views.f", "a.A").writes("a.views.f", "b.B")
    assert ("write", "a_a", "b_b") in edges(code)


def test_a_lock_couples_with_what_is_written_under_it():
    code = (
        CodeBase()
        .model("a.A")
        .model("b.B")
        .access("a.views.f", "a.A", kind="lock")
        .writes("a.views.f", "b.B")
    )
    assert ("lock", "a_a", "b_b") in edges(code)


def test_a_receiver_couples_its_sender_with_what_it_writes():
    code = CodeBase().model("a.A").model("b.B").receiver("b.signals.on_save", "a.A", "b.B")
    assert ("signal", "a_a", "b_b") in edges(code)


def test_a_call_couples_the_tables_on_both_ends():
    code = CodeBase().model("a.A").model("b.B").access("a.views.f", "a.A").access("b.api.g", "b.B")
    code.add("calls", Call("a.views.f", "b.api.g", code.place("a", "views")))
    found = edges(code)
    assert found["call", "a_a", "b_b"].level == "table"
    assert found["call", "a.views", "b.api"].level == "module"


def test_the_graph_does_not_depend_on_the_order_of_the_facts():
    facts = shop().facts()
    turned = Facts(
        facts.project,
        modules=facts.modules[::-1],
        models=facts.models[::-1],
        accesses=facts.accesses[::-1],
        joins=facts.joins[::-1],
        transactions=facts.transactions[::-1],
    )
    assert couple(turned, index_tables(turned)) == couple(facts, index_tables(facts))


def test_what_only_commands_import_does_not_couple_until_a_view_does():
    code = CodeBase().model("a.A").model("b.B").transaction("core.seeding.seed", "a.A", "b.B")
    code.imports("core.management.commands.seed", "core.seeding")
    command = Module("core.management.commands.seed", "core/management/commands/seed.py", 9, "core")
    code.parts["modules"] = [m for m in code.parts["modules"] if m.name != command.name]
    assert ("cowrite", "a_a", "b_b") not in edges(code.add("modules", command))
    assert ("cowrite", "a_a", "b_b") in edges(code.imports("a.views", "core.seeding"))


def test_a_view_that_only_a_test_imports_still_couples():
    code = CodeBase().model("a.A").model("b.B").transaction("a.views.save", "a.A", "b.B")
    code.route("a/", "a.views.save").imports("a.tests", "a.views")
    code.parts["modules"] = [replace(m, is_test=m.name == "a.tests") for m in code.parts["modules"]]
    assert ("cowrite", "a_a", "b_b") in edges(code)
