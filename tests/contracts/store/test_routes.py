from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from strangler.errors import Conflict, Refused, Unknown
from strangler.routing import Gateway, Group, Route, RouteTable, Upstream
from strangler.store import Entry, State

TABLE = RouteTable(
    upstreams={"billing": Upstream("billing", "http://127.0.0.1:9001", connect_timeout=0.25)},
    groups={
        "billing": Group("billing", "billing", share=12.34, allow=("header:X-Beta=yes",), writer="service")
    },
    routes=(
        Route("list", "/api/invoices/", group="billing", methods=frozenset({"GET", "HEAD"})),
        Route("rest", r"^old/(\d+)/$", "regex", hosts=("*.example.com",), priority=-3, imported=True),
    ),
    gateway=Gateway(tenant="header:X-Tenant", trusted_hops=2),
)


def test_a_write_from_a_stale_version_is_refused_and_changes_nothing(state: State, entry: Entry) -> None:
    state.routes.commit(TABLE, 0, entry)
    with pytest.raises(Conflict) as caught:
        state.routes.commit(replace(TABLE, routes=()), 0, entry)
    assert caught.value.current == 1
    assert state.routes.load() == replace(TABLE, version=1)
    assert len(state.routes.history()) == 1


def test_a_write_from_a_version_that_is_still_to_come_is_refused(state: State, entry: Entry) -> None:
    with pytest.raises(Conflict):
        state.routes.commit(TABLE, 7, entry)
    assert state.routes.version() == 0


def test_a_holder_whose_lease_was_taken_over_changes_nothing(state: State, entry: Entry) -> None:
    old = state.leases.acquire("rollout", "a", now=0, ttl=5)
    state.leases.acquire("rollout", "b", now=6, ttl=5)
    with pytest.raises(Refused):
        state.routes.commit(TABLE, 0, entry, fence=old)
    assert state.routes.version() == 0


@pytest.mark.parametrize("version", [-1, 2, 10**12])
def test_a_version_that_was_never_made_is_unknown(state: State, entry: Entry, version: int) -> None:
    state.routes.commit(TABLE, 0, entry)
    with pytest.raises(Unknown):
        state.routes.at(version)


def test_of_many_writers_from_one_version_exactly_one_wins(state: State, entry: Entry) -> None:
    def write(number: int) -> int | None:
        try:
            return state.routes.commit(TABLE, 0, replace(entry, actor=f"writer {number}")).version
        except Conflict:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [version for version in pool.map(write, range(8)) if version is not None]
    assert won == [1]
    assert state.routes.version() == 1


def test_the_state_begins_with_the_empty_table(state: State) -> None:
    assert state.routes.load() == state.routes.at(0) == RouteTable()
    assert state.routes.history() == []


def test_what_was_committed_is_what_is_loaded(state: State, entry: Entry) -> None:
    committed = state.routes.commit(TABLE, 0, entry)
    assert committed == state.routes.load() == replace(TABLE, version=1)


def test_every_version_can_be_had_again(state: State, entry: Entry) -> None:
    versions = [state.routes.commit(replace(TABLE, routes=TABLE.routes[:n]), n, entry) for n in range(3)]
    assert [state.routes.at(n + 1) for n in range(3)] == versions


def test_the_audit_log_keeps_every_field_newest_first(state: State, entry: Entry) -> None:
    second = replace(entry, forced=True, alarms=("look out", "ä"), via="guard", subject="")
    state.routes.commit(TABLE, 0, entry)
    state.routes.commit(TABLE, 1, second)
    assert [(record.version, record.entry) for record in state.routes.history()] == [(2, second), (1, entry)]
    assert [record.version for record in state.routes.history(limit=1)] == [2]


def test_the_holder_of_the_lease_may_commit(state: State, entry: Entry) -> None:
    lease = state.leases.acquire("rollout", "a", now=0, ttl=5)
    assert state.routes.commit(TABLE, 0, entry, fence=lease).version == 1
