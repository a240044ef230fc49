import re

from fakes.code_base import CodeBase

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
