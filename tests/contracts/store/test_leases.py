from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from strangler.store import Lease, State


def test_while_one_holds_it_nobody_else_gets_it(state: State) -> None:
    assert state.leases.acquire("x", "a", now=100, ttl=5) is not None
    assert state.leases.acquire("x", "b", now=104.9, ttl=5) is None


def test_releasing_what_somebody_else_holds_by_now_does_nothing(state: State) -> None:
    old = state.leases.acquire("x", "a", now=100, ttl=5)
    assert old is not None
    taken = state.leases.acquire("x", "b", now=106, ttl=5)
    state.leases.release(old)
    assert state.leases.holder("x") == taken


def test_a_clock_that_was_set_back_does_not_keep_a_dead_holders_lease_alive(state: State) -> None:
    state.leases.acquire("x", "dead", now=100_000, ttl=5)
    taken = state.leases.acquire("x", "b", now=100, ttl=5)
    assert taken == Lease("x", "b", 2, 105)


def test_a_clock_that_is_a_little_ahead_is_nobodys_death(state: State) -> None:
    state.leases.acquire("x", "a", now=103, ttl=5)
    assert state.leases.acquire("x", "b", now=100, ttl=5) is None


def test_of_many_that_ask_at_once_one_gets_it(state: State) -> None:
    with ThreadPoolExecutor(8) as pool:
        got = list(pool.map(lambda n: state.leases.acquire("x", f"h{n}", now=1, ttl=9), range(8)))
    assert sum(lease is not None for lease in got) == 1


def test_prolonging_keeps_the_token(state: State) -> None:
    state.leases.acquire("x", "a", now=100, ttl=5)
    assert state.leases.acquire("x", "a", now=104, ttl=5) == Lease("x", "a", 1, 109)


def test_the_token_grows_with_every_new_holding_even_by_the_same_holder(state: State) -> None:
    state.leases.acquire("x", "a", now=100, ttl=5)
    assert state.leases.acquire("x", "a", now=106, ttl=5) == Lease("x", "a", 2, 111)
    assert state.leases.acquire("x", "b", now=111, ttl=5) == Lease("x", "b", 3, 116)


def test_after_a_release_the_next_one_need_not_wait(state: State) -> None:
    lease = state.leases.acquire("x", "a", now=100, ttl=5)
    assert lease is not None
    state.leases.release(lease)
    taken = state.leases.acquire("x", "b", now=100.1, ttl=5)
    assert taken is not None
    assert taken.token == lease.token + 1


def test_leases_of_different_names_are_strangers(state: State) -> None:
    state.leases.acquire("x", "a", now=100, ttl=5)
    assert state.leases.acquire("y", "b", now=100, ttl=5) == Lease("y", "b", 1, 105)
    assert state.leases.holder("z") is None
