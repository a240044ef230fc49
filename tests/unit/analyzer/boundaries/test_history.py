from analyzer.boundaries.history import SWEEP, changes
from analyzer.model.facts import Change, History
from analyzer.model.plan import Changes

HOME = {"a.models": "a", "a.views": "a", "b.models": "b", "c.models": "c"}


def found(*commits: tuple[int, str]) -> dict[str, Changes]:
    history = History(tuple(Change(author, tuple(modules.split())) for author, modules in commits))
    return changes(history, HOME)


def test_modules_that_belong_nowhere_change_nothing():
    assert found((0, "x.views manage")) == {}


def test_a_commit_counts_once_for_a_boundary_and_each_author_once():
    assert found((0, "a.models a.views"), (0, "a.models"), (1, "a.views")) == {"a": Changes(3, 2)}


def test_what_changes_together_is_counted_the_most_first():
    result = found((0, "a.models b.models"), (0, "a.views c.models"), (1, "a.views b.models"))
    assert result["a"].together == (("b", 2), ("c", 1))
    assert result["b"].together == (("a", 2),)


def test_a_sweep_ties_nothing_together():
    many = " ".join(["a.models", "b.models", *(f"x.m{i}" for i in range(SWEEP))])
    assert found((0, many)) == {"a": Changes(1, 1), "b": Changes(1, 1)}
