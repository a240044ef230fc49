import msgspec
from fakes.collector import read_json

from strangler.telemetry import Exchange, Spans, Trace
from strangler.telemetry.spans import MOST_AT_ONCE, MOST_WAITING, document

TRACE = Trace("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7", "1" * 16, "2" * 16, True)
ASKED = Exchange(
    1_700_000_000.0, 0.25, "abc", "GET", "/x/7/", "shop.example:8080", "https", "10.0.0.1", 200,
    route="x", pattern="x/<int:pk>/", group="billing", side="service", upstream="billing", reason="on the allow list",
    bucket=17, asked=0.01, answered=0.2, trace=TRACE,
)  # fmt: skip


def changed(**fields: object) -> Exchange:
    return msgspec.structs.replace(ASKED, **fields)


def test_a_collector_that_is_away_costs_no_memory() -> None:
    spans = Spans()
    for _ in range(MOST_WAITING + 3):
        spans.offer(ASKED)
    assert (len(spans), spans.dropped) == (MOST_WAITING, 3)
    assert len(spans.take()) == MOST_AT_ONCE
    assert len(spans) == MOST_WAITING - MOST_AT_ONCE


def test_a_request_that_was_refused_asked_nobody() -> None:
    (own,) = read_json(
        document(
            [changed(status=429, error="rate limited", asked=None, answered=None)], {"service.name": "s"}
        )
    )
    assert own.attributes["error.type"] == "rate limited"
    assert own.failed


def test_a_client_that_went_away_is_no_failure_of_the_facade() -> None:
    own, _ = read_json(document([changed(status=499, error="client gone")], {"service.name": "s"}))
    assert not own.failed


def test_two_spans_tell_what_the_facade_and_its_upstream_did() -> None:
    own, asked = read_json(document([ASKED], {"service.name": "edge"}))
    assert (own.service, own.name, own.kind) == ("edge", "GET x/<int:pk>/", 2)
    assert (own.trace_id, own.parent_id, own.span_id) == (TRACE.trace_id, TRACE.parent_id, TRACE.server_id)
    assert own.nanoseconds == 250_000_000
    assert own.attributes == {
        "http.request.method": "GET",
        "url.path": "/x/7/",
        "url.scheme": "https",
        "server.address": "shop.example",
        "server.port": 8080,
        "client.address": "10.0.0.1",
        "http.response.status_code": 200,
        "http.route": "x/<int:pk>/",
        "strangler.request_id": "abc",
        "strangler.route": "x",
        "strangler.group": "billing",
        "strangler.side": "service",
        "strangler.reason": "on the allow list",
        "strangler.bucket": 17,
    }
    assert (asked.name, asked.kind, asked.parent_id, asked.span_id) == (
        "GET",
        3,
        TRACE.server_id,
        TRACE.client_id,
    )
    assert asked.nanoseconds == 190_000_000
    assert not own.failed
    assert not asked.failed


def test_an_upstream_that_gave_no_answer_failed() -> None:
    told = changed(status=502, error="refused", answered=None)
    own, asked = read_json(document([told], {"service.name": "s"}))
    assert own.failed
    assert asked.failed
    assert "http.response.status_code" not in asked.attributes
