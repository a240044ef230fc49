from __future__ import annotations

import pytest

from strangler.facade import Failure
from strangler.facade.paths import _remembered, check_path, decoded_path, read_path, readings
from strangler.routing import Group, Route, RouteTable, Upstream

TABLE = RouteTable(
    upstreams={"billing": Upstream("billing", "http://127.0.0.1:1")},
    groups={"billing": Group("billing", service="billing")},
    routes=(
        Route("stays", "stays/<path:rest>/"),
        Route("moved", "api/invoices/<int:pk>/", group="billing"),
        Route("anything", "files/<path:name>", group="billing"),
    ),
)


@pytest.mark.parametrize(
    "raw",
    [
        b"//api/invoices/1/",
        b"/api/invoices/./1/",
        b"/stays/../api/invoices/1/",
        b"/stays/%2e%2E/api/invoices/1/",
        b"/stays/..%2fapi/invoices/1/",
        b"/api%2Finvoices%2F1%2F",
        b"/api%252finvoices%252f1%252f",
        b"/api%25252finvoices/1/",
        b"/stays/%252e%252e/api/invoices/1/",
        b"/api\\invoices\\1\\",
        b"/api%5Cinvoices/1/",
        b"/api;x/invoices;y=1/1;z/",
        b"/api/invoices/1/%00.png",
        b"/api/invoices/1/\x7f",
        b"/api/inv%0doices/1/",
        b"/api/invoices/1/#",
        b"/x;/..;/../api/invoices/1/",
        b"/files/a//b",
    ],
)
def test_an_ambiguous_path_with_a_moved_reading_is_refused(raw: bytes) -> None:
    with pytest.raises(Failure) as refused:
        check_path(TABLE, "GET", raw, "")
    assert read_path(raw)[1]
    assert refused.value.status == 400


@pytest.mark.parametrize(
    "raw",
    [
        b"/api/invoices/1/",
        b"/api/inv%6fices/1/",
        b"/files/a%20b/.hidden/..x/x..",
        b"/stays/a//b/",
        b"/stays/a%2fb/",
        b"/other/../x",
        b"/caf%c3%a9/%ff",
        b"/",
    ],
)
def test_other_paths_pass(raw: bytes) -> None:
    if read_path(raw)[1]:
        check_path(TABLE, "GET", raw, "")


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"/a%20b", "/a b"),
        (b"/caf%C3%A9", "/café"),
        (b"/%ff%C3%A9", "/%FFé"),
        (b"/a%zz%", "/a%zz%"),
        (b"/%2541", "/%41"),
    ],
)
def test_paths_are_decoded_once(raw: bytes, path: str) -> None:
    assert decoded_path(raw) == path


@pytest.mark.parametrize("raw", [b"/.well-known/x", b"/a.b/c...d", b"/a%2Eb", b"/a-b_c~d!$&'()*+,=:@"])
def test_ordinary_punctuation_is_not_ambiguous(raw: bytes) -> None:
    assert not read_path(raw)[1]


def test_an_odd_path_cannot_make_the_facade_work_long() -> None:
    assert len(readings(b"/%25252e/;//\\#\0\x01/.." * 200)) <= 5 * 2**7


def test_a_long_path_is_not_remembered() -> None:
    before = _remembered.cache_info().currsize
    read_path(b"/" + b"a" * 60_000)
    assert _remembered.cache_info().currsize == before


def test_a_long_ambiguous_path_is_refused_without_a_thought() -> None:
    with pytest.raises(Failure, match="more than 4096 bytes"):
        check_path(TABLE, "GET", b"/other//" + b"a;/" * 20_000, "")
    check_path(TABLE, "GET", b"/other//" + b"a;/" * 1000, "")
