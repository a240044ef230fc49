"""The gateway: what the monolith says amiss is an error with a reason; the rest is the contract's structs."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from fakes.acl_invoices import Invoice, row, translator

from acl.gateway import Gateway, GatewayError, Untranslated
from acl.wire import Wire


def gateway(answer: Any, status: int = 200) -> Gateway[Invoice]:
    """A monolith that always answers the same; an exception is raised instead."""

    def handle(request: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        content = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return httpx.Response(status, content=content)

    client = httpx.Client(transport=httpx.MockTransport(handle), base_url="http://monolith")
    return Gateway(client, Wire(translator()), Invoice, unwrap=lambda body: body["results"])


@pytest.mark.parametrize(
    ("answer", "status", "what"),
    [
        (httpx.ConnectError("no"), 200, "did not answer /i/7: ConnectError"),
        (b"", 500, "with 500"),
        (b"", 302, "with 302"),
        (b"<html>", 200, "not what was agreed"),
        ({}, 200, "not what was agreed"),
        ([], 200, "not what was agreed"),
    ],
)
def test_a_monolith_in_trouble_is_an_error(answer: Any, status: int, what: str) -> None:
    with pytest.raises(GatewayError, match=what):
        gateway(answer, status).get("/i/7")


def test_rows_that_do_not_fit_are_told_with_every_reason() -> None:
    with pytest.raises(Untranslated) as caught:
        gateway({"results": row(number="much too long", vat=None)}).get("/i/7")
    assert caught.value.records


def test_what_is_not_there_is_none() -> None:
    assert gateway(b"", 404).get("/i/7") is None
    assert gateway(b"", 404).find("/i") == []


def test_structs_of_the_contract() -> None:
    found = gateway({"results": row()}).get("/i/7")
    assert found is not None
    assert (found.number, found.items[0].amount) == ("A-7", "2.50")
    assert [one.number for one in gateway({"results": [row(), row(id=8)]}).find("/i", page=1)] == [
        "A-7",
        "A-7",
    ]
