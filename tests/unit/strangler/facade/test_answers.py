from __future__ import annotations

import json

import pytest

from strangler.facade import Failure
from strangler.facade.answers import answer_for
from strangler.facade.failures import STATUS


def test_an_answer_names_no_inner_detail_but_the_request() -> None:
    failure = Failure("refused", "billing refused the connection", where="10.0.0.3:9001", remedy="Start it.")
    status, headers, body = answer_for(failure, "r1", "text/html")
    assert status == 502
    assert body == b"502 Bad gateway: billing refused the connection\nRequest id: r1\n"
    assert dict(headers) == {
        b"content-type": b"text/plain; charset=utf-8",
        b"content-length": b"%d" % len(body),
        b"cache-control": b"no-store",
        b"x-request-id": b"r1",
    }


@pytest.mark.parametrize(
    "accept", ["application/json", "application/problem+json", "text/html, application/json;q=0.5"]
)
def test_who_accepts_json_gets_it(accept: str) -> None:
    _, headers, body = answer_for(Failure("busy", "no room"), "r1", accept)
    assert (b"content-type", b"application/json") in headers
    assert json.loads(body) == {"error": "busy", "status": 503, "message": "no room", "request_id": "r1"}


@pytest.mark.parametrize("kind", [kind for kind in STATUS if kind != "client gone"])
def test_every_failure_has_a_title_and_the_right_connection(kind: str) -> None:
    status, headers, body = answer_for(Failure(kind, "told"), "r1", "")  # type: ignore[arg-type]
    assert not body.startswith(b"%d Error" % status)
    assert ((b"connection", b"close") in headers) is (
        status in (400, 408, 413, 431) or kind == "too many clients"
    )
    assert ((b"retry-after", b"1") in headers) is (status == 503)
