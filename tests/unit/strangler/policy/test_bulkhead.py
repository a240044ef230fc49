from __future__ import annotations

from strangler.policy import Compartments
from strangler.routing.policy import Bulkhead


def places(concurrency: int, queue: int, per_tenant: int | None = None) -> Compartments[str]:
    return Compartments(Bulkhead(concurrency, queue, per_tenant=per_tenant))


def test_no_more_than_its_places() -> None:
    full = places(2, 0)
    assert [full.enter("a") for _ in range(3)] == [True, True, False]
    assert full.queue("a", "late") == (False, None)


def test_a_tenant_gets_no_more_than_its_own() -> None:
    capped = places(4, 4, per_tenant=2)
    assert [capped.enter("noisy") for _ in range(3)] == [True, True, False]
    assert capped.enter("quiet")


def test_nobody_overtakes_one_of_the_same_tenant_who_waits() -> None:
    one = places(1, 2)
    one.enter("a")
    one.queue("a", "first")
    assert not one.enter("a")


def test_whoever_gave_up_is_not_called() -> None:
    one = places(1, 2)
    one.enter("a")
    one.queue("a", "first")
    one.queue("a", "second")
    one.give_up("a", "first")
    one.give_up("a", "never there")
    one.give_up("b", "nor here")
    assert one.leave("a") == ["second"]
    assert one.waiting == 0


def test_the_noisy_one_gives_way_in_a_full_queue() -> None:
    one = places(1, 3)
    one.enter("noisy")
    for number in range(3):
        one.queue("noisy", f"noisy {number}")
    assert one.queue("noisy", "noisy 3") == (False, None)
    assert one.queue("quiet", "quiet 0") == (True, "noisy 2")
    assert one.queue("quiet", "quiet 1") == (False, None)
    assert one.waiting == 3


def test_tenants_are_called_in_turn() -> None:
    one = places(1, 9)
    one.enter("a")
    for number in range(3):
        one.queue("a", f"a{number}")
    one.queue("b", "b0")
    called = one.leave("a")
    for tenant in ("a", "b", "a"):
        called += one.leave(tenant)
    assert called == ["a0", "b0", "a1", "a2"]


def test_a_capped_tenant_lets_the_next_one_pass() -> None:
    two = places(2, 9, per_tenant=1)
    two.enter("a")
    two.enter("b")
    two.queue("a", "a1")
    two.queue("c", "c0")
    assert two.leave("b") == ["c0"]
    assert two.leave("a") == ["a1"]
    assert (two.active, two.waiting) == (2, 0)
