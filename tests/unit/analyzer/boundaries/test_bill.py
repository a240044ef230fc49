import re
from dataclasses import replace

from fakes.code_base import CodeBase, shop

from analyzer.boundaries import draw
from analyzer.coupling import couple, index_tables


def transactions(tables: int, apps: int) -> list[str]:
    """The lines of a transaction over so many tables of each of so many applications that hold together."""
    code = CodeBase()
    labels = []
    for app in range(apps):
        names = [f"app{app}.Model{number}" for number in range(tables)]
        for name in names:
            code.model(name, cascade=names[0] if name != names[0] else "")
        for _ in range(5):
            code.transaction(f"app{app}.services.save", *names)
        labels += names
    code.transaction("app0.services.everything", *labels)
    facts = code.facts()
    boundaries, _ = draw(facts, index_tables(facts), couple(facts, index_tables(facts)))
    return [item.summary for b in boundaries for item in b.bill if item.kind == "transaction"]


def test_a_transaction_over_many_tables_names_a_few():
    lines = transactions(5, 3)
    assert lines
    for line in lines:
        assert len(re.findall(r"app\d_model\d", line)) == 6
        assert line.endswith(" and 9 more")


def test_a_transaction_over_few_tables_names_them_all():
    lines = transactions(3, 2)
    assert lines
    for line in lines:
        assert len(re.findall(r"app\d_model\d", line)) == 6
        assert "more" not in line


def test_a_base_class_s_block_is_one_item_however_many_classes_inherit_it():
    code = shop()
    code.transaction("orders.services.inherited", "orders.Order", "billing.Invoice")
    first = code.parts["transactions"][-1]
    more = replace(first, tables_written=("orders_order", "support_ticket"))
    code.add("transactions", more)
    facts = code.facts()
    tables = index_tables(facts)
    boundaries, _ = draw(facts, tables, couple(facts, tables))
    orders = next(b for b in boundaries if b.name == "orders")
    found = [item for item in orders.bill if item.kind == "transaction" and "inherited" in item.summary]
    assert [item.other for item in found] == ["billing, support"]
    assert "billing: billing_invoice; support: support_ticket" in found[0].summary
    assert orders.metrics.distributed_writes == 2
