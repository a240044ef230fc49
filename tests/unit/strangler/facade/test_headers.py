from __future__ import annotations

import pytest

from strangler.facade import Failure
from strangler.facade.asgi import Headers
from strangler.facade.headers import CookieView, HeaderView, answer_headers, is_shared, origin_of, read_head

HOST = (b"host", b"shop.example")


@pytest.mark.parametrize(
    ("version", "fields", "told"),
    [
        ("0.9", [], "HTTP/0.9"),
        ("2", [HOST], "HTTP/2"),
        ("1.1", [], "Host is missing"),
        ("1.1", [(b"host", b"")], "Host is not"),
        ("1.1", [(b"host", b"a b")], "Host is not"),
        ("1.1", [(b"host", b"a:123456")], "Host is not"),
        ("1.1", [(b"host", b"[::1")], "Host is not"),
        ("1.1", [(b"host", b"a" * 60_000)], "Host is not"),
        ("1.1", [HOST, HOST], "Host stands twice"),
        ("1.1", [HOST, (b"content-length", b"1"), (b"content-length", b"1")], "Content-Length stands twice"),
        ("1.1", [HOST, (b"content-length", b"1,1")], "not a number"),
        ("1.1", [HOST, (b"content-length", b"")], "not a number"),
        ("1.1", [HOST, (b"content-length", "٣".encode())], "not a number"),
        ("1.1", [HOST, (b"content-length", b"1" * 19)], "not a number"),
        ("1.1", [HOST, (b"transfer-encoding", b"gzip, chunked")], "only Transfer-Encoding"),
        ("1.1", [HOST, (b"transfer-encoding", b"chunked"), (b"transfer-encoding", b"chunked")], "once"),
        ("1.1", [HOST, (b"transfer-encoding", b"chunked"), (b"content-length", b"1")], "contradict"),
        ("1.0", [HOST, (b"transfer-encoding", b"chunked")], "HTTP/1.0 has no"),
        ("1.1", [HOST, (b"expect", b"miracles")], "only Expect"),
    ],
)
def test_what_two_servers_could_read_differently_is_refused(version: str, fields: Headers, told: str) -> None:
    with pytest.raises(Failure, match=told) as refused:
        read_head(version, fields)
    assert refused.value.status == 400


def test_a_nominated_field_goes_but_never_host_or_length() -> None:
    fields = [
        HOST,
        (b"connection", b"close, X-Secret, Host, Content-Length"),
        (b"x-secret", b"1"),
        (b"x-open", b"2"),
    ]
    head = read_head("1.1", [*fields, (b"content-length", b"3")])
    assert head.kept == [(b"x-open", b"2")]
    assert (head.host, head.content_length) == (b"shop.example", 3)


def test_an_upgrade_counts_only_where_connection_says_so() -> None:
    assert read_head("1.1", [HOST, (b"upgrade", b"websocket")]).upgrade is None
    fields = [HOST, (b"upgrade", b"WebSocket"), (b"connection", b"keep-alive, Upgrade")]
    assert read_head("1.1", fields).upgrade == b"websocket"


@pytest.mark.parametrize(
    "host", [b"a", b"a.example:8000", b"my_service:80", b"127.0.0.1", b"[::1]:8080", b"xn--bcher-kva.example"]
)
def test_ordinary_hosts_are_kept_as_they_are(host: bytes) -> None:
    assert read_head("1.1", [(b"host", host)]).host == host


def test_http_1_0_needs_no_host() -> None:
    assert read_head("1.0", []).host == b""


@pytest.mark.parametrize(
    ("hops", "sent", "client", "chain"),
    [
        (0, b"6.6.6.6", "10.0.0.1", b"10.0.0.1"),
        (1, b"203.0.113.7", "203.0.113.7", b"203.0.113.7, 10.0.0.1"),
        (1, b"6.6.6.6, 203.0.113.7", "203.0.113.7", b"203.0.113.7, 10.0.0.1"),
        (2, b"6.6.6.6, 203.0.113.7, 10.0.0.2", "203.0.113.7", b"203.0.113.7, 10.0.0.2, 10.0.0.1"),
        (3, b"203.0.113.7", "203.0.113.7", b"203.0.113.7, 10.0.0.1"),
        (1, b" , ", "10.0.0.1", b"10.0.0.1"),
    ],
)
def test_the_client_is_the_first_address_that_a_trusted_proxy_saw(
    hops: int, sent: bytes, client: str, chain: bytes
) -> None:
    origin = origin_of("10.0.0.1", "http", b"a", {b"x-forwarded-for": sent}, hops)
    assert origin.client == client
    assert dict(origin.fields)[b"x-forwarded-for"] == chain


def test_a_forged_scheme_left_of_the_trusted_one_is_not_believed() -> None:
    told = {b"x-forwarded-proto": b"https, http"}
    assert origin_of("10.0.0.1", "http", b"a", told, 1).scheme == "http"
    assert origin_of("10.0.0.1", "http", b"a", told, 2).scheme == "https"
    assert origin_of("10.0.0.1", "http", b"a", {b"x-forwarded-proto": b"javascript"}, 1).scheme == "http"


@pytest.mark.parametrize(
    ("host", "scheme", "port"),
    [
        (b"a", "http", b"80"),
        (b"a", "https", b"443"),
        (b"a:8000", "https", b"8000"),
        (b"[::1]", "http", b"80"),
        (b"[::1]:81", "http", b"81"),
    ],
)
def test_the_port_is_that_of_host_or_scheme(host: bytes, scheme: str, port: bytes) -> None:
    assert dict(origin_of("10.0.0.1", scheme, host, {}, 0).fields)[b"x-forwarded-port"] == port


def test_an_answer_keeps_length_and_cookies_and_loses_the_connections_fields() -> None:
    fields = [
        (b"set-cookie", b"a=1"),
        (b"connection", b"X-Own, Content-Length"),
        (b"x-own", b"1"),
        (b"content-length", b"2"),
        (b"set-cookie", b"b=2"),
    ]
    assert answer_headers(fields) == [fields[0], fields[3], fields[4]]


@pytest.mark.parametrize(
    ("control", "shared"),
    [
        (b"private", False),
        (b"private, max-age=60", False),
        (b"no-cache", False),
        (b"max-age=0", False),
        (b"max-age=60, no-store", False),
        (b"max-age=60", True),
        (b"Public, max-age=1", True),
        (b"S-MaxAge=5", True),
    ],
)
def test_shared_caches_are_recognised(control: bytes, shared: bool) -> None:
    assert is_shared([(b"cache-control", control)]) is shared


def test_views_read_as_django_does() -> None:
    fields = [
        (b"cookie", b'a=1; b="two"; c'),
        (b"cookie", b"a=3; =x"),
        (b"x-a", b"first"),
        (b"x-a", b"second"),
    ]
    cookies, headers = CookieView(fields), HeaderView(fields)
    assert dict(cookies) == {"a": "3", "b": "two", "": "x"}
    assert (headers["x-a"], headers.get("x-b"), list(headers), len(headers)) == (
        "first",
        None,
        ["cookie", "x-a"],
        2,
    )


@pytest.mark.parametrize("name", ["ssl", "protocol", "scheme", "server", "prefix", "proto"])
def test_no_spelling_of_the_scheme_or_place_that_a_client_claims_is_passed_on(name: str) -> None:
    forged = (b"x-forwarded-" + name.encode(), b"https")
    head = read_head("1.1", [HOST, forged])
    assert forged not in head.kept
    for hops in (0, 1, 2):
        told = origin_of("10.0.0.1", "http", head.host, head.forwarded, hops)
        believed = name == "proto" and hops > 0
        assert (told.scheme == "https") is believed
        assert (forged in told.fields) is believed


def test_without_a_host_no_host_is_claimed() -> None:
    assert "x-forwarded-host" not in [
        name.decode() for name, _ in origin_of("1.2.3.4", "http", b"", {}, 0).fields
    ]
