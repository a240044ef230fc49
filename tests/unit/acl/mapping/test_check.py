"""The coverage table: every column and every field, and what its operation preserves."""

from __future__ import annotations

from fakes.acl_orders import Order, order, shop_line, shop_order

from acl.mapping import Covered, check

report = check(order)


def legacy(name: str) -> Covered:
    return next(one for one in report.legacy if one.name == name)


def contract(name: str) -> Covered:
    return next(one for one in report.contract if one.name == name)


def test_nothing_is_left_out_on_either_side() -> None:
    columns = [column.name for column in shop_order.columns]
    assert [one.name for one in report.legacy] == columns + [
        f"lines[].{one.name}" for one in shop_line.columns
    ]
    for field in Order.__struct_fields__:
        assert any(one.name == field or one.name.startswith(f"{field}.") for one in report.contract)


def test_what_is_not_preserved_is_graded_and_explained() -> None:
    assert (legacy("kind").grade, legacy("kind").note) == (
        "lossy",
        "2, 3 cannot be told apart on the way back",
    )
    assert (legacy("note").grade, legacy("note").note) == ("lossy", "'' in column note comes back as null")
    assert (contract("coupon").grade, contract("coupon").note) == (
        "lossy",
        "'none' in coupon comes back as null",
    )
    assert legacy("placed").grade == "lossy"
    assert legacy("lines[].label").grade == "partial"
    assert contract("lines").grade == "partial"
    assert contract("label").grade == "forward only"
    assert contract("version").grade == "contract only"
    assert legacy("exported").grade == "legacy only"


def test_a_shared_column_is_partial_and_names_all_who_write_it() -> None:
    currency = legacy("currency")
    assert (currency.grade, currency.partner) == ("partial", ("net", "total", "refund"))


def test_what_is_preserved_is_isomorphic_and_names_its_partner() -> None:
    assert (legacy("zip").grade, legacy("zip").partner) == ("isomorphic", ("address.postcode",))
    assert (contract("net.amount").grade, contract("net.amount").partner) == (
        "isomorphic",
        ("net_cents", "currency"),
    )
    assert legacy("lines[].product_id").partner == ("lines[].product",)


def test_each_line_knows_where_it_was_declared() -> None:
    assert {one.where.file.rpartition("/")[2] for one in (*report.legacy, *report.contract)} == {
        "acl_orders.py"
    }


def test_grades_are_counted() -> None:
    assert sum(report.grades.values()) == len(report.legacy) + len(report.contract)
    assert report.grades["forward only"] == 1
