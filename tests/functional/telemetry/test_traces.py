"""One trace over facade, monolith and service: the other two are traced by OpenTelemetry's own library."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from fakes import traced
from fakes.collector import Collector, Span, collector
from fakes.servers import process

TABLE = """
[upstreams.billing]
url = "{service}"
[groups.billing]
service = "billing"
share = 100
writer = "monolith"
[[routes]]
name = "invoices"
group = "billing"
path = "api/invoices/<int:pk>/"
"""
SERVER, CLIENT = 2, 3


@contextmanager
def site(folder: Path, told: Collector, *options: str) -> Iterator[str]:
    """A facade that sends its traces, before a monolith and a service that do so too; its address."""
    with ExitStack() as stack:
        monolith, service = (
            stack.enter_context(process([traced.__file__, name, told.url], "Serving"))
            for name in ("monolith", "billing")
        )
        (folder / "strangler.toml").write_text(TABLE.format(service=service))
        serve = ["-m", "strangler.cli", "serve", "--monolith", monolith, "--bind", "127.0.0.1:0"]
        serve += ["--admin-bind", "127.0.0.1:0", "--state", f"sqlite:///{folder / 'state.db'}"]
        serve += ["--config", str(folder / "strangler.toml"), "--otlp", told.url, *options]
        yield stack.enter_context(process(serve, "facade on"))


def of(spans: list[Span], service: str, kind: int) -> Span:
    (found,) = (span for span in spans if (span.service, span.kind) == (service, kind))
    return found


def test_without_a_sample_nothing_is_sent_and_the_others_are_told_so(tmp_path: Path) -> None:
    with collector() as told, site(tmp_path, told, "--trace-percent", "0") as facade:
        seen = httpx.get(f"{facade}/api/invoices/7/", trust_env=False).text
    assert seen.endswith("-00")
    assert told.spans == []


@pytest.mark.parametrize(("path", "upstream"), [("/api/invoices/7/", "billing"), ("/about/", "monolith")])
def test_one_trace_leads_from_the_client_through_the_facade_to_the_side_that_answers(
    tmp_path: Path, path: str, upstream: str
) -> None:
    parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00"
    with collector() as told, site(tmp_path, told, "--trace-percent", "100") as facade:
        httpx.get(f"{facade}{path}?token=s3cret", headers={"traceparent": parent}, trust_env=False)
        spans = told.wait(3)
    own, asked, served = (
        of(spans, "strangler", SERVER),
        of(spans, "strangler", CLIENT),
        of(spans, upstream, SERVER),
    )
    assert {span.trace_id for span in spans} == {"4bf92f3577b34da6a3ce929d0e0e4736"}
    assert own.parent_id == "00f067aa0ba902b7"
    assert asked.parent_id == own.span_id
    assert served.parent_id == asked.span_id
    assert asked.attributes["server.address"] == upstream
    assert own.nanoseconds >= asked.nanoseconds > 0
    assert "s3cret" not in json.dumps([span.attributes for span in (own, asked)])


def test_a_collector_that_stumbles_gets_the_spans_again_and_the_token_it_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20s3cret")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "edge")
    with collector() as told:
        told.statuses += [503]
        (tmp_path / "strangler.toml").write_text("")
        serve = ["-m", "strangler.cli", "serve", "--monolith", "http://127.0.0.1:9", "--bind", "127.0.0.1:0"]
        serve += ["--admin-bind", "127.0.0.1:0", "--state", f"sqlite:///{tmp_path / 'state.db'}"]
        serve += ["--config", str(tmp_path / "strangler.toml"), "--otlp", told.url, "--trace-percent", "100"]
        with process(serve, "facade on") as facade:
            assert httpx.get(f"{facade}/x/", trust_env=False).status_code == 502
            spans = told.wait(2)
    assert of(spans, "edge", SERVER).failed
    assert [request["authorization"] for request in told.requests[:2]] == ["Bearer s3cret"] * 2
