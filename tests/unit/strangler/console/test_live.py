from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

from strangler.console import create_app
from strangler.console.page import PATHS
from strangler.control import Control, Request
from strangler.control.verbs import Add, Pattern
from strangler.store import State, Token, Window, open_state
from strangler.store.tokens import digest_of

NOW = 1_000_000.0


@pytest.fixture
def state() -> State:
    state = open_state("memory://")
    for name, methods in (("billing", ("GET",)), ("orders", ())):
        verb = Add(
            name=name,
            patterns=(Pattern("prefix", f"/{name}/"),),
            service="http://127.0.0.1:9",
            methods=methods,
        )
        Control(state.routes, actor="test", clock=lambda: NOW - 30).change(Request(verb), via="store")
    state.tokens.add(Token("reader", "viewer", 1.0), digest_of("v"))
    state.tokens.add(Token("boss", "operator", 1.0), digest_of("o"))
    counted = [
        Window("w", int(NOW) - 20, "billing", side, 600, errors, (0, 600))
        for side, errors in (("monolith", 0), ("service", 6))
    ]
    state.windows.add(counted)  # type: ignore[arg-type]
    return state


def send(state: State, method: str, path: str, token: str | None = "o", **how: Any) -> httpx.Response:
    app = create_app(state, metrics=str, status=dict, clock=lambda: NOW)
    headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8081") as client:
            return await client.request(method, path, headers=headers, **how)

    return asyncio.run(ask())


@pytest.mark.parametrize(
    "path",
    ["/api/me", "/api/board", "/api/stream", "/api/groups/billing/series", "/api/groups/billing/forecast"],
)
def test_figures_need_a_token_and_the_page_does_not(state: State, path: str) -> None:
    assert send(state, "GET", path, None).status_code == 401
    for page in PATHS:
        answer = send(state, "GET", page, None)
        assert answer.status_code == 200
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "unsafe" not in answer.headers["content-security-policy"]
    assert send(state, "GET", "/static/vendor/LICENSES.txt", None).status_code == 401


def test_what_is_not_there_and_what_is_no_action_are_told(state: State) -> None:
    assert send(state, "GET", "/api/groups/nobody/series").status_code == 404
    assert send(state, "GET", "/api/groups/billing/forecast?share=much").status_code == 422
    assert send(state, "GET", "/api/groups/billing/forecast").status_code == 422


def test_a_share_that_would_be_refused_is_refused_before_anybody_sets_it(state: State) -> None:
    answer = send(state, "GET", "/api/groups/orders/forecast?share=5")
    assert (answer.status_code, answer.json()["code"]) == (409, "refused")
    assert state.routes.version() == 2


def test_before_a_share_is_raised_the_guard_is_asked(state: State) -> None:
    told = send(state, "GET", "/api/groups/billing/forecast?share=50").json()
    assert told["verdict"] == "inconclusive"
    assert "errors 1.00% of 600 on the service" in told["reason"]
    assert told["moves"] == 2.0
    assert state.routes.version() == 2


def test_the_board_the_chart_and_the_token_are_told(state: State) -> None:
    assert send(state, "GET", "/api/me", "v").json()["role"] == "viewer"
    (billing, orders) = send(state, "GET", "/api/board", "v").json()["groups"]
    assert (billing["service"]["requests"], billing["service"]["errors"]) == (10.0, 0.01)
    assert orders["service"]["errors"] is None
    chart = send(state, "GET", "/api/groups/billing/series", "v").json()
    assert max(chart["monolith"]["requests"]) == 60.0
    assert len(chart["marks"]) == 1


def test_changes_that_wait_for_another_operator_are_told(state: State) -> None:
    app = create_app(state, metrics=str, status=dict, clock=lambda: NOW, approval=True)
    headers = {"Authorization": "Bearer o"}

    async def ask() -> list[dict[str, Any]]:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://127.0.0.1", headers=headers
        ) as client:
            verb = {"verb": "writer", "name": "orders", "writer": "service"}
            answer = await client.post("/api/changes", json={"change": verb, "reason": "moved"})
            assert answer.status_code == 202
            found: list[dict[str, Any]] = (await client.get("/api/board")).json()["pending"]
            return found

    (pending,) = asyncio.run(ask())
    assert (pending["actor"], pending["reason"], pending["groups"]) == ("boss", "moved", ["orders"])


def test_the_stream_tells_the_board_every_second(state: State) -> None:
    app = create_app(state, metrics=str, status=dict, clock=lambda: NOW)
    heard: list[bytes] = []

    async def ask() -> None:
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            await gone.wait()
            return {"type": "http.disconnect"}

        async def tell(message: Any) -> None:
            heard.append(message.get("body", b""))
            if len(heard) == 2:
                gone.set()

        headers = [(b"host", b"127.0.0.1:1"), (b"authorization", b"Bearer v")]
        scope = {
            "type": "http", "method": "GET", "path": "/api/stream", "raw_path": b"/api/stream", "query_string": b"",
            "headers": headers, "http_version": "1.1", "scheme": "http", "server": ("127.0.0.1", 1), "asgi": {},
        }  # fmt: skip
        async with asyncio.timeout(10):
            await app(scope, receive, tell)

    asyncio.run(ask())
    assert heard[1].startswith(b"data: ")
    assert heard[1].endswith(b"\n\n")
    assert json.loads(heard[1][6:])["version"] == 2
