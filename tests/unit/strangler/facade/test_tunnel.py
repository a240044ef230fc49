from __future__ import annotations

import asyncio
import socket

import pytest

from strangler.facade.tunnel import keep_probing

pytestmark = pytest.mark.anyio


async def test_a_peer_that_vanished_will_be_noticed() -> None:
    server = await asyncio.get_running_loop().create_server(asyncio.Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    transport, _ = await asyncio.get_running_loop().create_connection(asyncio.Protocol, "127.0.0.1", port)
    connection = transport.get_extra_info("socket")
    assert not connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    keep_probing(transport)
    assert connection.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    transport.close()
    server.close()
