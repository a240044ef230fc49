"""An upstream that reads requests as narrowly as the grammar allows, keeps every byte, and says what it understood.

Two readings of the same bytes are kept apart: this file's own, and h11's. Where they differ, a request was ambiguous.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import h11

_LINE = re.compile(rb"([A-Z-]+) (/[\x21-\x7e]*) HTTP/1\.1")
_FIELD = re.compile(
    rb"([a-z0-9!#$%&'*+.^`|~-]+): ((?:[\x21-\x7e\x80-\xff](?:[\t \x21-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?)"
)
_SIZE = re.compile(rb"[0-9a-f]{1,8}")


class Ambiguous(AssertionError):
    """What no two servers have to understand alike."""


@dataclass(frozen=True)
class Seen:
    """One request as it was understood."""

    method: str
    target: str
    fields: tuple[tuple[str, str], ...]
    body: str

    @property
    def brief(self) -> list[str]:
        return [self.method, self.target, self.body]


def strictly(raw: bytes) -> tuple[list[Seen], bytes]:
    """The whole requests in some bytes, and what is left behind them; raises ``Ambiguous``."""
    found: list[Seen] = []
    while b"\r\n\r\n" in raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        line, *lines = head.split(b"\r\n")
        told, fields = _LINE.fullmatch(line), [_FIELD.fullmatch(one) for one in lines]
        if told is None or None in fields:
            raise Ambiguous(f"a head that is not to be understood: {head!r}")
        pairs = [(one[1], one[2]) for one in fields if one is not None]
        body = _body(pairs, rest)
        if body is None:
            return found, raw
        data, raw = body
        text = tuple((name.decode(), value.decode("latin-1")) for name, value in pairs)
        found.append(Seen(told[1].decode(), told[2].decode(), text, data.decode("latin-1")))
    return found, raw


def _body(fields: list[tuple[bytes, bytes]], rest: bytes) -> tuple[bytes, bytes] | None:
    """The body and what follows; None where it is not complete."""
    lengths = [value for name, value in fields if name == b"content-length"]
    codings = [value for name, value in fields if name == b"transfer-encoding"]
    if len(lengths) + len(codings) > 1 or [name for name, _ in fields].count(b"host") != 1:
        raise Ambiguous(f"more than one framing, or not one Host: {fields}")
    if codings:
        if codings != [b"chunked"]:
            raise Ambiguous(f"an encoding: {codings}")
        return _chunks(rest)
    size = 0
    if lengths:
        if not lengths[0].isdigit():
            raise Ambiguous(f"a length: {lengths}")
        size = int(lengths[0])
    return (rest[:size], rest[size:]) if len(rest) >= size else None


def _chunks(rest: bytes) -> tuple[bytes, bytes] | None:
    data = b""
    while b"\r\n" in rest:
        told, _, rest = rest.partition(b"\r\n")
        if _SIZE.fullmatch(told) is None:
            raise Ambiguous(f"the size of a chunk: {told!r}")
        size = int(told, 16)
        if len(rest) < size + 2:
            return None
        if rest[size : size + 2] != b"\r\n":
            raise Ambiguous("a chunk that is longer than its size")
        data, rest = data + rest[:size], rest[size + 2 :]
        if not size:
            return data, rest
    return None


def by_h11(raw: bytes) -> list[Seen]:
    """The whole requests in some bytes as h11 reads them."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(raw)
    found: list[Seen] = []
    while True:
        request = connection.next_event()
        if not isinstance(request, h11.Request):
            return found
        body = b""
        while isinstance(event := connection.next_event(), h11.Data):
            body += event.data
        if not isinstance(event, h11.EndOfMessage):
            return found
        fields = tuple((name.decode(), value.decode("latin-1")) for name, value in request.headers)
        found.append(Seen(request.method.decode(), request.target.decode(), fields, body.decode("latin-1")))
        connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
        connection.send(h11.EndOfMessage())
        if connection.our_state is h11.MUST_CLOSE:
            return found
        connection.start_next_cycle()


@dataclass
class Strict:
    """The upstream: what came on each connection, and what was wrong with it."""

    port: int = 0
    raw: list[bytearray] = field(default_factory=list)
    faults: list[Ambiguous] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def requests(self) -> list[Seen]:
        """Every whole request, both readings agreeing."""
        assert not self.faults, self.faults
        found = []
        for raw in map(bytes, self.raw):
            mine = strictly(raw)[0]
            assert mine == by_h11(raw), "two readings of the same bytes"
            found += mine
        return found


@asynccontextmanager
async def strict() -> AsyncIterator[Strict]:
    """Answers every whole request with 200, and its method and target as the body."""
    made = Strict()
    running: set[asyncio.Task[None]] = set()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        running.add(task)
        raw, answered = bytearray(), 0
        made.raw.append(raw)
        try:
            while data := await reader.read(65536):
                raw += data
                found = strictly(bytes(raw))[0]
                for one in found[answered:]:
                    body = f"{one.method} {one.target}".encode()
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
                answered = len(found)
        except Ambiguous as fault:
            made.faults.append(fault)
        except (OSError, asyncio.CancelledError):
            pass
        finally:
            running.discard(task)
            writer.close()

    server = await asyncio.start_server(accept, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for one in list(running):
            one.cancel()
        await asyncio.gather(*running, return_exceptions=True)
