from __future__ import annotations

import pytest

from strangler.policy.rate import Buckets, fold, network_of
from strangler.routing.policy import Rate

THREE = Rate("client", 3, 60.0, 3)
FAST = Rate("tenant", 1, 1.0, 1)


def test_what_is_refused_by_one_rate_is_not_spent_with_another() -> None:
    buckets = Buckets([THREE, FAST])
    buckets.take(["a", "t"], 0.0)
    for _ in range(10):
        _, tenant = buckets.take(["a", "t"], 0.0)
        assert tenant.retry_after > 0
    assert buckets.take(["a", "u"], 0.0)[0].remaining == 1


def test_a_refused_request_does_not_make_the_wait_longer() -> None:
    buckets = Buckets([FAST])
    buckets.take(["a"], 0.0)
    waits = {buckets.take(["a"], 0.25)[0].retry_after for _ in range(5)}
    assert waits == {0.75}


def test_an_attacker_with_many_keys_cannot_make_it_grow() -> None:
    buckets = Buckets([THREE], most_keys=100)
    for number in range(10_000):
        buckets.take([f"key {number}"], 0.0)
    assert buckets.size == 100


def test_nor_with_long_ones() -> None:
    assert len(fold("x" * 60_000)) == 32
    assert fold("x" * 60_000) != fold("x" * 60_001)


def test_what_others_let_pass_costs_a_key_at_most_one_burst() -> None:
    buckets = Buckets([THREE])
    buckets.absorb({"client": {"a": 1_000_000}, "no such rate": {"a": 1}}, 0.0)
    assert buckets.take(["a"], 0.0)[0].retry_after == 80.0
    assert buckets.take(["b"], 0.0)[0].retry_after == 0.0


def test_nothing_is_told_twice_and_no_more_than_is_needed() -> None:
    buckets = Buckets([THREE, FAST])
    buckets.take(["before", "t"], 0.0)
    assert buckets.drain() == {}
    buckets.take(["a", "u"], 0.0)
    buckets.take(["a", "u"], 0.0)  # refused
    assert buckets.drain() == {"client": {"a": 1}, "tenant": {"u": 1}}
    assert buckets.drain() == {}


def test_two_who_share_a_rate_let_pass_what_one_would() -> None:
    one, two = Buckets([THREE]), Buckets([THREE])
    one.drain()
    two.drain()
    for buckets in (one, two):
        buckets.take(["a"], 0.0)
    for buckets, spent in ((two, one.drain()), (one, two.drain())):
        buckets.absorb(spent, 0.0)
    assert [buckets.take(["a"], 0.0)[0].remaining for buckets in (one, two)] == [0, 0]


def test_what_is_over_is_forgotten() -> None:
    buckets = Buckets([THREE])
    for number in range(100):
        buckets.take([f"key {number}"], 0.0)
    for number in range(100):
        buckets.take(["another"], 1000.0 + 60.0 * number)
    assert buckets.size == 1


def test_a_burst_passes_and_then_the_rate_counts() -> None:
    buckets = Buckets([Rate("client", 60, 60.0, 2)])
    told = [buckets.take(["a"], 0.0)[0] for _ in range(3)]
    assert [(one.remaining, one.retry_after) for one in told] == [(1, 0.0), (0, 0.0), (0, 1.0)]
    assert buckets.take(["a"], 1.0)[0].retry_after == 0.0
    assert buckets.take(["a"], 1.0)[0].retry_after == 1.0


def test_the_full_quota_is_there_again_when_it_is_said_to_be() -> None:
    buckets = Buckets([THREE])
    told = [buckets.take(["a"], 0.0)[0] for _ in range(3)][-1]
    assert told.reset == 60.0
    assert buckets.take(["a"], told.reset)[0].remaining == 2


def test_keys_do_not_share() -> None:
    buckets = Buckets([FAST])
    assert [buckets.take([key], 0.0)[0].retry_after for key in ("a", "b")] == [0.0, 0.0]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("2001:db8::1", "2001:db8::ffff:ffff:ffff:ffff", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("::ffff:10.0.0.1", "10.0.0.1", True),
        ("::ffff:10.0.0.1", "::ffff:10.0.0.2", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("not:an:address", "not:another", False),
    ],
)
def test_what_counts_as_one_client(one: str, other: str, same: bool) -> None:
    assert (network_of(one) == network_of(other)) is same
