"""What is refused is explained: where, by what, which value, and why."""

from __future__ import annotations

from typing import Any

import pytest
from fakes.acl_orders import a_document, a_row, legacy_keys, new_ids, order

from acl.mapping import Flaw, explain, interpret
from acl.mapping.interpret import put


def flaws_of_row(row: Any) -> tuple[Flaw, ...]:
    (answer,) = explain(order, "to_contract", [row], new_ids)
    assert isinstance(answer, tuple)
    return answer


def flaws_of_document(document: Any) -> tuple[Flaw, ...]:
    (answer,) = explain(order, "to_legacy", [document], legacy_keys)
    assert isinstance(answer, tuple)
    return answer


def without(source: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in source.items() if key != name}


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("status", "X", "no partner; known are 'O', 'P', 'V'"),
        ("status", ["O"], "no partner; known are 'O', 'P', 'V'"),
        ("customer_id", "seven", "no id is known in 'customers'"),
        ("net_cents", 12.5, "not a whole number of minor units"),
        ("net_cents", True, "not a whole number of minor units"),
        ("placed", "2024-07-01", "not a naive date and time"),
        ("seen", a_row()["placed"], "not an aware date and time"),
        ("due", a_row()["placed"], "not a date"),
        ("lines", "none", "not a list"),
    ],
)
def test_a_bad_value_of_a_row_is_explained(name: str, value: Any, reason: str) -> None:
    (flaw,) = flaws_of_row(a_row(**{name: value}))[:1]
    assert (flaw.path, flaw.value, flaw.reason) == (name, value, reason)


@pytest.mark.parametrize(
    ("name", "value", "path", "reason"),
    [
        ("state", "gone", "state", "no partner; known are 'open', 'paid', 'void'"),
        ("customer", "customers-x", "customer", "no id is known in 'customers'"),
        ("net", {"amount": "1.5", "currency": "EUR"}, "net.amount", "not an amount with 2 decimals"),
        ("net", {"amount": "-0.00", "currency": "EUR"}, "net.amount", "not an amount with 2 decimals"),
        ("net", {"amount": "1_0.00", "currency": "EUR"}, "net.amount", "not an amount with 2 decimals"),
        ("net", {"amount": 1.5, "currency": "EUR"}, "net.amount", "an amount is text"),
        ("net", "1.50", "net.amount", "what should hold it is no object"),
        ("refund", {"amount": "1.50"}, "refund", "'currency' is missing in it"),
        ("placed_at", "2024-07-01T10:00:00", "placed_at", "an instant without its offset from UTC"),
        ("placed_at", "yesterday", "placed_at", "not an ISO 8601 instant"),
        ("due_on", "2024-7-1", "due_on", "not a date as YYYY-MM-DD"),
        ("due_on", "2024-W10-1", "due_on", "not a date as YYYY-MM-DD"),
    ],
)
def test_a_bad_value_of_a_document_is_explained(name: str, value: Any, path: str, reason: str) -> None:
    assert (path, reason) in [
        (flaw.path, flaw.reason) for flaw in flaws_of_document(a_document(**{name: value}))
    ]


def test_currencies_that_differ_cannot_share_a_column() -> None:
    (flaw,) = flaws_of_document(a_document(net={"amount": "10.00", "currency": "USD"}))
    assert flaw.path == "net.currency, total.currency, refund"
    assert flaw.reason == "one column cannot hold both 'USD' and 'EUR'"


def test_what_is_missing_is_named() -> None:
    assert [(flaw.path, flaw.reason) for flaw in flaws_of_row(without(a_row(), "due"))] == [
        ("due", "missing")
    ]
    assert {flaw.path for flaw in flaws_of_document(without(a_document(), "net"))} == {
        "net.amount",
        "net.currency",
    }


def test_children_are_named_by_their_place() -> None:
    document = a_document()
    document["lines"][1]["unit_price"] = "a lot"
    document["lines"][1]["label"] = "much too long"
    assert [(flaw.path, flaw.operation) for flaw in flaws_of_document(document)] == [
        ("lines[1].label", "rename"),
        ("lines[1].unit_price", "money"),
    ]


def test_two_children_with_one_key_are_refused() -> None:
    document = a_document()
    document["lines"][1]["position"] = 1
    (flaw,) = flaws_of_document(document)
    assert (flaw.path, flaw.reason) == ("lines", "two items have the same position")


@pytest.mark.parametrize("nothing", [None, 5, "text", [], [1]])
def test_what_is_no_row_at_all_is_refused(nothing: Any) -> None:
    assert "what should hold it is no object" in {flaw.reason for flaw in flaws_of_row(nothing)}


def test_a_time_that_the_clocks_skip_is_refused() -> None:
    (flaw,) = flaws_of_row(a_row(placed=a_row()["placed"].replace(month=3, day=31, hour=2)))
    assert flaw.reason == "the clocks of Europe/Berlin skip this time"


def test_an_id_is_looked_up_once_for_a_whole_batch() -> None:
    asked: list[tuple[str, set[Any]]] = []

    def resolve(kind: str, keys: Any) -> dict[Any, str]:
        asked.append((kind, set(keys)))
        return new_ids(kind, keys)

    interpret(order, "to_contract", [a_row(id=1), a_row(id=2, agent_id=5)], resolve)
    assert sorted(asked) == [
        ("agents", {5}),
        ("banks", {5}),
        ("customers", {70}),
        ("orders", {1, 2}),
        ("products", {9}),
    ]


def test_a_field_with_a_default_may_be_left_out() -> None:
    ((row,), refused) = interpret(order, "to_legacy", [without(a_document(), "remark")], legacy_keys)
    assert refused == []
    assert row["id"] == 7


def test_the_second_pass_of_a_repeated_hour_comes_back_as_the_first() -> None:
    ((row,), _) = interpret(order, "to_legacy", [a_document(placed_at="2024-10-27T01:30:00Z")], legacy_keys)
    ((document,), _) = interpret(order, "to_contract", [row], new_ids)
    assert document["placed_at"] == "2024-10-27T00:30:00Z"


def test_put_keeps_what_only_the_legacy_side_knows_and_aligns_children_by_key() -> None:
    document = a_document()
    document["lines"].reverse()
    document["lines"].append({**document["lines"][0], "position": 3})
    ((row,), _) = interpret(order, "to_legacy", [document], legacy_keys)
    merged = put(order, row, a_row())
    assert merged["exported"] is True
    assert [(line["position"], line.get("id")) for line in merged["lines"]] == [(2, 72), (1, 71), (3, None)]
