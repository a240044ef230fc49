"""The connections to one upstream: kept alive, bounded, and never lent twice."""

from __future__ import annotations

import asyncio
from collections import deque

from strangler.facade.connection import Connection
from strangler.facade.dial import Dial, Resolve
from strangler.facade.failures import Failure
from strangler.facade.transport import Body, Request
from strangler.routing import Upstream

UNREPEATABLE_IDLE_LIMIT = 0.5
"""Seconds after which an unused connection is not trusted with a request that cannot be sent again: servers close idle
connections without a word (gunicorn after 2 s), and a new connection costs less than a lost POST."""
MOST_AGE = 60.0
"""Seconds after which a connection to a named host is not kept any longer: the name may mean another address by now."""


class Pool:
    """A ``Transport`` over plain or TLS connections. Its limit is ``Upstream.max_connections``; who finds it reached
    waits for ``connect_timeout``, then the upstream counts as busy."""

    def __init__(self, upstream: Upstream, resolve: Resolve | None = None) -> None:
        self.upstream = upstream
        self._loop = asyncio.get_running_loop()
        self._dial = Dial(upstream, self._loop, resolve)
        self._idle: dict[Connection, None] = {}
        self._open: set[Connection] = set()
        self._connecting = 0
        self._promised = 0
        self._waiting: deque[asyncio.Future[Connection | None]] = deque()
        self._retired = False

    async def exchange(self, request: Request, body: Body | None) -> Connection:
        """Sends a request, on a fresh connection a second time where the first was stale and nothing can be doubled."""
        head = _head_bytes(request, self._dial.authority)
        first = await body.read() if body is not None and not request.expects_continue else None
        replay = request.may_replay
        connection = self._pop_idle(replay) or await self._open_one()
        try:
            await connection.ask(request, head, first, body)
        except Failure:
            stale = connection.untouched
            connection.finish()
            if not (replay and stale):
                raise
        except BaseException:
            connection.finish()
            raise
        else:
            return connection
        connection = await self._open_one()
        try:
            await connection.ask(request, head, first, body)
        except BaseException:
            connection.finish()
            raise
        return connection

    async def probe(self) -> None:
        """Raises ``Failure`` when the upstream cannot be reached now; sends nothing."""
        (await self._open_one()).close()

    def retire(self) -> None:
        """Closes what is idle now, and each busy connection when its exchange ends."""
        self._retired = True
        for connection in list(self._idle):
            connection.close()
        self._idle.clear()

    @property
    def open_connections(self) -> int:
        """Connections that are open or being opened."""
        return len(self._open) + self._connecting + self._promised

    @property
    def idle_connections(self) -> int:
        """Those of them that nobody uses."""
        return len(self._idle)

    @property
    def waiting(self) -> int:
        """Requests that wait for a connection."""
        return len(self._waiting)

    def _pop_idle(self, replay: bool) -> Connection | None:
        """The youngest idle connection. One too old for a request that cannot be repeated is left to those that can."""
        most = self.upstream.idle_timeout
        limit = most if replay else UNREPEATABLE_IDLE_LIMIT
        while self._idle:
            connection, _ = self._idle.popitem()
            age = self._loop.time() - connection.idle_since
            if not connection.usable or age > most:
                self._drop(connection)
            elif age > limit:
                self._idle[connection] = None
                return None
            else:
                return connection
        return None

    def _drop(self, connection: Connection) -> None:
        self._idle.pop(connection, None)
        self._open.discard(connection)
        connection.close()

    async def _open_one(self) -> Connection:
        upstream = self.upstream
        deadline = self._loop.time() + upstream.connect_timeout
        while self._is_full():
            if self._idle:  # the oldest one makes room
                self._drop(next(iter(self._idle)))
                continue
            given = await self._turn(deadline)
            if given is None:
                break
            if given.usable:
                return given
        self._connecting += 1
        try:
            async with asyncio.timeout_at(deadline):
                connection = await self._dial.connect(self._make)
        except TimeoutError:
            raise Failure(
                "connect timeout",
                f"{upstream.name} did not accept a connection within {upstream.connect_timeout:g} s",
            ) from None
        else:
            self._open.add(connection)
            return connection
        finally:
            self._connecting -= 1
            self._next_turn()

    def _is_full(self) -> bool:
        return self.open_connections >= self.upstream.max_connections

    async def _turn(self, deadline: float) -> Connection | None:
        """Waits in line: for a connection that has become idle, or (None) for the place of one that has ended. Both
        are kept for who waits longest: whoever came later, and would take them first, could keep it waiting for ever.
        """
        turn: asyncio.Future[Connection | None] = self._loop.create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout_at(deadline):
                given = await turn
            if given is None:
                self._promised -= 1
            return given
        except BaseException as error:
            if turn.done() and not turn.cancelled():
                self._pass_on(turn.result())
            if isinstance(error, TimeoutError):
                most, name = self.upstream.max_connections, self.upstream.name
                raise Failure("busy", f"all {most} connections of {name} are in use") from None
            raise
        finally:
            if turn in self._waiting:
                self._waiting.remove(turn)

    def _make(self) -> Connection:
        return Connection(self._loop, self.upstream, self._became_idle, self._was_lost)

    def _became_idle(self, connection: Connection) -> None:
        old = self._dial.by_name and self._loop.time() - connection.made > MOST_AGE
        if self._retired or old:
            connection.close()
            return
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(connection)
                return
        self._idle[connection] = None

    def _was_lost(self, connection: Connection) -> None:
        self._open.discard(connection)
        self._idle.pop(connection, None)
        self._next_turn()

    def _pass_on(self, given: Connection | None) -> None:
        """Whoever gives up in line hands on what it was given."""
        if given is None:
            self._promised -= 1
            self._next_turn()
        elif given.usable:
            self._became_idle(given)

    def _next_turn(self) -> None:
        while self._waiting and not self._is_full():
            turn = self._waiting.popleft()
            if not turn.done():
                self._promised += 1
                turn.set_result(None)


def _head_bytes(request: Request, authority: bytes) -> bytes:
    parts = [request.method.encode(), b" ", request.target, b" HTTP/1.1\r\n"]
    for name, value in request.headers:
        parts += (name, b": ", value or (authority if name == b"host" else b""), b"\r\n")
    if request.chunked:
        parts.append(b"transfer-encoding: chunked\r\n")
    elif request.content_length is not None:
        parts.append(b"content-length: %d\r\n" % request.content_length)
    if request.expects_continue:
        parts.append(b"expect: 100-continue\r\n")
    if request.upgrade:
        parts += (b"connection: Upgrade\r\nupgrade: ", request.upgrade, b"\r\n")
    parts.append(b"\r\n")
    return b"".join(parts)
