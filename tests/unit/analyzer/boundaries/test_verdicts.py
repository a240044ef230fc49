import pytest

from analyzer.boundaries.verdicts import judge
from analyzer.model.facts import Location
from analyzer.model.plan import BillItem, Metrics


def metrics(cohesion: float = 0.8, tables: int = 3) -> Metrics:
    return Metrics(tables, cohesion, leaks_in=1, leaks_out=1, distributed_writes=0, purity=0.9)


def item(kind, direction="both") -> BillItem:
    return BillItem(kind, "something", "other", (Location("a.py", 1),), "do it", direction=direction)


def test_a_single_cluster_is_not_split():
    assert judge(metrics(), 1.0, [], candidates=1).verdict == "keep in the monolith"


def test_what_is_not_understood_is_not_extracted():
    found = judge(metrics(), 0.4, [], candidates=5)
    assert found.verdict == "keep in the monolith"
    assert "40%" in found.reasons[0]


def test_what_is_chatty_and_writes_everywhere_stays():
    bill = [item("shared_write", "out")] * 5
    assert judge(metrics(cohesion=0.2), 1.0, bill, candidates=5).verdict == "keep in the monolith"


def test_what_is_only_written_from_elsewhere_can_become_a_subscriber():
    bill = [item("shared_write", "in")] * 9
    assert judge(metrics(cohesion=0.2), 1.0, bill, candidates=5).verdict == "extract after"


@pytest.mark.parametrize("kind", ["transaction", "shared_write", "signal"])
def test_writing_together_blocks(kind):
    found = judge(metrics(), 1.0, [item(kind)], candidates=5)
    assert found.verdict == "extract after"
    assert found.reasons[0].startswith("1 ")


@pytest.mark.parametrize("kind", ["fk", "cascade", "join", "read", "import", "route", "task"])
def test_what_only_costs_does_not_block(kind):
    assert judge(metrics(), 1.0, [item(kind)] * 9, candidates=5).verdict == "extract now"
