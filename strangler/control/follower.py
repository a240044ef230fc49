"""Watches the state and hands every new route table to a running facade: within 200 ms of its commit, or at the latest
half a second after it where PostgreSQL's hint got lost."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from threading import Event, Thread

from strangler.errors import StoreError, StranglerError
from strangler.routing import RouteTable
from strangler.store import State, open_state

INTERVAL = 0.05
"""Seconds between two looks while the state cannot be read; else the state says how often to look, and gives hints."""

log = logging.getLogger("strangler.control")


class Follower:
    """A daemon thread with its own connection that calls ``swap(table)`` on the event loop after each change.

    While the state cannot be read the last table stays; ``trouble`` then says why (None while all is well). It is
    logged once, and once more when the state is back.
    """

    def __init__(
        self,
        state_url: str,
        swap: Callable[[RouteTable], None],
        loop: asyncio.AbstractEventLoop,
        *,
        interval: float | None = None,
        open_: Callable[[str], State] = lambda url: open_state(url, create=False),
    ) -> None:
        self.trouble: StranglerError | None = None
        self._url = state_url
        self._swap = swap
        self._loop = loop
        self._interval = interval
        self._open = open_
        self._state: State | None = None
        self._version: int | None = None
        self._has_routes = False
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="strangler-follower", daemon=True)

    def start(self, version: int | None = None) -> None:
        """Begin; ``version`` is the one that the facade already has (None: hand over the first one that is found)."""
        self._version, self._has_routes = version, bool(version)
        self._thread.start()

    def stop(self) -> None:
        """End and wait for the thread; no swap is scheduled afterwards."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                self._look()
                self._recovered()
            except StranglerError as error:
                self._troubled(error)
            except Exception as error:  # whatever it is: a thread that has died would follow nothing
                self._troubled(StranglerError(f"unexpected {type(error).__name__}: {error}"))
            self._pause()
        if self._state is not None:
            self._state.close()

    def _pause(self) -> None:
        if self._state is None or self.trouble is not None:
            self._stopped.wait(self._interval or INTERVAL)
        elif not self._stopped.is_set():
            self._state.routes.wait(self._interval or self._state.look_every)

    def _look(self) -> None:
        if self._state is None:
            self._state = self._open(self._url)
        routes = self._state.routes
        # Any other version, not only a higher one: a restored backup counts too. After trouble there may be another
        # state in its place, so that the same version can mean another table.
        version = routes.version()
        if version == self._version:
            return
        if (
            version == 0 and self._has_routes
        ):  # made anew by some command: nobody has decided to take all routes back
            raise StoreError("the state is empty", remedy="Restore a backup, or apply the routes anew.")
        table = routes.load()
        _ = table.index  # compile here, so that no request waits for it
        try:
            self._loop.call_soon_threadsafe(self._swap, table)
        except RuntimeError:  # the event loop is closed: there is nobody left to serve
            self._stopped.set()
        self._version, self._has_routes = table.version, table.version > 0

    def _troubled(self, error: StranglerError) -> None:
        if self.trouble is None:
            log.warning("the routes cannot be followed, the last table stays in force: %s", error)
        self.trouble, self._version = error, None

    def _recovered(self) -> None:
        if self.trouble is not None:
            log.warning("the routes can be followed again, at version %s", self._version)
        self.trouble = None
