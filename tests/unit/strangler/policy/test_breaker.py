from __future__ import annotations

from strangler.policy import Circuit
from strangler.routing.policy import Breaker

RULE = Breaker(errors=50, minimum=4, window=10, open=5, trials=2)


def told(circuit: Circuit, *results: bool | None, now: float = 0.0) -> None:
    for failed in results:
        ticket = circuit.enter(now)
        assert ticket is not None
        circuit.settle(ticket, failed, now)


def opened() -> Circuit:
    circuit = Circuit(RULE)
    told(circuit, True, True, True, True)
    assert circuit.state(0.0) == "open"
    return circuit


def test_few_failures_do_not_open_it() -> None:
    circuit = Circuit(RULE)
    told(circuit, True, True, True)
    assert circuit.state(0.0) == "closed"


def test_nor_do_failures_among_many_successes() -> None:
    circuit = Circuit(RULE)
    told(circuit, *[False, False, True] * 20)
    assert circuit.state(0.0) == "closed"


def test_nor_those_that_are_out_of_the_window() -> None:
    circuit = Circuit(RULE)
    told(circuit, True, True, now=0.0)
    told(circuit, True, True, now=10.0)
    assert circuit.state(10.0) == "closed"


def test_nor_clients_that_leave() -> None:
    circuit = Circuit(RULE)
    told(circuit, *[None] * 50, True, True, True)
    assert circuit.state(0.0) == "closed"


def test_nothing_passes_while_it_is_open() -> None:
    circuit = opened()
    assert circuit.enter(4.9) is None
    assert circuit.retry_after(4.0) == 1.0


def test_late_news_from_before_do_not_count_as_trials() -> None:
    circuit = Circuit(RULE)
    late = [circuit.enter(0.0) for _ in range(3)]
    told(circuit, True, True, True, True)
    for ticket in late:
        assert ticket is not None
        circuit.settle(ticket, False, 5.0)
    assert circuit.state(5.0) == "half open"


def test_half_open_it_lets_a_few_pass() -> None:
    circuit = opened()
    assert [circuit.enter(5.0) is not None for _ in range(3)] == [True, True, False]


def test_a_client_that_leaves_gives_its_trial_back() -> None:
    circuit = opened()
    told(circuit, None, None, None, now=5.0)
    assert circuit.enter(5.0) is not None


def test_one_failed_trial_opens_it_again() -> None:
    circuit = opened()
    told(circuit, False, True, now=5.0)
    assert circuit.state(9.9) == "open"
    assert circuit.state(10.0) == "half open"
    assert circuit.opened == 2


def test_successful_trials_close_it_with_a_clean_record() -> None:
    circuit = opened()
    told(circuit, False, False, now=5.0)
    assert circuit.state(5.0) == "closed"
    told(circuit, True, True, True, now=5.0)
    assert circuit.state(5.0) == "closed"
