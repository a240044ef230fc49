from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from strangler.control.probes import EVERY, MOST, STALE, Probes, fetch, read_check
from strangler.errors import BadDocument
from strangler.rollout import Figure

JSON = read_check("failed = http://orders/health.json $.orders[1].failed <= 5", "--check")
PROM = read_check("lag = prometheus+http://prom:9090 max(lag{a='<b>'}) < 10", "--check")


class Clock:
    now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Server:
    """Answers whatever it is told to, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answer: Callable[[], httpx.Response] = lambda: httpx.Response(204)
        self.asked: list[httpx.Request] = []

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self._handle))

    def _handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.asked.append(request)
        return self.answer()


def says(content: Any, status: int = 200) -> Callable[[], httpx.Response]:
    return lambda: httpx.Response(
        status, content=content if isinstance(content, bytes) else json.dumps(content)
    )


def vector(*values: str) -> dict[str, Any]:
    series = [{"metric": {}, "value": [1.5, value]} for value in values]
    return {"status": "success", "data": {"resultType": "vector", "result": series}}


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def probes(server: Server, clock: Clock) -> Iterator[Probes]:
    with closing(Probes(client=server.client, clock=clock)) as made:
        yield made


def settle(probes: Probes) -> None:
    for future in list(probes._under_way.values()):
        future.result(10)


@pytest.mark.parametrize(
    "answer",
    [
        says({"orders": [{}, {"failed": "3"}]}),
        says({"orders": [{}, {"failed": True}]}),
        says(b'{"orders": [{}, {"failed": NaN}]}'),
        says(b'{"orders": [{}, {"failed": 1e999}]}'),
        says({"orders": []}),
        says([]),
        says(b"\xff"),
        says(b"[" * 100_000),
        says({"orders": [{}, {"failed": 3}]}, 500),
        says({"orders": [{}, {"failed": 3}]}, 302),
        says(b" " * (MOST + 1)),
    ],
)
def test_what_is_no_figure_is_none(
    server: Server, probes: Probes, answer: Callable[[], httpx.Response]
) -> None:
    server.answer = answer
    probes.figures((JSON,))
    settle(probes)
    [figure] = probes.figures((JSON,))
    assert figure.value is None
    assert figure.trouble not in ("", "not asked yet")


@pytest.mark.parametrize(
    "answer",
    [
        vector(),
        vector("1", "2"),
        vector("NaN"),
        vector("+Inf"),
        {"status": "error", "error": "parse error"},
        {"status": "success"},
        {"status": "success", "data": {"resultType": "vector", "result": [3]}},
        {"status": "success", "data": {"resultType": "matrix", "result": [{"values": []}]}},
        [],
    ],
)
def test_a_query_without_one_number_has_no_figure(server: Server, answer: Any) -> None:
    server.answer = says(answer)
    with pytest.raises(ValueError, match=r"\w"):
        fetch(server.client(), PROM)


def test_an_old_figure_is_none_any_more(server: Server, probes: Probes, clock: Clock) -> None:
    server.answer = says({"orders": [{}, {"failed": 3}]})
    probes.figures((JSON,))
    settle(probes)
    assert probes.figures((JSON,)) == (Figure(3.0, ""),)
    server.answer = says(b"", 500)
    clock.now += STALE + 1
    assert probes.figures((JSON,))[0].value is None


def test_nobody_is_asked_all_the_time(server: Server, probes: Probes, clock: Clock) -> None:
    server.answer = says({"orders": [{}, {"failed": 3}]})
    for _ in range(3):
        probes.figures((JSON,))
        settle(probes)
    assert len(server.asked) == 1
    clock.now += EVERY
    probes.figures((JSON,))
    settle(probes)
    assert len(server.asked) == 2


def test_a_hook_that_answers_badly_or_not_at_all_does_not_consent(server: Server, probes: Probes) -> None:
    server.answer = says(b"freeze\n", 409)
    probes.ask("a", "http://ci/ok", {"group": "billing"})
    settle(probes)
    assert probes.consent("a") == (False, "409 freeze")

    def refuse() -> httpx.Response:
        raise httpx.ConnectError("refused")

    server.answer = refuse
    probes.ask("b", "http://ci/ok", {})
    settle(probes)
    assert probes.consent("b") == (False, "refused")
    assert probes.consent("never asked") == (None, "")


def test_a_hook_is_told_what_it_is_asked_for_and_may_consent_later(
    server: Server, probes: Probes, clock: Clock
) -> None:
    server.answer = says(b"", 503)
    probes.ask("a", "http://ci/ok", {"group": "billing", "step": 2})
    settle(probes)
    server.answer = says(b"")
    clock.now += EVERY
    probes.ask("a", "http://ci/ok", {"group": "billing", "step": 2})
    settle(probes)
    assert probes.consent("a") == (True, "200")
    assert json.loads(server.asked[0].content) == {"group": "billing", "step": 2}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "x = http://a/b $.c",
        "x = http://a/b $.c <= NaN",
        "x = http://a/b $.c <= many",
        "x = http://a/b c <= 1",
        "x = http://a/b $c <= 1",
        "x = http://a/b $.c[x] <= 1",
        "x = ftp://a/b $.c <= 1",
        "x = http://me:pw@a/b $.c <= 1",
        "x = prometheus+ftp://a up <= 1",
        "x = http://[::1 $.c <= 1",
        "x = http://169.254.169.254/latest $.c <= 1",
    ],
)
def test_what_is_no_check_is_told(text: str) -> None:
    with pytest.raises(BadDocument) as caught:
        read_check(text, "--check")
    assert caught.value.where == "--check"


def test_figures_come_from_json_and_from_prometheus(server: Server) -> None:
    assert (JSON.relation, JSON.limit, PROM.expression) == ("<=", 5, "max(lag{a='<b>'})")
    server.answer = says({"orders": [{}, {"failed": 3}]})
    assert fetch(server.client(), JSON) == 3
    server.answer = says(vector("2.5"))
    assert fetch(server.client(), PROM) == 2.5
    assert server.asked[-1].url == httpx.URL(
        "http://prom:9090/api/v1/query", params={"query": PROM.expression}
    )
    server.answer = says({"status": "success", "data": {"resultType": "scalar", "result": [1, "7"]}})
    assert fetch(server.client(), PROM) == 7
