from strangler.store import Differing, Example, State
from strangler.store.differences import MOST_EXAMPLES, MOST_PATHS, OTHER_PATHS


def seen(path: str = "$.a", group: str = "billing", time: float = 10.0, count: int = 1) -> Differing:
    return Differing(group, path, count, time, time, (Example("GET /x/", f"{time:g}", "new \u2028 'x'"),))


def test_what_is_forgotten_takes_nothing_else_along(state: State) -> None:
    paths = ["$.a", "$.a.b", "$.a[*].c", "$.ab", "status"]
    state.differences.add([seen(path) for path in paths] + [seen(group="orders")])
    state.differences.forget("billing", "$.a")
    assert [one.path for one in state.differences.all("billing")] == ["$.ab", "status"]
    state.differences.forget("billing")
    assert [one.group for one in state.differences.all()] == ["orders"]


def test_no_group_keeps_more_paths_than_it_may(state: State) -> None:
    state.differences.add(seen(f"$.{number}") for number in range(MOST_PATHS + 5))
    state.differences.add([seen("$.0"), seen("$.fresh"), seen(group="orders")])
    found = {one.path: one.count for one in state.differences.all("billing")}
    assert len(found) == MOST_PATHS + 1
    assert (found[OTHER_PATHS], found["$.0"]) == (6, 2)
    assert len(state.differences.all("orders")) == 1


def test_counts_add_up_with_the_latest_examples(state: State) -> None:
    for time in range(10):
        state.differences.add([seen(time=float(time))])
    (one,) = state.differences.all()
    assert (one.count, one.first, one.last) == (10, 0.0, 9.0)
    assert [example.old for example in one.examples] == ["5", "6", "7", "8", "9"]
    assert len(one.examples) == MOST_EXAMPLES
    assert one.examples[-1].new == "new \u2028 'x'"


def test_the_most_frequent_path_of_each_group_comes_first(state: State) -> None:
    state.differences.add([seen("$.b", count=2), seen("$.a", count=2), seen("$.c", count=3), seen(group="a")])
    assert [(one.group, one.path) for one in state.differences.all()] == [
        ("a", "$.a"), ("billing", "$.c"), ("billing", "$.a"), ("billing", "$.b"),
    ]  # fmt: skip


def test_nothing_is_nothing(state: State) -> None:
    state.differences.add([])
    assert state.differences.all("billing") == []
    state.differences.forget("billing")
