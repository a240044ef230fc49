"""Both ends of the wire, byte by byte: an upstream that plays scripts, a client that says exactly what it is told."""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Self

PATIENCE = 10.0
"""Seconds after which a test that waits for bytes has failed."""


@dataclass(frozen=True)
class Head:
    """A first line with its header fields, names in lower case, in order."""

    line: str
    fields: tuple[tuple[str, str], ...]

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        line, *fields = raw.decode("latin-1").removesuffix("\r\n\r\n").split("\r\n")
        pairs = (field.partition(":") for field in fields)
        return cls(line, tuple((name.lower(), value.strip()) for name, _, value in pairs))

    @property
    def status(self) -> int:
        return int(self.line.split()[1])

    @property
    def target(self) -> str:
        return self.line.split(" ")[1]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.fields if key == name]

    def __getitem__(self, name: str) -> str:
        found = self.all(name)
        assert len(found) == 1, f"{name} stands {len(found)} times in {self}"
        return found[0]

    def __contains__(self, name: str) -> bool:
        return bool(self.all(name))


@dataclass(frozen=True)
class Answer:
    head: Head
    body: bytes

    @property
    def status(self) -> int:
        return self.head.status


class Peer:
    """One end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def head(self) -> Head:
        """The next head; raises ``IncompleteReadError`` when the peer closed instead."""
        async with asyncio.timeout(PATIENCE):
            return Head.parse(await self.reader.readuntil(b"\r\n\r\n"))

    async def exactly(self, count: int) -> bytes:
        async with asyncio.timeout(PATIENCE):
            return await self.reader.readexactly(count)

    async def chunks(self) -> bytes:
        """A chunked body, trailers included in what is consumed."""
        body = b""
        async with asyncio.timeout(PATIENCE):
            while size := int((await self.reader.readuntil(b"\n")).partition(b";")[0], 16):
                body += await self.reader.readexactly(size)
                assert await self.reader.readexactly(2) == b"\r\n"
            while await self.reader.readline() != b"\r\n":
                pass
        return body

    async def body(self, head: Head) -> bytes:
        if "transfer-encoding" in head:
            return await self.chunks()
        return await self.exactly(int(head["content-length"])) if "content-length" in head else b""

    async def request(self) -> tuple[Head, bytes]:
        head = await self.head()
        return head, await self.body(head)

    async def answer(self, method: str = "GET") -> Answer:
        """The next final answer; interim ones are skipped."""
        head = await self.head()
        while 100 <= head.status < 200:
            head = await self.head()
        if method == "HEAD" or head.status in (204, 304):
            return Answer(head, b"")
        if "transfer-encoding" not in head and "content-length" not in head:
            return Answer(head, await self.rest())
        return Answer(head, await self.body(head))

    async def rest(self) -> bytes:
        """Everything until the peer closes."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()

    async def closed(self) -> bool:
        """Whether the peer closes now, saying nothing more."""
        try:
            async with asyncio.timeout(PATIENCE):
                return await self.reader.read() == b""
        except ConnectionError:
            return True

    def close(self) -> None:
        self.writer.close()

    def reset(self) -> None:
        """Ends the connection with a RST."""
        self.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
        )
        self.writer.transport.abort()


Script = Callable[[Peer], Awaitable[None]]


@dataclass
class Upstream:
    """A server that plays one script for each connection, in order; the last one again and again."""

    port: int
    host: str = "127.0.0.1"
    peers: list[Peer] = field(default_factory=list)
    failures: list[BaseException] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"


@asynccontextmanager
async def upstream(*scripts: Script, host: str = "127.0.0.1") -> AsyncIterator[Upstream]:
    """Raises what a script's assertion raised, at the end."""
    running: set[asyncio.Task[None]] = set()
    made = Upstream(0, f"[{host}]" if ":" in host else host)

    async def play(script: Script, peer: Peer) -> None:
        try:
            await script(peer)
        except AssertionError as error:
            made.failures.append(error)
        except (OSError, EOFError, asyncio.CancelledError):
            pass
        finally:
            peer.close()

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        script = scripts[min(len(made.peers), len(scripts) - 1)]
        made.peers.append(peer)
        task = asyncio.create_task(play(script, peer))
        running.add(task)
        task.add_done_callback(running.discard)

    server = await asyncio.start_server(accept, host, 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in list(running):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
    if made.failures:
        raise made.failures[0]


def answers(*raw: bytes) -> Script:
    """Reads a request for each answer and sends it as it is written here."""

    async def script(peer: Peer) -> None:
        for one in raw:
            await peer.request()
            await peer.send(one)
        await peer.reader.read()

    return script


def repeats(raw: bytes) -> Script:
    """Gives one answer to any number of requests."""

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(raw)

    return script


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@asynccontextmanager
async def connected(
    port: int, host: str = "127.0.0.1", *, path: str = "", tls: ssl.SSLContext | None = None, source: str = ""
) -> AsyncIterator[Peer]:
    """A client; by a Unix socket's ``path``, by ``tls``, or from a ``source`` address where these are given."""
    async with asyncio.timeout(PATIENCE):
        if path:
            reader, writer = await asyncio.open_unix_connection(path)
        else:
            local = (source, 0) if source else None
            reader, writer = await asyncio.open_connection(host, port, ssl=tls, local_addr=local)
    peer = Peer(reader, writer)
    try:
        yield peer
    finally:
        peer.close()


def get(target: str = "/", *fields: str, method: str = "GET", version: str = "1.1") -> bytes:
    """A request without a body, to the host ``shop.example``."""
    lines = [f"{method} {target} HTTP/{version}", "Host: shop.example", *fields]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def post(body: bytes, *fields: str, target: str = "/", method: str = "POST") -> bytes:
    """A request with a body of known length."""
    return get(target, f"Content-Length: {len(body)}", *fields, method=method) + body
