"""Old clients keep the old shape from the new service: what they get, what is refused, when the monolith steps in."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from fakes.facades import Running, running
from fakes.translated import contract, legacy, translations
from fakes.wire import Answer, Head, Peer, Script, answers, connected, get, post, upstream

from strangler.facade.observe import Shadowing
from strangler.facade.translation import LIMIT
from strangler.routing import Group, Policy, Route, RouteTable, Upstream
from strangler.routing.policy import Limits, Retry
from strangler.routing.table import Writer
from strangler.server.telling import policy_families

pytestmark = pytest.mark.anyio


def told(body: object, *fields: str, status: int = 200, kind: str = "application/json") -> bytes:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [
        f"HTTP/1.1 {status} Told",
        f"Content-Type: {kind}",
        f"Content-Length: {len(raw)}",
        *fields,
        "",
        "",
    ]
    return "\r\n".join(lines).encode() + raw


OLD = told(legacy(label="from the monolith"))


async def never(peer: Peer) -> None:
    raise AssertionError("nobody was to be asked here")


@asynccontextmanager
async def moved(
    service: Script,
    monolith: Script = never,
    *,
    mapping: str | None = "order",
    body_mapping: str | None = None,
    writer: Writer = "service",
    behind: bool = False,
    policy: Policy | None = None,
) -> AsyncIterator[tuple[Running, Peer]]:
    """A route whose service answers everything, in front of both."""
    async with upstream(monolith) as old, upstream(service) as new:
        table = RouteTable(
            upstreams={"s": Upstream("s", new.url)},
            groups={
                "g": Group(
                    "g",
                    "s",
                    share=100.0,
                    writer=writer,
                    way_back="none" if behind else "dual_write",
                    policy="p" if policy else None,
                )
            },
            routes=(
                Route("orders", "orders/", "prefix", "g", translate=mapping, translate_body=body_mapping),
            ),
            policies={"p": policy} if policy else {},
        )
        async with (
            running(old.url, table, translations=translations(), debug_headers=True) as front,
            connected(front.port) as client,
        ):
            yield front, client


async def asked(client: Peer, request: bytes, method: str = "GET") -> Answer:
    await client.send(request)
    return await client.answer(method)


def heard(*raw: bytes) -> tuple[list[tuple[Head, bytes]], Script]:
    """A server that remembers what it was asked."""
    seen: list[tuple[Head, bytes]] = []

    async def script(peer: Peer) -> None:
        for one in raw:
            seen.append(await peer.request())
            await peer.send(one)
        await peer.reader.read()

    return seen, script


UNTRANSLATABLE = {
    "malformed": told(b'{"id": 1, '),
    "not UTF-8": told(b'{"id": 1, "title": "\xff"}'),
    "of another type": told(b"<order/>", kind="application/xml"),
    "of another charset": told(contract(), kind="application/json; charset=latin-1"),
    "compressed": told(b"\x1f\x8b", "Content-Encoding: gzip"),
    "a part": told(contract(), "Content-Range: bytes 0-1/9", status=206),
    "too large": told(contract(title="x" * LIMIT)),
    "of another shape": told({"hello": "world"}),
    "an unknown word": told(contract(state="lost")),
    "an amount that is none": told(contract(total={"amount": "secret", "currency": "EUR"})),
    "nested without end": told(b"[" * 100_000),
    "a page of something else": told({"next": None, "previous": None, "results": [{"a": 1}]}),
}


@pytest.mark.parametrize("answer", UNTRANSLATABLE.values(), ids=UNTRANSLATABLE.keys())
async def test_an_answer_that_cannot_be_translated_never_reaches_a_client(answer: bytes) -> None:
    async with moved(answers(answer), behind=True) as (front, client):
        got = await asked(client, get("/orders/1", "Accept: application/json"))
        assert got.status == 502
        assert json.loads(got.body)["error"] == "untranslatable"
        assert (await front.outcome()).error == "untranslatable"


async def test_nor_do_its_values() -> None:
    answer = told(contract(total={"amount": "secret", "currency": "EUR"}, state="hidden"))
    async with moved(answers(answer), behind=True) as (_, client):
        got = await asked(client, get("/orders/1"))
        assert b"total" in got.body or b"state" in got.body
        assert b"secret" not in got.body
        assert b"hidden" not in got.body


@pytest.mark.parametrize("answer", UNTRANSLATABLE.values(), ids=UNTRANSLATABLE.keys())
async def test_the_monolith_answers_in_its_place_where_nothing_is_changed(answer: bytes) -> None:
    async with moved(answers(answer), answers(OLD)) as (front, client):
        got = await asked(client, get("/orders/1"))
        assert (got.status, json.loads(got.body)["label"]) == (200, "from the monolith")
        assert got.head["x-strangler-side"] == "monolith"
        outcome = await front.outcome()
        assert (outcome.error, outcome.fell_back) == ("untranslatable", "untranslatable")
        counted = front.facade.figures()["strangler_untranslatable_total"]
        assert counted == [({"mapping": "order", "body": "answer"}, 1.0)]
        names = {family.name for family in policy_families(front.facade)}
        assert {"strangler_translated_total", "strangler_untranslatable_total"} <= names


async def test_but_not_where_the_service_has_changed_something() -> None:
    async with moved(answers(told({"hello": "world"}))) as (_, client):
        request = post(json.dumps(legacy()).encode(), "Content-Type: application/json", target="/orders/")
        assert (await asked(client, request)).status == 502


async def test_a_mapping_that_nobody_loaded_is_502_and_asks_nobody() -> None:
    async with moved(never, mapping="os") as (_, client):
        got = await asked(client, get("/orders/1"))
        assert got.status == 502
        assert b"os" in got.body


BAD_REQUESTS = {
    "malformed": (b'{"id"', "Content-Type: application/json", 422),
    "of another shape": (b'{"id": 1}', "Content-Type: application/json", 422),
    "an unknown code": (json.dumps(legacy(status="X")).encode(), "Content-Type: application/json", 422),
    "of another type": (b"id=1", "Content-Type: application/x-www-form-urlencoded", 422),
    "compressed": (b"\x1f\x8b", "Content-Type: application/json\r\nContent-Encoding: gzip", 422),
    "too large": (b" " * (LIMIT + 1), "Content-Type: application/json", 413),
}


@pytest.mark.parametrize(("body", "fields", "status"), BAD_REQUESTS.values(), ids=BAD_REQUESTS.keys())
async def test_a_body_that_cannot_be_translated_asks_nobody(body: bytes, fields: str, status: int) -> None:
    async with moved(never) as (front, client):
        got = await asked(client, post(body, fields, target="/orders/"))
        assert got.status == status
        assert (await front.outcome()).error in ("unprocessable", "body too large")


async def test_a_client_hears_where_its_body_is_wrong() -> None:
    async with moved(never) as (_, client):
        body = json.dumps(legacy(status="X", total_cents="much")).encode()
        got = await asked(client, post(body, "Content-Type: application/json", target="/orders/"))
        assert b"total_cents" in got.body


async def test_a_policy_may_allow_less() -> None:
    policy = Policy("p", limits=Limits(body=10))
    async with moved(never, policy=policy) as (_, client):
        body = b'7\r\n{"id": \r\n4\r\n1234\r\n0\r\n\r\n'
        head = get("/orders/", "Content-Type: application/json", "Transfer-Encoding: chunked", method="POST")
        assert (await asked(client, head + body)).status == 413


async def test_a_chunked_body_without_end_is_given_up() -> None:
    async with moved(never) as (_, client):
        head = get("/orders/", "Content-Type: application/json", "Transfer-Encoding: chunked", method="POST")
        await client.send(head + b"%x\r\n%b\r\n" % (LIMIT + 1, b" " * (LIMIT + 1)))
        assert (await client.answer()).status == 413


@pytest.mark.parametrize("body", [json.dumps(legacy()).encode(), b""], ids=["with a body", "without"])
async def test_what_may_not_be_repeated_is_not(body: bytes) -> None:
    asked_with: list[bytes] = []

    async def closes(peer: Peer) -> None:
        asked_with.append((await peer.request())[1])

    policy = Policy("p", fallback=True, retry=Retry(tries=3, bodies=LIMIT))
    async with moved(closes, policy=policy) as (_, client):
        request = post(body, "Content-Type: application/json", target="/orders/")
        assert (await asked(client, request)).status == 502
        assert len(asked_with) == 1


async def test_what_may_be_repeated_is_sent_in_the_new_shape_again() -> None:
    asked_with: list[bytes] = []

    async def closes_once(peer: Peer) -> None:
        asked_with.append((await peer.request())[1])
        if len(asked_with) > 1:
            await peer.send(told(contract()))

    policy = Policy("p", retry=Retry(tries=2, bodies=LIMIT))
    async with moved(closes_once, policy=policy) as (_, client):
        body = json.dumps(legacy()).encode()
        got = await asked(
            client, post(body, "Content-Type: application/json", target="/orders/1", method="PUT")
        )
        assert json.loads(got.body) == legacy()
        assert [json.loads(sent) for sent in asked_with] == [contract(), contract()]


PASSING: dict[str, tuple[str, bytes]] = {
    "an error of the service": ("GET", told({"detail": "no"}, status=404)),
    "another error": ("GET", told(b"<h1>oops</h1>", status=500, kind="text/html")),
    "a redirect": ("GET", told(b"", "Location: /x", status=302)),
    "nothing": ("GET", told(b"", kind="text/plain")),
    "what a method may": ("OPTIONS", told({"name": "orders"})),
}


@pytest.mark.parametrize(("method", "answer"), PASSING.values(), ids=PASSING.keys())
async def test_what_holds_no_order_passes_unchanged(method: str, answer: bytes) -> None:
    async with moved(answers(answer)) as (front, client):
        got = await asked(client, get("/orders/1", method=method))
        assert got.body == answer.partition(b"\r\n\r\n")[2]
        assert (await front.outcome()).error is None


async def test_what_the_monolith_answers_is_not_touched() -> None:
    async with moved(never, answers(told(b"anything")), writer="monolith") as (_, client):
        got = await asked(client, post(b"x", "Content-Type: text/plain", target="/orders/"))
        assert got.body == b"anything"


async def test_a_route_without_a_mapping_is_not_touched() -> None:
    seen, service = heard(told(contract()))
    async with moved(service, mapping=None) as (_, client):
        got = await asked(client, get("/orders/1", "Accept-Encoding: br"))
        assert json.loads(got.body) == contract()
        assert seen[0][0]["accept-encoding"] == "br"


SHAPES: dict[str, tuple[Any, Any]] = {
    "one": (contract(), legacy()),
    "a list": ([contract(1), contract(2)], [legacy(1), legacy(2)]),
    "an empty list": ([], []),
    "many": ([contract(n) for n in range(900)], [legacy(n) for n in range(900)]),
}


@pytest.mark.parametrize(("new", "old"), SHAPES.values(), ids=SHAPES.keys())
async def test_the_service_answers_in_the_old_shape(new: Any, old: Any) -> None:
    async with moved(answers(told(new))) as (front, client):
        got = await asked(client, get("/orders/"))
        assert json.loads(got.body) == old
        assert int(got.head["content-length"]) == len(got.body)
        assert got.head["content-type"] == "application/json"
        outcome = await front.outcome()
        assert (outcome.error, outcome.bytes_out) == (None, len(got.body))


async def test_a_page_keeps_its_count_and_its_links_lead_to_where_the_client_asked() -> None:
    page = {
        "count": 5,
        "next": "http://billing.internal:9001/orders/?page=3&q=a%20b",
        "previous": None,
        "results": [contract()],
    }
    async with moved(answers(told(page))) as (_, client):
        got = json.loads((await asked(client, get("/orders/?page=2"))).body)
        assert got == {
            "count": 5,
            "next": "http://shop.example/orders/?page=3&q=a%20b",
            "previous": None,
            "results": [legacy()],
        }


async def test_a_link_without_a_host_stays_as_it_is() -> None:
    page = {"next": "/orders/?page=3", "previous": "/orders/", "results": []}
    async with moved(answers(told(page))) as (_, client):
        assert json.loads((await asked(client, get("/orders/"))).body) == page


async def test_a_body_reaches_the_service_in_its_own_shape() -> None:
    seen, service = heard(told(contract(9), status=201))
    async with moved(service) as (front, client):
        body = json.dumps(legacy(9)).encode()
        fields = ("Content-Type: application/json", "Digest: md5=x")
        got = await asked(client, post(body, *fields, target="/orders/"))
        assert (got.status, json.loads(got.body)) == (201, legacy(9))
        head, sent = seen[0]
        assert json.loads(sent) == contract(9)
        assert "digest" not in head
        assert (await front.outcome()).bytes_in == len(body)


async def test_so_does_one_that_came_in_chunks_and_under_a_policy() -> None:
    seen, service = heard(told(contract(9), status=201))
    async with moved(service, policy=Policy("p", fallback=True)) as (_, client):
        body = json.dumps(legacy(9)).encode()
        head = get("/orders/", "Content-Type: application/json", "Transfer-Encoding: chunked", method="POST")
        got = await asked(client, head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
        assert got.status == 201
        assert json.loads(seen[0][1]) == contract(9)


async def test_the_fallback_of_a_policy_is_not_translated() -> None:
    async def closes(peer: Peer) -> None:
        await peer.request()

    policy = Policy("p", fallback=True)
    async with moved(closes, answers(OLD), policy=policy) as (front, client):
        got = await asked(client, get("/orders/1"))
        assert json.loads(got.body)["label"] == "from the monolith"
        assert (await front.outcome()).fell_back == "closed"


async def test_the_service_is_asked_for_whole_and_plain_bodies() -> None:
    seen, service = heard(told(contract()))
    async with moved(service) as (_, client):
        fields = ("Accept-Encoding: gzip, br", "Range: bytes=0-1", 'If-Range: "a"', "If-Modified-Since: x")
        await asked(client, get("/orders/1", *fields))
        head = seen[0][0]
        assert head["accept-encoding"] == "identity"
        assert not {"range", "if-range", "if-modified-since"} & {name for name, _ in head.fields}


@pytest.mark.parametrize("weak", ["", "W/"])
async def test_an_entity_tag_is_of_the_translated_body_and_is_understood_again(weak: str) -> None:
    unchanged = b'HTTP/1.1 304 Not Modified\r\nETag: %b"abc"\r\n\r\n' % weak.encode()
    seen, service = heard(told(contract(), f'ETag: {weak}"abc"', "Digest: md5=x"), unchanged)
    async with moved(service) as (_, client):
        got = await asked(client, get("/orders/1"))
        tag = got.head["etag"]
        assert re.fullmatch(re.escape(weak) + r'"abc-[0-9a-f]{12}"', tag)
        assert "digest" not in got.head
        again = await asked(client, get("/orders/1", f'If-None-Match: "of-the-contract", {tag}'))
        assert (again.status, again.head["etag"]) == (304, tag)
        assert seen[1][0]["if-none-match"] == f'{weak}"abc"'


async def test_an_entity_tag_of_another_shape_is_not_asked_about() -> None:
    seen, service = heard(told(contract()))
    async with moved(service) as (_, client):
        await asked(client, get("/orders/1", 'If-None-Match: "abc"'))
        assert "if-none-match" not in seen[0][0]


async def test_a_head_tells_nothing_of_the_services_bytes() -> None:
    answer = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\nETag: "a"\r\n\r\n'
    async with moved(answers(answer)) as (_, client):
        got = await asked(client, get("/orders/1", method="HEAD"), "HEAD")
        assert got.status == 200
        assert "content-length" not in got.head
        assert got.head["etag"] != '"a"'


async def test_the_connection_serves_on_after_a_refusal() -> None:
    async with moved(answers(told({"a": 1}), told(contract())), behind=True) as (_, client):
        assert (await asked(client, get("/orders/1"))).status == 502
        assert json.loads((await asked(client, get("/orders/1"))).body) == legacy()


@pytest.mark.parametrize(("says", "differs"), [(contract(), False), (contract(title="Boxes"), True)])
async def test_a_shadow_is_compared_in_the_old_shape(says: Any, differs: bool) -> None:
    async with upstream(answers(told(legacy()))) as old, upstream(answers(told(says))) as new:
        table = RouteTable(
            upstreams={"s": Upstream("s", new.url)},
            groups={"g": Group("g", "s", shadow=100.0)},
            routes=(Route("orders", "orders/", "prefix", "g", translate="order"),),
        )
        async with (
            running(old.url, table, translations=translations()) as front,
            connected(front.port) as client,
        ):
            compared: list[tuple[str, bool]] = []
            shadowing = Shadowing(front.facade, lambda group, differs: compared.append((group, differs)))
            front.facade.mirror = shadowing
            await asked(client, get("/orders/1", "Accept-Encoding: gzip"))
            await shadowing.mirror.drain()
            assert compared == [("g", differs)]
            await shadowing.aclose()
