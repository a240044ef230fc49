from __future__ import annotations

from strangler.store import State, Total, Window


def test_seconds_outside_of_the_span_do_not_count(state: State) -> None:
    state.windows.add([Window("w", second, "billing", "service", 1, 0) for second in (9, 10, 11, 12)])
    assert state.windows.totals(10, 12) == {("billing", "service"): Total(2, 0)}


def test_groups_and_sides_are_kept_apart(state: State) -> None:
    state.windows.add(
        [
            Window("w", 1, "billing", "service", 3, 1, (2, 1)),
            Window("w", 1, "billing", "monolith", 5, 0, (5,)),
            Window("w", 1, "billing", "shadow", 7, 2),
            Window("w", 1, "crm", "service", 9, 9),
        ]
    )
    assert state.windows.totals(0) == {
        ("billing", "service"): Total(3, 1, (2, 1)),
        ("billing", "monolith"): Total(5, 0, (5,)),
        ("billing", "shadow"): Total(7, 2),
        ("crm", "service"): Total(9, 9),
    }
    assert state.windows.totals(0, 2, "crm") == {("crm", "service"): Total(9, 9)}


def test_workers_and_repeated_flushes_are_summed_bucket_by_bucket(state: State) -> None:
    state.windows.add([Window("a", 1, "billing", "service", 1, 0, (1,))])
    state.windows.add([Window("a", 1, "billing", "service", 2, 1, (0, 2, 0))])
    state.windows.add(
        [Window("b", 1, "billing", "service", 1, 0), Window("b", 1, "billing", "service", 3, 0, (1, 1, 2))]
    )
    assert state.windows.totals(1) == {("billing", "service"): Total(7, 1, (2, 3, 2))}


def test_what_is_old_is_forgotten(state: State) -> None:
    state.windows.add([Window("w", second, "billing", "service", 1, 0) for second in (9, 10)])
    state.windows.forget(10)
    assert state.windows.totals(0) == {("billing", "service"): Total(1, 0)}


def test_one_group_is_told_by_second_and_side(state: State) -> None:
    state.windows.add(
        [
            Window("a", 10, "billing", "service", 2, 1, (1, 1)),
            Window("b", 10, "billing", "service", 3, 0, (0, 3)),
            Window("a", 11, "billing", "monolith", 4, 0, (4,)),
            Window("a", 12, "billing", "service", 5, 0, (5,)),
            Window("a", 10, "orders", "service", 6, 0, (6,)),
        ]
    )
    assert state.windows.by_second("billing", 10, 12) == {
        (10, "service"): Total(5, 1, (1, 4)),
        (11, "monolith"): Total(4, 0, (4,)),
    }
    assert state.windows.by_second("nobody", 0, 100) == {}
