"""Whatever fields a client sends: what is forwarded is framed once, and says nothing about the connection."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from strangler.facade import Failure
from strangler.facade.asgi import Headers
from strangler.facade.headers import HOP_BY_HOP, answer_headers, origin_of, read_head

NAMES = [
    b"host",
    b"content-length",
    b"transfer-encoding",
    b"connection",
    b"x-forwarded-for",
    b"x_forwarded_for",
]
NAMES += [b"forwarded", b"te", b"trailer", b"upgrade", b"keep-alive", b"cookie", b"x-a", b"x-b", b"expect"]
VALUES = [
    b"a",
    b"a:80",
    b"0",
    b"5",
    b"5, 5",
    b"chunked",
    b"close",
    b"x-a, host",
    b"x-forwarded-for",
    b"100-continue",
    b"",
]
fields = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(VALUES)), max_size=10)


@given(fields, st.sampled_from(["1.0", "1.1"]))
def test_a_forwarded_head_is_unambiguous(sent: Headers, version: str) -> None:
    try:
        head = read_head(version, sent)
    except Failure:
        return
    names = [name for name, _ in head.kept]
    assert not set(names) & (HOP_BY_HOP | {b"host", b"content-length", b"forwarded", b"x-forwarded-for"})
    assert not any(b"_" in name for name in names)
    assert not (head.chunked and head.content_length is not None)
    nominated = {t.strip() for name, value in sent if name == b"connection" for t in value.split(b",")}
    assert not nominated & set(names)
    assert [field for field in head.kept if field[0] == b"cookie"] == [
        field for field in sent if field[0] == b"cookie"
    ]


@given(fields)
def test_an_answer_keeps_every_end_to_end_field_in_order(sent: Headers) -> None:
    kept = answer_headers(sent)
    nominated = {t.strip() for name, value in sent if name == b"connection" for t in value.split(b",")}
    gone = (nominated - {b"host", b"content-length"}) | HOP_BY_HOP
    assert kept == [field for field in sent if field[0] not in gone]
    assert answer_headers(kept) == kept


@given(st.lists(st.sampled_from(["1.1.1.1", "2.2.2.2", "evil", ""])), st.integers(0, 4))
def test_nobody_left_of_the_trusted_hops_is_ever_named(chain: list[str], hops: int) -> None:
    origin = origin_of("9.9.9.9", "http", b"a", {b"x-forwarded-for": ", ".join(chain).encode()}, hops)
    told = dict(origin.fields)[b"x-forwarded-for"].decode().split(", ")
    assert told[-1] == "9.9.9.9"
    assert len(told) <= hops + 1
    assert told[0] == origin.client
