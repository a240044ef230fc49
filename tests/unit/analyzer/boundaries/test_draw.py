import pytest
from fakes.code_base import CodeBase, shop, table_of

from analyzer.boundaries import draw
from analyzer.coupling import couple, index_tables
from analyzer.model.facts import Facts
from analyzer.model.plan import Boundary, Step


def drawn(code: CodeBase, seed: int = 0) -> tuple[dict[str, Boundary], tuple[Step, ...]]:
    facts = code.facts()
    tables = index_tables(facts)
    boundaries, order = draw(facts, tables, couple(facts, tables), seed)
    return {b.name: b for b in boundaries}, order


def crowd(apps: int, models: int) -> CodeBase:
    """Many apps, each a chain with transactions, neighbours tied by one foreign key."""
    code = CodeBase()
    for a in range(apps):
        for m in range(models):
            near = f"app{a}.M{m - 1}" if m else (f"app{a - 1}.M0" if a else "")
            code.model(f"app{a}.M{m}", fk=near)
        for m in range(0, models - 2, 2):
            code.transaction(f"app{a}.services.save{m}", *(f"app{a}.M{m + i}" for i in range(3)))
    return code


def test_an_empty_project_has_no_boundaries():
    facts = Facts("empty")
    assert draw(facts, index_tables(facts), ()) == ((), ())


def test_models_that_hang_together_are_not_split():
    code = CodeBase().model("a.A").model("a.B", cascade="a.A").model("a.C", cascade="a.B")
    code.transaction("a.services.save", "a.A", "a.B", "a.C")
    boundaries, order = drawn(code)
    assert [b.verdict for b in boundaries.values()] == ["keep in the monolith"]
    assert "do not split" in boundaries["a"].reasons[0]
    assert order == ()


def test_a_parent_and_its_child_are_never_parted():
    code = shop().model("support.Special", relations=())
    child = code.parts["models"].pop()
    relation = code._relation("mti", "orders.Order")
    code.model("support.Special", relations=(relation,))
    assert child.label == "support.Special"
    boundaries, _ = drawn(code)
    home = next(b for b in boundaries.values() if "support.Special" in b.models)
    assert "orders.Order" in home.models


def test_an_automatic_through_table_stays_with_its_model():
    boundaries, _ = drawn(shop().model("billing.Tag", m2m="orders.Order", cascade="billing.Invoice"))
    home = next(b for b in boundaries.values() if "billing.Tag" in b.models)
    assert {"billing_tag", "billing_tag_order"} <= set(home.tables)


def test_every_table_has_exactly_one_home():
    code = shop()
    boundaries, _ = drawn(code)
    homes = [table for b in boundaries.values() for table in b.tables]
    assert sorted(homes) == sorted({table_of(m.label) for m in code.parts["models"]})


def test_apps_that_hold_together_become_boundaries_of_their_name():
    boundaries, _ = drawn(shop())
    assert set(boundaries) == {"accounts", "billing", "orders", "support"}
    assert boundaries["billing"].models == ("billing.Invoice", "billing.Payment", "billing.Refund")


def test_what_everything_refers_to_is_reference_data():
    boundaries, order = drawn(shop())
    assert boundaries["accounts"].verdict == "shared reference data"
    assert boundaries["accounts"].hubs == ("accounts.User",)
    assert "accounts" not in {step.boundary for step in order}


def test_tables_of_libraries_are_reference_data_of_their_own():
    boundaries, _ = drawn(shop().model("support.Log", fk="contenttypes.ContentType support.Ticket"))
    framework = boundaries["framework"]
    assert framework.models == ("contenttypes.ContentType",)
    assert framework.verdict == "shared reference data"


def test_a_shared_transaction_blocks_both_sides_but_nobody_else():
    boundaries, order = drawn(shop())
    assert boundaries["support"].verdict == "extract now"
    assert boundaries["orders"].verdict == boundaries["billing"].verdict == "extract after"
    assert order[0].boundary == "support"
    later = boundaries[order[2].boundary]
    assert later.after == (order[1].boundary,)


def test_the_bill_names_the_transaction_with_its_line():
    boundaries, _ = drawn(shop())
    [item] = [i for i in boundaries["billing"].bill if i.kind == "transaction"]
    assert item.other == "orders"
    assert [place.file for place in item.locations] == ["orders/services.py"]
    assert "billing_invoice" in item.summary
    assert item.remedy


def test_items_of_one_kind_stand_together_in_the_bill():
    boundaries, _ = drawn(
        shop().model("billing.Extra", fk="orders.Order support.Ticket", cascade="billing.Invoice")
    )
    for boundary in boundaries.values():
        kinds = [item.kind for item in boundary.bill]
        assert len([k for i, k in enumerate(kinds) if i == 0 or kinds[i - 1] != k]) == len(set(kinds))


def test_routes_join_the_tables_that_they_touch_most():
    boundaries, _ = drawn(shop())
    owners = {b.name: b.routes for b in boundaries.values()}
    assert owners == {"billing": (0,), "orders": (1,), "support": (2,), "accounts": (3,)}


def test_the_next_command_of_a_boundary_is_the_import_of_its_routes():
    boundaries, _ = drawn(shop())
    [item] = [i for i in boundaries["support"].bill if i.kind == "route"]
    assert item.command.startswith("strangler routes import analysis.json --boundary support --service http")


def test_modules_without_tables_follow_their_app():
    code = shop()
    code.place("billing", "urls")
    boundaries, _ = drawn(code)
    assert "billing.urls" in boundaries["billing"].modules


def test_order_goes_by_value_and_risk_and_shows_both():
    _, order = drawn(shop())
    for step in order:
        assert 0 <= step.value <= 1
        assert 0 <= step.risk <= 1
        assert step.reasons[0].startswith("value: ")
        assert step.reasons[1].startswith("risk: ")


def test_confidence_is_published_for_each_model():
    boundaries, _ = drawn(shop())
    assert {label for label, _ in boundaries["orders"].model_confidence} == set(boundaries["orders"].models)
    assert boundaries["orders"].confidence > 0.9


def test_without_django_apps_hubs_are_still_recognised():
    code = CodeBase().model("core.User")
    for group in ("A", "B", "C", "D", "E"):
        code.model(f"core.{group}0", cascade="core.User")
        for i in range(1, 4):
            code.model(f"core.{group}{i}", cascade=f"core.{group}0")
        code.transaction(f"core.{group.lower()}.save", *(f"core.{group}{i}" for i in range(4)))
    boundaries, _ = drawn(code)
    assert len(boundaries) >= 5
    shared = [b for b in boundaries.values() if b.verdict == "shared reference data"]
    assert [b.hubs for b in shared] == [("core.User",)]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_other_seeds_draw_the_same_boundaries(seed):
    def split(s: int) -> set[tuple[str, ...]]:
        return {b.tables for b in drawn(shop(), s)[0].values()}

    assert split(seed) == split(0)


def test_a_large_project_is_split_into_a_readable_number_of_boundaries():
    boundaries, _ = drawn(crowd(40, 20))
    assert 10 <= len(boundaries) <= 40
    assert max(len(b.tables) for b in boundaries.values()) < 400
