from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from strangler.console import create_app
from strangler.console.api import MAX_BODY
from strangler.console.gate import LOOPBACK
from strangler.control import Control, Request
from strangler.control.verbs import Add, Pattern
from strangler.errors import StoreError
from strangler.store import State, Token, open_state
from strangler.store.tokens import digest_of

ADD = {
    "verb": "add",
    "name": "crm",
    "patterns": [{"kind": "path", "text": "/crm/"}],
    "service": "http://127.0.0.1:2",
}
DEEP = b'{"change": {"verb": "apply", "document": {"a": ' + b"[" * 100_000
CANARY = {"verb": "canary", "name": "billing", "percent": 5}
WRITER = {"verb": "writer", "name": "billing", "writer": "monolith"}


@pytest.fixture
def state() -> State:
    state = open_state("memory://")
    verb = Add(name="billing", patterns=(Pattern("prefix", "/inv/"),), service="http://127.0.0.1:9001")
    Control(state.routes, actor="test").change(Request(verb), via="store")
    state.tokens.add(Token("reader", "viewer", 1.0), digest_of("v"))
    state.tokens.add(Token("boss", "operator", 1.0), digest_of("o"))
    return state


class Client:
    """Sends single requests to the app, in process."""

    def __init__(self, state: State, hosts: frozenset[str] = LOOPBACK) -> None:
        self._app = create_app(state, metrics=lambda: "x 1\n", status=lambda: {"version": 1}, hosts=hosts)

    def send(self, method: str, path: str, token: str | None = "o", **how: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= how.pop("headers", {})

        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8081") as client:
                return await client.request(method, path, headers=headers, **how)

        return asyncio.run(send())

    def change(self, change: dict[str, Any], token: str | None = "o", **how: Any) -> httpx.Response:
        more = how.pop("more", {})
        return self.send("POST", "/api/changes", token, json={"change": change, **more}, **how)


@pytest.fixture
def client(state: State) -> Client:
    return Client(state)


@pytest.mark.parametrize(
    "path", ["/api/status", "/api/table", "/api/history", "/api/changes", "/metrics", "/nowhere"]
)
@pytest.mark.parametrize("token", [None, b"", b"wrong", b"o o", b"\xff"])
def test_nothing_is_told_without_a_token(client: Client, path: str, token: bytes | None) -> None:
    headers = {} if token is None else {b"Authorization": b"Bearer " + token}
    answer = client.send("GET", path, None, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.json()["code"] == "token"


def test_no_other_scheme_and_no_cookie_opens(client: Client) -> None:
    for headers in ({"Authorization": "Basic o"}, {"Cookie": "token=o; Authorization=Bearer o"}):
        assert client.send("GET", "/api/table", None, headers=headers).status_code == 401


def test_a_viewer_changes_nothing(client: Client, state: State) -> None:
    answer = client.change(ADD, token="v")
    assert (answer.status_code, answer.json()["code"]) == (403, "role")
    assert state.routes.version() == 1


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8081", "127.0.0.1.evil.example", "", "localhost:x"]
)
@pytest.mark.parametrize("path", ["/healthz", "/api/table"])
def test_a_name_that_is_not_this_listeners_is_turned_away(client: Client, host: str, path: str) -> None:
    assert client.send("GET", path, headers={"Host": host}).status_code == 403


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_a_change_is_posted_or_nothing(client: Client, method: str) -> None:
    assert client.send(method, "/api/changes").status_code == 405


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"x" * 100, DEEP])
def test_what_is_no_json_is_told(client: Client, body: bytes) -> None:
    answer = client.send("POST", "/api/changes", content=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "request")


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ({}, ""),
        ([], ""),
        ({"change": {"verb": "canary", "name": "billing", "percent": "5"}}, "change.percent"),
        ({"change": {"verb": "canary", "name": "billing", "percent": 5.001}}, "percent"),
        ({"change": {"verb": "canary", "name": "billing", "percent": 5, "sticki": 1}}, "change"),
        ({"change": {"verb": "apply", "document": {"groups": {"x": {}}}}}, "groups.x"),
        ({"change": CANARY, "reasn": "x"}, ""),
    ],
)
def test_a_change_that_means_nothing_is_told_with_its_place(client: Client, body: object, where: str) -> None:
    answer = client.send("POST", "/api/changes", json=body)
    assert (answer.status_code, answer.json()["code"], answer.json()["where"]) == (422, "invalid", where)


def test_a_body_without_end_is_cut_off(client: Client, state: State) -> None:
    assert client.send("POST", "/api/changes", content=b" " * (MAX_BODY + 1)).status_code == 413


def test_a_refusal_and_a_conflict_are_told_apart(client: Client, state: State) -> None:
    refused = client.change(CANARY)
    assert (refused.status_code, refused.json()["code"]) == (409, "refused")
    assert "routes writer billing monolith" in refused.json()["remedy"]
    client.change(WRITER)
    conflict = client.change(CANARY, headers={"If-Match": '"1"'})
    assert (conflict.status_code, conflict.json()["code"], conflict.json()["current"]) == (409, "conflict", 2)
    assert '+writer = "monolith"' in conflict.json()["difference"]
    assert state.routes.load().groups["billing"].share == 0


@pytest.mark.parametrize("header", ["x", '"1", "2"', "-1", '"' + "9" * 30 + '"'])
def test_an_if_match_that_names_no_version_is_told(client: Client, header: str) -> None:
    assert client.change(WRITER, headers={"If-Match": header}).status_code == 400


def test_force_needs_a_reason(client: Client) -> None:
    assert client.change(CANARY, more={"force": True}).status_code == 409
    assert client.change(CANARY, more={"force": True, "reason": "it is a test"}).status_code == 200


@pytest.mark.parametrize(
    "path", ["table?version=99", "table?version=-1", "history?limit=0", "table?version=x"]
)
def test_a_version_or_a_number_that_is_not_there(client: Client, path: str) -> None:
    assert client.send("GET", f"/api/{path}").status_code in (404, 422)


def test_an_unknown_name_is_not_found(client: Client) -> None:
    answer = client.change({**CANARY, "name": "biling"})
    assert (answer.status_code, answer.json()["remedy"]) == (404, "Did you mean 'billing'?")


def test_a_state_that_is_out_of_reach_is_said_and_health_stays(client: Client, state: State) -> None:
    def broken(digest: str) -> None:
        raise StoreError("gone", where="state.db", remedy="Wait.")

    object.__setattr__(state.tokens, "find", broken)
    answer = client.send("GET", "/api/table")
    assert (answer.status_code, answer.json()) == (
        503,
        {"code": "store", "error": "gone", "where": "state.db", "remedy": "Wait."},
    )
    assert client.send("GET", "/healthz", None).status_code == 200


def test_what_nobody_foresaw_has_no_traceback(state: State) -> None:
    client = Client(state)
    client._app = create_app(state, metrics=lambda: str(1 / 0), status=dict)
    answer = client.send("GET", "/metrics")
    assert (answer.status_code, answer.json()["code"]) == (500, "error")
    assert "division" not in answer.text


def test_answers_are_never_cached_or_guessed_at(client: Client) -> None:
    headers = client.send("GET", "/api/table").headers
    assert (headers["cache-control"], headers["x-content-type-options"]) == ("no-store", "nosniff")


def test_a_change_is_carried_out_in_the_name_of_the_token(client: Client, state: State) -> None:
    answer = client.change(WRITER, more={"reason": "first"}, headers={"If-Match": '"1"'})
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert answer.json()["schema_version"] == 1
    entry = state.routes.history(1)[0].entry
    assert (entry.actor, entry.via, entry.reason) == ("boss", "api", "first")


def test_a_dry_run_only_says_what_would_be(client: Client, state: State) -> None:
    answer = client.change(ADD, more={"dry_run": True})
    assert (answer.json()["changed"], answer.json()["version"]) == (False, 1)
    assert "+[groups.crm]" in answer.json()["difference"]
    assert state.routes.version() == 1


def test_a_viewer_reads_everything(client: Client) -> None:
    table = client.send("GET", "/api/table", "v")
    assert (table.json()["version"], table.headers["etag"]) == (1, '"1"')
    assert table.json()["document"]["groups"] == {"billing": {"service": "billing"}}
    assert client.send("GET", "/api/table?version=0", "v").json()["document"] == {}
    [record] = client.send("GET", "/api/history?limit=5", "v").json()["history"]
    assert (record["version"], record["entry"]["actor"]) == (1, "test")
    assert client.send("GET", "/api/status", "v").json() == {"schema_version": 1, "version": 1}
    assert client.send("GET", "/metrics", "v").text == "x 1\n"


@pytest.mark.parametrize("host", ["127.0.0.1:8081", "localhost", "LOCALHOST:1", "[::1]:8081"])
def test_the_listeners_own_names_are_let_in(client: Client, host: str) -> None:
    assert client.send("GET", "/healthz", None, headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("10.0.0.5:8081", 200),
        ("[2001:db8::1]:8081", 200),
        ("localhost", 200),
        ("evil.example", 403),
        ("10.0.0.5.evil.example", 403),
        ("10.0.0.5@evil", 403),
    ],
)
def test_on_every_address_any_address_is_meant_and_still_no_name(
    state: State, host: str, status: int
) -> None:
    client = Client(state, LOOPBACK | {"0.0.0.0"})
    assert client.send("GET", "/healthz", None, headers={"Host": host}).status_code == status


def test_a_websocket_is_closed_at_the_door(state: State) -> None:
    app = create_app(state, metrics=str, status=dict)
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    asyncio.run(app({"type": "websocket", "path": "/api/table", "headers": []}, receive, send))
    assert sent == [{"type": "websocket.close"}]
