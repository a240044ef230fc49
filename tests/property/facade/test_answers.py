"""The answer parser: cut anywhere, the same answer; fed anything, an answer or a failure, never anything else."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from strangler.facade import Failure
from strangler.facade.connection import Connection
from strangler.facade.transport import Request
from strangler.routing import Upstream

ANSWERS = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nX-A: 1\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX-Trailer: 1\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\nX-A: 1\r\n\r\n",
    b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\nETag: x\r\n\r\n",
    b"HTTP/1.0 200 OK\r\n\r\nhello",
    b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
]


class Wire(asyncio.Transport):
    """Swallows what is written; closing it tells the protocol, as a real transport does."""

    def __init__(self, protocol: Connection) -> None:
        super().__init__()
        self.protocol: Connection | None = protocol

    def write(self, data: Any) -> None:
        pass

    def is_closing(self) -> bool:
        return self.protocol is None

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass

    def abort(self) -> None:
        protocol, self.protocol = self.protocol, None
        if protocol is not None:
            protocol.connection_lost(None)


async def _read(pieces: list[bytes], method: str) -> tuple[object, ...]:
    upstream = Upstream("m", "http://m", read_timeout=5.0)
    connection = Connection(asyncio.get_running_loop(), upstream, lambda _: None, lambda _: None)
    wire = Wire(connection)
    connection.connection_made(wire)
    asked = asyncio.ensure_future(connection.ask(Request(method, b"/", []), b"", None, None))
    await asyncio.sleep(0)
    for piece in pieces:
        if wire.protocol is not None:
            connection.data_received(piece)
    wire.abort()  # the upstream has nothing more to say
    try:
        await asked
        body = b""
        while not connection.complete:
            body += await connection.read()
        return connection.status, connection.headers, body
    except Failure as failure:
        return (failure.kind,)
    finally:
        connection.finish()


@given(st.sampled_from(ANSWERS), st.sampled_from(["GET", "HEAD"]), st.lists(st.integers(1, 120), max_size=6))
def test_where_the_packets_end_makes_no_difference(raw: bytes, method: str, cuts: list[int]) -> None:
    if method == "HEAD":
        raw = raw[: raw.rindex(b"\r\n\r\n", 0, len(raw) - (5 if raw.endswith(b"hello") else 0)) + 4]
        raw = raw.partition(b"\r\n\r\n3\r\n")[0] + (b"\r\n\r\n" if b"chunked" in raw else b"")
    edges = [0, *sorted({cut for cut in cuts if cut < len(raw)}), len(raw)]
    pieces = [raw[a:b] for a, b in pairwise(edges)]
    whole = asyncio.run(_read([raw], method))
    assert asyncio.run(_read(pieces, method)) == whole
    assert isinstance(whole[0], int)


@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([a[:40] for a in ANSWERS])), max_size=5))
def test_anything_is_an_answer_or_a_failure(pieces: list[bytes]) -> None:
    seen = asyncio.run(_read(pieces, "GET"))
    assert seen[0] in ("closed", "bad answer") or isinstance(seen[0], int)
