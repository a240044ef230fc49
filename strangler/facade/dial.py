"""How a connection to an upstream is opened: by TCP or a Unix socket, by TLS or not, at the first address that answers.

Names are resolved anew for every connection. Several addresses are tried one after the other, a quarter of a second
apart, families in turn (RFC 8305, without its sorting), so that one dead address costs a moment and not the timeout.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from itertools import chain, zip_longest
from urllib.parse import urlsplit

from strangler.errors import BadDocument
from strangler.facade.connection import Connection
from strangler.facade.failures import Failure
from strangler.routing import Upstream
from strangler.routing.values import is_metadata
from strangler.tls import UpstreamTls

NEXT_ADDRESS = 0.25
"""Seconds after which the next address is tried beside one that has not answered (RFC 8305, 5)."""

Make = Callable[[], Connection]
Resolve = Callable[[str, int], Awaitable[list[str]]]
"""Gives the addresses of a host, the preferred one first; raises ``OSError``."""


class Dial:
    """The way to one upstream. ``authority`` is what stands in ``Host`` where the client sent none."""

    def __init__(
        self, upstream: Upstream, loop: asyncio.AbstractEventLoop, resolve: Resolve | None = None
    ) -> None:
        self._name = upstream.name
        self._loop = loop
        self._resolve = resolve or self._system_resolve
        self._path = upstream.url.removeprefix("unix:") if upstream.url.startswith("unix:") else ""
        parts = urlsplit(upstream.url)
        netloc = parts.netloc.rpartition("@")[2] or "localhost"
        self.authority = netloc.encode("idna" if not netloc.isascii() else "ascii")
        self._host = parts.hostname or ""
        self._port = (parts.port if not self._path else 0) or (443 if parts.scheme == "https" else 80)
        self._tls = UpstreamTls(upstream) if parts.scheme == "https" else None
        self._server_name = upstream.server_name or self._host
        self.by_name = not self._path and not _is_address(self._host)

    async def connect(self, make: Make) -> Connection:
        """A new connection; raises ``Failure`` (kinds ``refused``, ``exhausted``)."""
        try:
            return await self._connect(make)
        except OSError as error:
            if _out_of_descriptors(error):
                raise Failure("exhausted", "the facade has no file descriptor left") from None
            raise Failure("refused", self._told(error)) from None
        except BadDocument as error:
            raise Failure("refused", f"the certificates for {self._name} cannot be used: {error}") from None

    def _told(self, error: OSError) -> str:
        if isinstance(error, socket.gaierror):
            return f"the host of {self._name} is unknown"
        if isinstance(error, ssl.SSLError):
            return f"{self._name} speaks no TLS that can be trusted"
        return f"{self._name} refused the connection"

    async def _connect(self, make: Make) -> Connection:
        if self._path:
            _, connection = await self._loop.create_unix_connection(make, self._path)
            return connection
        if not self.by_name:
            return await self._one(make, self._host)
        found = await self._resolve(self._host, self._port)
        addresses = [address for address in _in_turn(found) if not is_metadata(address)]
        if found and not addresses:
            raise Failure("refused", f"the host of {self._name} is where clouds hand out credentials")
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no address")
        if len(addresses) == 1:
            return await self._one(make, addresses[0])
        return await self._race(make, addresses)

    async def _system_resolve(self, host: str, port: int) -> list[str]:
        found = await self._loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [str(where[0]) for _, _, _, _, where in found]

    async def _one(self, make: Make, address: str) -> Connection:
        context = self._tls.context() if self._tls is not None else None
        name = self._server_name if context is not None else None
        _, connection = await self._loop.create_connection(
            make, address, self._port, ssl=context, server_hostname=name
        )
        return connection

    async def _race(self, make: Make, addresses: list[str]) -> Connection:
        running: set[asyncio.Task[Connection]] = set()
        begun: list[asyncio.Task[Connection]] = []
        won: asyncio.Task[Connection] | None = None
        try:
            while won is None:
                if len(begun) < len(addresses):
                    begun.append(self._loop.create_task(self._one(make, addresses[len(begun)])))
                    running.add(begun[-1])
                elif not running:
                    break  # all have failed; the last one says why
                wait = NEXT_ADDRESS if len(begun) < len(addresses) else None
                done, running = await asyncio.wait(running, timeout=wait, return_when=asyncio.FIRST_COMPLETED)
                won = next((task for task in done if task.exception() is None), None)
            return (won or begun[-1]).result()
        finally:
            for task in begun:
                if task is not won:
                    task.add_done_callback(_drop)
                    task.cancel()


def _drop(task: asyncio.Task[Connection]) -> None:
    """Closes what a later address opened after all."""
    if not task.cancelled() and task.exception() is None:
        task.result().close()


def _in_turn(found: list[str]) -> list[str]:
    """Every address once: the preferred family's first, then one of each family in turn."""
    addresses = list(dict.fromkeys(found))
    first = [address for address in addresses if (":" in address) == (":" in addresses[0])]
    others = [address for address in addresses if address not in first]
    return [one for one in chain.from_iterable(zip_longest(first, others)) if one is not None]


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


def _out_of_descriptors(error: OSError) -> bool:
    """A resolver that cannot open its own files says that the host is unknown: then it is tried out."""
    if not isinstance(error, socket.gaierror):
        return error.errno in (errno.EMFILE, errno.ENFILE)
    try:
        os.close(os.dup(2))
    except OSError as caught:
        return caught.errno in (errno.EMFILE, errno.ENFILE)
    return False
