"""Steady traffic of many clients through the facade, and what came of each request."""

from __future__ import annotations

import asyncio
import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

SIDE_HEADER = "x-strangler-side"
"""Set by a facade that runs with ``--debug-headers``."""
DEVICE_HEADER = "x-device-id"
"""Who a client is, for the cohort: an app on a phone sends such a thing."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a client asks for: a path, as whom (the Authorization header), from which device."""

    path: str
    authorization: str
    device: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came of one request. ``at`` is a monotonic time, ``status`` 0 when there was no answer."""

    at: float
    request: Request
    status: int
    side: str
    seconds: float

    @property
    def ended(self) -> float:
        """When the answer was there. The facade decided at some time between ``at`` and this."""
        return self.at + self.seconds

    @property
    def failed(self) -> bool:
        """No answer, or one that the client did not deserve."""
        return self.status == 0 or self.status >= 400


class Traffic:
    """Asks in a thread of its own, ``rate`` times a second, until it is stopped. ``results`` grows as answers come."""

    def __init__(self, base: str, requests: Sequence[Request], *, rate: float, seed: int = 1) -> None:
        self.results: list[Result] = []
        self._base = base
        self._requests = requests
        self._rate = rate
        self._random = random.Random(seed)  # noqa: S311  which client asks next is no secret
        self._stop = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), name="traffic", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Let the last requests finish, then return."""
        self._stop.set()
        self._thread.join()

    async def _run(self) -> None:
        limits = httpx.Limits(max_connections=64, max_keepalive_connections=64)
        async with (
            httpx.AsyncClient(base_url=self._base, limits=limits, timeout=10, trust_env=False) as client,
            asyncio.TaskGroup() as group,
        ):
            due = time.monotonic()
            while not self._stop.is_set():
                group.create_task(self._ask(client, self._random.choice(self._requests)))
                due += 1 / self._rate
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _ask(self, client: httpx.AsyncClient, request: Request) -> None:
        begun = time.monotonic()
        try:
            answer = await client.get(
                request.path, headers={"authorization": request.authorization, DEVICE_HEADER: request.device}
            )
            status, side = answer.status_code, answer.headers.get(SIDE_HEADER, "?")
        except httpx.HTTPError:
            status, side = 0, "?"
        self.results.append(Result(begun, request, status, side, time.monotonic() - begun))
