from __future__ import annotations

import pytest

from strangler.errors import Refused
from strangler.store import State


def test_a_holder_whose_lease_was_taken_over_writes_nothing(state: State) -> None:
    old = state.leases.acquire("task", "a", now=0, ttl=5)
    state.leases.acquire("task", "b", now=6, ttl=5)
    with pytest.raises(Refused):
        state.notes.put("x", "1", fence=old)
    assert state.notes.get("x") is None


def test_the_last_text_is_the_one_that_is_kept(state: State) -> None:
    state.notes.put("x", "1")
    state.notes.put("x", "ä")
    state.notes.put("y", "")
    assert [state.notes.get(name) for name in ("x", "y", "z")] == ["ä", "", None]


def test_what_was_dropped_is_gone_and_its_neighbours_are_not(state: State) -> None:
    for name in ("a 1", "a 2", "ab", "b"):
        state.notes.put(name, name)
    state.notes.drop("a 1")
    state.notes.drop("a 1")
    assert state.notes.all("a ") == {"a 2": "a 2"}
    assert list(state.notes.all("")) == ["a 2", "ab", "b"]
