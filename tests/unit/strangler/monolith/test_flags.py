from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from openfeature import api
from openfeature.evaluation_context import EvaluationContext

from strangler.monolith import FLAGS
from strangler.monolith.strangler_flags import Facts, Flags, bucket_of, provider
from strangler.routing.cohort import bucket_of as bucket_of_the_facade

DOCUMENT = {"groups": {"billing": {"service": "s", "share": 25}, "orders": {"service": "s", "share": 100}}}
IN = next(str(n) for n in range(100) if bucket_of("billing", str(n)) < 2500)
OUT = next(str(n) for n in range(100) if bucket_of("billing", str(n)) >= 2500)


@pytest.fixture
def flags() -> Iterator[Flags]:
    made = Flags("http://127.0.0.1:9", "t", every=60, fetch=lambda: DOCUMENT)
    yield made
    made.close()


def test_before_a_table_was_read_nobody_is_on_the_new_side() -> None:
    made = Flags("http://127.0.0.1:9", "t", every=60)
    assert not made.is_on("orders", Facts(key=IN))
    assert made.is_on("orders", Facts(key=IN), default=True)
    assert "refused" in made.trouble
    made.close()


def test_a_table_that_cannot_be_read_leaves_the_last_one() -> None:
    answers: list[Any] = [DOCUMENT]
    made = Flags("http://127.0.0.1:9", "t", every=60, fetch=lambda: answers.pop())
    assert made.is_on("orders", Facts(key=OUT))
    assert not made.refresh()
    assert made.trouble
    assert made.is_on("orders", Facts(key=OUT))
    made.close()


def test_a_token_does_not_follow_a_redirect() -> None:
    heard: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            heard.append(self.path)
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{server.server_port}/elsewhere")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        assert not Flags(f"http://127.0.0.1:{server.server_port}/", "secret").refresh()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    assert heard == ["/api/table"]


def test_a_group_that_is_not_there_is_the_default(flags: Flags) -> None:
    assert not flags.is_on("nobody", Facts(key=IN))
    assert flags.is_on("nobody", Facts(key=IN), default=True)


def test_a_user_is_where_the_facade_puts_them(flags: Flags) -> None:
    assert (flags.is_on("billing", Facts(key=IN)), flags.is_on("billing", Facts(key=OUT))) == (True, False)
    assert flags.is_on("billing", Facts(cookies={"sessionid": OUT, "strangler_billing": "7"}))
    assert not flags.is_on("billing", Facts())
    assert bucket_of("s", "ü\udcff") == bucket_of_the_facade("s", "ü\udcff")


def test_openfeature_asks_the_same(flags: Flags) -> None:
    api.set_provider(provider(flags))
    try:
        client = api.get_client()
        assert client.get_boolean_value("billing", False, EvaluationContext(IN))
        assert not client.get_boolean_value("billing", True, EvaluationContext(OUT))
        told = client.get_boolean_details("nobody", True, EvaluationContext(OUT))
        assert told.value
        assert str(told.error_code).endswith("FLAG_NOT_FOUND")
        assert client.get_string_value("billing", "x", EvaluationContext(IN)) == "x"
    finally:
        api.shutdown()


def test_the_file_is_written_for_old_pythons_and_imports_the_standard_library_only() -> None:
    tree = ast.parse(FLAGS.read_text(), feature_version=(3, 8))
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {
        alias.name.partition(".")[0] for node in top if isinstance(node, ast.Import) for alias in node.names
    }
    assert all(isinstance(node, ast.Import) for node in top)
    assert names <= set(sys.stdlib_module_names)
    assert json.dumps(DOCUMENT)
