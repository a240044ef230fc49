"""After a 101 there is no HTTP any more: bytes pass both ways, with back-pressure and half-close, until both ended."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

from strangler.facade.asgi import Headers
from strangler.facade.connection import Connection
from strangler.facade.transport import Answer

if TYPE_CHECKING:
    from strangler.facade.protocol import FacadeProtocol

_EARLY_LIMIT = 64 * 1024
_PROBE_AFTER = 60
"""Seconds of silence after which the kernel asks whether a peer is still there: nothing else would notice its end."""


class Upgrade:
    """A client's wish to switch protocols: keeps what it sends behind its handshake until the upstream has answered."""

    def __init__(self, protocol: FacadeProtocol, rest: bytes) -> None:
        self._protocol = protocol
        self._early = [rest] if rest else []
        self._size = len(rest)

    def early(self, data: bytes) -> None:
        """Takes bytes that came before the answer to the handshake."""
        self._early.append(data)
        self._size += len(data)
        if self._size > _EARLY_LIMIT:
            self._protocol.flow.pause_reading()

    async def tunnel(self, headers: Headers, answer: Answer) -> None:
        """Passes the 101 back, then bytes both ways until both directions have ended or the task is cancelled."""
        assert isinstance(answer, Connection)
        protocol, client = self._protocol, self._protocol.transport
        head = b"".join(b"%b: %b\r\n" % field for field in headers)
        upgrade = next((value for name, value in answer.headers if name == b"upgrade"), b"websocket")
        client.write(
            b"HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: %b\r\n%b\r\n%b"
            % (upgrade, head, answer.surplus)
        )
        ended = asyncio.get_running_loop().create_future()
        from_client, from_upstream = _End(answer.transport, ended), _End(client, ended)
        from_client.other, from_upstream.other = from_upstream, from_client
        for end in (client, answer.transport):
            keep_probing(end)
        answer.hand_over(from_upstream)
        client.set_protocol(from_client)
        if self._early:
            answer.transport.write(b"".join(self._early))
        protocol.flow.resume_reading()
        answer.transport.resume_reading()
        try:
            await ended
        finally:
            client.close()
            answer.transport.close()
            protocol.tunnel_ended()


class _End(asyncio.Protocol):
    """The protocol of one peer's transport: what it receives goes ``to`` the other peer."""

    other: _End

    def __init__(self, to: asyncio.Transport, ended: asyncio.Future[None]) -> None:
        self._to = to
        self._ended = ended
        self._said_all = False

    def data_received(self, data: bytes) -> None:
        self._to.write(data)

    def eof_received(self) -> bool:
        self._said_all = True
        if self.other._said_all or not self._to.can_write_eof():
            self._end()
        elif not self._to.is_closing():
            self._to.write_eof()
        return True

    def pause_writing(self) -> None:
        self._to.pause_reading()

    def resume_writing(self) -> None:
        self._to.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        if not self._ended.done():
            self._ended.set_result(None)


def keep_probing(transport: asyncio.Transport) -> None:
    """Lets a peer that vanished without a word be noticed, some minutes later (TCP keep-alive)."""
    connection = transport.get_extra_info("socket")
    if connection is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if hasattr(socket, "TCP_KEEPIDLE"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _PROBE_AFTER)
