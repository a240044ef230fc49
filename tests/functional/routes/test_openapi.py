"""The admin API against its own OpenAPI document, asked by schemathesis with a pinned seed, over real connections."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from strangler.console import create_app, page
from strangler.console.gate import Limits
from strangler.console.openapi import openapi
from strangler.routing.policy import Rate
from strangler.store import Token, open_state
from strangler.store.tokens import digest_of

SCHEMA = schemathesis.openapi.from_dict(openapi()).exclude(path="/api/stream")  # it does not end
OPERATIONS = 17


@SCHEMA.hook
def filter_query(context: object, query: dict[str, object] | None) -> bool:
    """A value that is not sent at all breaks no rule."""
    return all(value not in (None, [], {}) for value in (query or {}).values())


def examples(number: int) -> Callable[..., object]:
    """The same ones in every run."""
    return settings(
        max_examples=number,
        derandomize=True,
        deadline=None,
        suppress_health_check=list(HealthCheck),
        database=None,
    )


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    state = open_state("memory://")
    state.tokens.add(Token("boss", "operator", 1.0), digest_of("o"))
    many = Limits(Rate("user", 10**6, 1.0, 10**6), Rate("client", 10**6, 1.0, 10**6))
    app = create_app(state, metrics=lambda: "x 1\n", status=lambda: {"version": 1}, limits=many)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()


def ask(case: schemathesis.Case, url: str) -> None:
    # What a schema cannot say (which names, patterns and addresses mean something) is refused with 422, as documented.
    case.call_and_validate(
        base_url=url, headers={"Authorization": "Bearer o"}, excluded_checks=[positive_data_acceptance]
    )


@SCHEMA.parametrize()
@examples(25)
def test_whatever_is_asked_the_answer_is_as_documented(case: schemathesis.Case, url: str) -> None:
    ask(case, url)


@pytest.mark.service
@SCHEMA.parametrize()
@examples(2_000 // OPERATIONS + 1)
def test_two_thousand_questions_find_nothing(case: schemathesis.Case, url: str) -> None:
    ask(case, url)


def test_every_endpoint_is_documented() -> None:
    app = create_app(open_state("memory://"), metrics=str, status=dict)
    everything = {(r.path, m) for r in app._app.routes for m in r.methods - {"HEAD"}}  # type: ignore[attr-defined]
    routes = {(path, method) for path, method in everything if path not in page.PATHS}
    documented = {(path, method.upper()) for path, item in openapi()["paths"].items() for method in item}
    assert routes == documented
    assert len(documented) == OPERATIONS + 1
