from re import escape

import pytest
from fakes.code_base import CodeBase, shop

from analyzer.boundaries import draw
from analyzer.coupling import couple, index_tables
from analyzer.errors import BadPins
from analyzer.model.pins import Pins, read_pins
from analyzer.model.plan import Boundary


def drawn(code: CodeBase, pins: Pins) -> dict[str, Boundary]:
    facts = code.facts()
    tables = index_tables(facts)
    boundaries, _ = draw(facts, tables, couple(facts, tables), 0, pins)
    return {b.name: b for b in boundaries}


def pinned(**boundaries: str) -> Pins:
    return Pins({name: tuple(models.split()) for name, models in boundaries.items()})


@pytest.mark.parametrize(
    ("section", "told"),
    [
        ({"boundaries": []}, "not a table"),
        ({"boundaries": {"billing": "x"}}, "boundaries.billing: this is not a table"),
        ({"boundaries": {"billing": {"model": []}}}, "unknown key 'model'"),
        ({"boundaries": {"billing": {"models": "a.B"}}}, "not a list of strings"),
        ({"boundaries": {"billing": {"models": [1]}}}, "not a list of strings"),
        ({"boundaries": {"billing": {"shared": "yes"}}}, "neither true nor false"),
        ({"boundaries": {"a b": {}}}, "no boundary can have this name"),
        ({"boundaries": {"framework": {}}}, "no boundary can have this name"),
    ],
)
def test_sections_that_mean_nothing_are_told(section, told):
    with pytest.raises(BadPins) as error:
        read_pins(section, "strangler.toml")
    assert told in str(error.value)
    assert str(error.value).startswith("strangler.toml")


@pytest.mark.parametrize(
    ("pins", "told"),
    [
        (pinned(billing="billing.Invoise"), "Did you mean billing.Invoice?"),
        (pinned(one="billing.Invoice", two="billing.*"), "pinned to one as well"),
        (pinned(one="billing.Nothing*"), "there is no model"),
    ],
)
def test_pins_that_cannot_be_held_are_told(pins, told):
    with pytest.raises(BadPins, match=escape(told)):
        drawn(shop(), pins)


def test_a_library_s_model_is_not_pinned():
    code = shop().model("auth.Group", library=True).model("orders.Rule", fk="auth.Group")
    with pytest.raises(BadPins, match="is a library's"):
        drawn(code, pinned(orders="auth.Group"))


def test_what_cannot_be_parted_is_not_pinned_apart():
    code = shop().model("billing.Tag", m2m="orders.Order")
    with pytest.raises(BadPins, match="cannot be parted"):
        drawn(code, pinned(billing="billing.Tag", orders="billing_tag_order"))


def test_without_pins_the_draft_stands():
    assert drawn(shop(), Pins()) == drawn(shop(), read_pins({}, "x"))


def test_a_pinned_model_moves_and_the_bill_with_it():
    before, after = drawn(shop(), Pins()), drawn(shop(), pinned(orders="billing.Invoice"))
    assert "billing.Invoice" in before["billing"].models
    assert "billing.Invoice" in after["orders"].models
    assert "billing.Payment" in after["billing"].models
    spans = [item.summary for item in after["orders"].bill if item.kind == "transaction"]
    assert any("place" in summary for summary in (i.summary for i in before["orders"].bill))
    assert not any("place" in summary for summary in spans)


def test_a_pinned_model_is_sure():
    after = drawn(shop(), pinned(orders="billing.Invoice"))
    assert dict(after["orders"].model_confidence)["billing.Invoice"] == 1.0


def test_the_rest_of_a_cluster_follows_when_most_of_it_is_pinned():
    after = drawn(shop(), pinned(payments="billing.Invoice billing.Payment"))
    assert "billing" not in after
    assert set(after["payments"].models) == {"billing.Invoice", "billing.Payment", "billing.Refund"}


def test_patterns_and_tables_name_models():
    after = drawn(shop(), pinned(money="billing.*", help="support_ticket support_message"))
    assert set(after["money"].models) == {"billing.Invoice", "billing.Payment", "billing.Refund"}
    assert {"support.Ticket", "support.Message"} <= set(after["help"].models)


def test_an_automatic_many_to_many_table_moves_with_its_model():
    code = shop().model("billing.Tag", m2m="orders.Order", cascade="billing.Invoice")
    after = drawn(code, pinned(tags="billing.Tag"))
    assert after["tags"].tables == ("billing_tag", "billing_tag_order")


def test_a_boundary_can_be_declared_shared_and_not_shared():
    pins = Pins(
        {"billing": ("billing.*",), "accounts": ("accounts.*",)}, {"billing": True, "accounts": False}
    )
    after = drawn(shop(), pins)
    assert after["billing"].verdict == "shared reference data"
    assert "team" in after["billing"].reasons[0]
    assert after["accounts"].verdict != "shared reference data"


def test_pinning_the_whole_draft_changes_nothing_but_confidence():
    before = drawn(shop(), Pins())
    pins = Pins({name: b.models for name, b in before.items()})
    after = drawn(shop(), pins)
    assert {n: (b.models, b.bill, b.metrics) for n, b in before.items()} == {
        n: (b.models, b.bill, b.metrics) for n, b in after.items()
    }


@pytest.mark.parametrize("groups", ["a.B", ["a.B", "a.C"], [["a.B"]], [["a.B", 1]]])
def test_wishes_that_mean_nothing_are_told(groups):
    with pytest.raises(BadPins, match=r"x: analysis\.apart: this is not a list of groups"):
        read_pins({"analysis": {"apart": groups}}, "x")


def home(boundaries: dict[str, Boundary], label: str) -> str:
    return next(name for name, b in boundaries.items() if label in b.models)


def test_what_must_be_together_is():
    assert home(drawn(shop(), Pins()), "support.Ticket") != home(drawn(shop(), Pins()), "orders.Order")
    after = drawn(shop(), Pins(together=(("support.Ticket", "orders.Order"),)))
    assert home(after, "support.Ticket") == home(after, "orders.Order")


def test_what_must_be_apart_is_however_close():
    after = drawn(shop(), Pins(apart=(("billing.Invoice", "billing.Payment"),)))
    assert home(after, "billing.Invoice") != home(after, "billing.Payment")


def test_what_cannot_be_parted_is_not_wished_apart():
    code = shop().model("billing.Tag", m2m="orders.Order")
    with pytest.raises(BadPins, match="cannot be parted"):
        drawn(code, Pins(apart=(("billing.Tag", "billing_tag_order"),)))


def test_a_wish_for_what_is_not_there_is_told():
    with pytest.raises(BadPins, match=r"there is no model 'billing\.Nothing'"):
        drawn(shop(), Pins(together=(("billing.Nothing", "orders.Order"),)))
