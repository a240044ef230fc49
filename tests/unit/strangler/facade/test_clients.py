from __future__ import annotations

from strangler.facade.clients import Clients


def test_nobody_is_admitted_beyond_the_limit_until_somebody_leaves() -> None:
    clients = Clients(most=2)
    assert [clients.admit("a"), clients.admit("b"), clients.admit("c")] == [True, True, False]
    assert (clients.connected, clients.refused) == (2, 1)
    clients.leave("a")
    assert clients.admit("c")


def test_one_address_cannot_take_what_is_anothers() -> None:
    clients = Clients(most=3, most_each=1)
    assert [clients.admit("10.0.0.1"), clients.admit("10.0.0.1"), clients.admit("10.0.0.2")] == [
        True,
        False,
        True,
    ]
    clients.leave("10.0.0.1")
    assert clients.admit("10.0.0.1")


def test_a_network_of_64_bits_is_one_client_and_a_mapped_address_is_not() -> None:
    clients = Clients(most_each=1)
    assert clients.admit("2001:db8::1")
    assert not clients.admit("2001:db8::ffff:1")
    assert clients.admit("2001:db8:0:1::1")
    assert clients.admit("::ffff:10.0.0.1")
    assert clients.admit("::ffff:10.0.0.2")
    assert not clients.admit("10.0.0.1")


def test_without_limits_nothing_is_remembered_of_an_address() -> None:
    clients = Clients()
    assert all(clients.admit(str(number)) for number in range(1000))
    for number in range(1000):
        clients.leave(str(number))
    assert clients.connected == 0
