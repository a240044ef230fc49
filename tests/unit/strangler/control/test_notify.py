from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from strangler.control import Control, Request
from strangler.control.notify import LEASE_TTL, LONGEST_WAIT, Notifier
from strangler.control.verbs import SetUpstream
from strangler.store import State, open_state

SECRET = b"a secret of some length"


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Receiver:
    """Takes what is sent while its status is 200; checks every signature by the standard's own words."""

    def __init__(self) -> None:
        self.status = 200
        self.taken: list[dict[str, Any]] = []
        self.tries = 0

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.tries += 1
        signed = ".".join(
            (request.headers["webhook-id"], request.headers["webhook-timestamp"], request.read().decode())
        )
        expected = base64.b64encode(hmac.new(SECRET, signed.encode(), hashlib.sha256).digest()).decode()
        assert request.headers["webhook-signature"] == f"v1,{expected}"
        if self.status == 0:
            raise httpx.ReadTimeout("too slow")
        if self.status == 200:
            self.taken.append(json.loads(request.content))
        return httpx.Response(self.status, headers={"location": "http://elsewhere/"})


@pytest.fixture
def state() -> State:
    return open_state("memory://")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


def notifier(
    state: State, receiver: Receiver, clock: Clock, holder: str = "a", secret: bytes = SECRET
) -> Notifier:
    return Notifier(state, "http://chat/hook", secret, holder=holder, client=receiver.client, clock=clock)


def change(state: State, port: int) -> None:
    verb = SetUpstream(name="billing", url=f"http://127.0.0.1:{port}")
    Control(state.routes, actor="me").change(Request(verb, reason="why"), via="store")


def versions(receiver: Receiver) -> list[int]:
    return [message["version"] for message in receiver.taken]


def test_what_was_before_is_not_told(state: State, receiver: Receiver, clock: Clock) -> None:
    change(state, 1)
    for _ in range(2):
        notifier(state, receiver, clock).look()
    assert receiver.tries == 0


@pytest.mark.parametrize("status", [0, 302, 404, 500])
def test_what_is_not_taken_is_sent_again_later_and_in_order(
    state: State, receiver: Receiver, clock: Clock, status: int
) -> None:
    one = notifier(state, receiver, clock)
    one.look()
    change(state, 1)
    change(state, 2)
    receiver.status = status
    for _ in range(5):
        one.look()
    assert receiver.tries == 1
    clock.now += 1
    one.look()
    assert receiver.tries == 2
    receiver.status = 200
    clock.now += LONGEST_WAIT
    one.look()
    assert versions(receiver) == [1, 2]


def test_a_restart_loses_and_repeats_nothing(state: State, receiver: Receiver, clock: Clock) -> None:
    notifier(state, receiver, clock).look()
    change(state, 1)
    notifier(state, receiver, clock).look()
    change(state, 2)
    change(state, 3)
    notifier(state, receiver, clock).look()
    assert versions(receiver) == [1, 2, 3]


def test_of_two_facades_one_sends(state: State, receiver: Receiver, clock: Clock) -> None:
    one, other = notifier(state, receiver, clock), notifier(state, receiver, clock, "b")
    one.look()
    change(state, 1)
    other.look()
    assert receiver.tries == 0
    one.close()
    other.look()
    assert versions(receiver) == [1]
    clock.now += LEASE_TTL + 1
    notifier(state, receiver, clock).look()
    assert versions(receiver) == [1]


def test_a_secret_may_be_written_as_the_standard_does(state: State, receiver: Receiver, clock: Clock) -> None:
    one = notifier(state, receiver, clock, secret=b"whsec_" + base64.b64encode(SECRET))
    one.look()
    change(state, 1)
    one.look()
    [message] = receiver.taken
    assert (message["type"], message["actor"], message["reason"], message["action"]) == (
        "change",
        "me",
        "why",
        "upstream",
    )


def test_the_end_of_a_rollout_is_told_though_it_changes_no_route(
    state: State, receiver: Receiver, clock: Clock
) -> None:
    one = notifier(state, receiver, clock)
    state.rollouts.save("billing", {"phase": "running"}, 0)
    one.look()
    state.rollouts.save("billing", {"phase": "running", "step": 1}, 1)
    one.look()
    assert receiver.taken == []
    state.rollouts.save("billing", {"phase": "promoted", "verdict": {"reason": "all is well"}}, 2)
    for _ in range(2):
        one.look()
    [message] = receiver.taken
    assert (message["group"], message["phase"], message["guard"]) == ("billing", "promoted", "all is well")
