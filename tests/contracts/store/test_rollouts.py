from __future__ import annotations

import pytest

from strangler.errors import Conflict, Refused
from strangler.store import RolloutRecord, State


def test_a_stale_write_is_refused(state: State) -> None:
    state.rollouts.save("billing", {"step": 1}, 0)
    with pytest.raises(Conflict) as caught:
        state.rollouts.save("billing", {"step": 2}, 0)
    assert caught.value.current == 1
    assert state.rollouts.all() == [RolloutRecord("billing", {"step": 1}, 1)]


def test_a_controller_that_lost_its_lease_writes_nothing(state: State) -> None:
    old = state.leases.acquire("rollout", "a", now=0, ttl=5)
    state.leases.acquire("rollout", "b", now=6, ttl=5)
    with pytest.raises(Refused):
        state.rollouts.save("billing", {}, 0, fence=old)
    assert state.rollouts.all() == []


def test_what_was_handed_in_may_change_afterwards(state: State) -> None:
    handed_in = {"step": 1}
    state.rollouts.save("billing", handed_in, 0)
    handed_in["step"] = 2
    assert state.rollouts.all()[0].state == {"step": 1}


def test_versions_go_up_and_groups_are_listed_in_order(state: State) -> None:
    state.rollouts.save("crm", {"a": [1, None, "ä"]}, 0)
    state.rollouts.save("billing", {}, 0)
    assert state.rollouts.save("crm", {"b": 0.5}, 1) == RolloutRecord("crm", {"b": 0.5}, 2)
    assert [record.group for record in state.rollouts.all()] == ["billing", "crm"]


def test_a_forgotten_rollout_begins_anew(state: State) -> None:
    state.rollouts.save("billing", {}, 0)
    state.rollouts.delete("billing")
    state.rollouts.delete("billing")
    assert state.rollouts.save("billing", {}, 0).version == 1
