from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from strangler.console import create_app
from strangler.console.gate import Limits
from strangler.control import Control, Request
from strangler.control.verbs import Add, Pattern, SetWriter
from strangler.routing.policy import Rate
from strangler.store import State, Token, open_state
from strangler.store.tokens import digest_of


@pytest.fixture
def state() -> State:
    state = open_state("memory://")
    control = Control(state.routes, actor="test")
    for name, methods in (("billing", ()), ("docs", ("GET",))):
        pattern = (Pattern("prefix", f"/{name}/"),)
        add = Add(name=name, patterns=pattern, service="http://127.0.0.1:9001", methods=methods)
        control.change(Request(add), via="store")
    control.change(Request(SetWriter(name="billing", writer="monolith")), via="store")
    state.tokens.add(Token("reader", "viewer", 1.0), digest_of("v"))
    for name in ("ann", "bob"):
        state.tokens.add(Token(name, "operator", 1.0), digest_of(name))
    return state


class Client:
    """Sends single requests to the app, in process."""

    def __init__(self, state: State, **how: Any) -> None:
        self._app = create_app(state, metrics=str, status=dict, **how)

    def send(self, method: str, path: str, token: str = "ann", **how: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
                return await client.request(method, path, headers={"Authorization": f"Bearer {token}"}, **how)

        return asyncio.run(send())

    def change(self, verb: str, token: str = "ann", **fields: Any) -> httpx.Response:
        body = {"change": {"verb": verb, "name": "billing", **fields}, "reason": "why"}
        return self.send("POST", "/api/changes", token, json=body)

    def approve(self, name: str, token: str, **fields: Any) -> httpx.Response:
        return self.send("POST", "/api/approvals", token, json={"id": name, **fields})


@pytest.fixture
def client(state: State) -> Client:
    return Client(state, approval=True)


def waiting(answer: httpx.Response) -> str:
    assert answer.status_code == 202, answer.text
    name: str = answer.json()["pending"]["id"]
    return name


def share(state: State, group: str = "billing") -> float:
    return state.routes.load().groups[group].share


@pytest.mark.parametrize(
    ("verb", "fields"),
    [("canary", {"percent": 5}), ("flip", {"to": "service"}), ("writer", {"writer": "service"})],
)
def test_nobody_brings_a_group_that_writes_closer_to_its_service_alone(
    client: Client, state: State, verb: str, fields: dict[str, Any]
) -> None:
    name = waiting(client.change(verb, **fields))
    assert state.routes.version() == 3
    assert client.approve(name, "ann").status_code == 409
    assert client.approve(name, "v").status_code == 403
    assert client.approve("no such", "bob").status_code == 404
    assert state.routes.version() == 3
    assert client.approve(name, "bob").status_code == 200
    entry = state.routes.history(1)[0].entry
    assert (entry.actor, entry.via, entry.reason) == ("ann, approved by bob", "api", "why")
    assert client.approve(name, "bob").status_code == 404


def test_what_was_asked_for_before_the_routes_changed_is_not_made(client: Client, state: State) -> None:
    name = waiting(client.change("canary", percent=5))
    client.change("shadow", percent=1)
    answer = client.approve(name, "bob")
    assert (answer.status_code, answer.json()["code"]) == (409, "conflict")
    assert share(state) == 0


def test_no_rollout_raises_it_alone_either(client: Client, state: State) -> None:
    answer = client.send("POST", "/api/rollouts", json={"group": "billing", "action": "start"})
    assert (answer.status_code, "two people" in answer.json()["error"]) == (409, True)
    assert share(state) == 0


def test_what_is_refused_anyway_does_not_wait(client: Client) -> None:
    client.change("writer", writer="undeclared")
    assert client.change("canary", percent=500).status_code == 422
    assert client.send("GET", "/api/approvals").json()["approvals"] == []


def test_going_back_never_waits(client: Client, state: State) -> None:
    client.approve(waiting(client.change("canary", percent=50)), "bob")
    for verb, fields in (("canary", {"percent": 10}), ("rollback", {}), ("flip", {"to": "monolith"})):
        assert client.change(verb, **fields).status_code == 200
    assert share(state) == 0


def test_a_group_that_only_reads_and_a_dry_run_need_nobody(client: Client, state: State) -> None:
    read = {"change": {"verb": "canary", "name": "docs", "percent": 5}}
    assert client.send("POST", "/api/changes", json=read).status_code == 200
    dry = {"change": {"verb": "canary", "name": "billing", "percent": 5}, "dry_run": True}
    assert client.send("POST", "/api/changes", json=dry).json()["changed"] is False
    assert share(state, "docs") == 5


def test_what_waits_is_listed_and_can_be_forgotten(client: Client, state: State) -> None:
    name = waiting(client.change("canary", percent=5))
    [pending] = client.send("GET", "/api/approvals", "v").json()["approvals"]
    assert (pending["id"], pending["actor"], pending["groups"]) == (name, "ann", ["billing"])
    assert client.approve(name, "bob", approve=False).json()["rejected"] == name
    assert client.send("GET", "/api/approvals").json()["approvals"] == []


def test_without_the_setting_one_operator_is_enough(state: State) -> None:
    client = Client(state)
    assert client.change("canary", percent=5).status_code == 200
    started = client.send(
        "POST", "/api/rollouts", json={"group": "billing", "action": "start", "reason": "go"}
    )
    assert (started.status_code, started.json()["phase"]) == (200, "running")
    assert client.send("GET", "/api/rollouts").json()["rollouts"][0]["group"] == "billing"
    assert (
        client.send("POST", "/api/rollouts", json={"group": "billing", "action": "abort"}).status_code == 200
    )
    assert share(state) == 0
    assert state.routes.history(1)[0].entry.actor == "ann"


def test_a_viewer_starts_no_rollout(state: State) -> None:
    answer = Client(state).send("POST", "/api/rollouts", "v", json={"group": "billing", "action": "start"})
    assert answer.status_code == 403


def test_who_asks_too_often_or_guesses_waits(state: State) -> None:
    client = Client(state, limits=Limits(Rate("user", 1, 3600.0, 3), Rate("client", 1, 3600.0, 2)))
    assert [client.send("GET", "/api/table", "v").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.send("GET", "/api/table", "ann").status_code == 200
    refused = [client.send("GET", "/api/table", "wrong") for _ in range(3)]
    assert [answer.status_code for answer in refused] == [401, 401, 429]
    assert int(refused[2].headers["retry-after"]) > 0
    assert client.send("GET", "/api/table", "ann").status_code == 200
