"""The endpoints of the dashboard: what happens now, as JSON and as a stream of server-sent events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request as HttpRequest
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from strangler.console.answers import success
from strangler.console.approvals import Approvals
from strangler.console.board import STRETCH, board, moved_by, series
from strangler.control import Control, Request
from strangler.control.rollouts import Rollouts, observation, window_of
from strangler.control.verbs import Canary
from strangler.errors import StranglerError
from strangler.rollout import Thresholds, judge
from strangler.routing.changes import group_of
from strangler.routing.values import read_percent
from strangler.store import Record, State, Token

_EVERY = 1.0
"""Seconds between two events of a stream."""
_LONGEST = 900
"""Seconds after which a stream ends; the page asks for another one."""
_RECORDS = 500
_CHART = 900
"""Seconds that a chart shows."""
_FORECAST = 300
"""Seconds whose requests the guard is asked about before somebody raises a share."""


class Live:
    """Reads the state as it stands; ``clock()`` gives seconds since the epoch."""

    def __init__(self, state: State, approvals: Approvals, clock: Callable[[], float]) -> None:
        self._state = state
        self._approvals = approvals
        self._clock = clock

    def routes(self) -> list[Route]:
        return [
            Route("/api/me", self.me),
            Route("/api/board", self.board),
            Route("/api/stream", self.stream),
            Route("/api/groups/{name}/series", self.series),
            Route("/api/groups/{name}/forecast", self.forecast),
        ]

    async def me(self, request: HttpRequest) -> Response:
        token: Token = request.scope["token"]
        return success({"name": token.name, "role": token.role})

    def board(self, request: HttpRequest) -> Response:
        return success(self._board())

    async def stream(self, request: HttpRequest) -> Response:
        return StreamingResponse(
            self._events(),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"},
        )

    def series(self, request: HttpRequest) -> Response:
        group = group_of(self._state.routes.load(), request.path_params["name"]).name
        until = int(self._clock())
        seconds = self._state.windows.by_second(group, until - _CHART, until)
        found = {key: window_of(total) for key, total in seconds.items()}
        return success(series(found, until - _CHART, until, self._records(), group))

    def forecast(self, request: HttpRequest) -> Response:
        """What the guard says of the service now, and how much a share would move; an error where it is refused."""
        table = self._state.routes.load()
        group = group_of(table, request.path_params["name"])
        share = read_percent(request.query_params.get("share"), "share")
        Control(self._state.routes).change(
            Request(Canary(name=group.name, percent=share), dry_run=True), via="api"
        )
        now = int(self._clock())
        seen = observation(self._state.windows.totals(now - _FORECAST, now + 1), group.name)
        verdict = judge(seen, self._limits(group.name))
        return success(
            {
                "verdict": verdict.answer,
                "reason": verdict.reason,
                "moves": moved_by(group, share, seen, _FORECAST),
            }
        )

    async def _events(self) -> AsyncIterator[bytes]:
        for _ in range(int(_LONGEST / _EVERY)):
            told = await run_in_threadpool(self._told)
            yield b"data: " + msgspec.json.encode(told) + b"\n\n"
            await asyncio.sleep(_EVERY)

    def _told(self) -> dict[str, Any]:
        try:
            return self._board()
        except StranglerError as error:
            return {
                "version": 0,
                "trouble": str(error),
                "requests": None,
                "moved": None,
                "groups": [],
                "pending": [],
            }

    def _board(self) -> dict[str, Any]:
        now = int(self._clock())
        totals = {
            key: window_of(total) for key, total in self._state.windows.totals(now - STRETCH, now).items()
        }
        rollouts = Rollouts(self._state, Control(self._state.routes), holder="", clock=self._clock)
        told = board(self._state.routes.load(), totals, rollouts.all(), self._records(), "")
        return {**told, "pending": msgspec.to_builtins(self._approvals.all())}

    def _records(self) -> list[Record]:
        return self._state.routes.history(_RECORDS)

    def _limits(self, group: str) -> Thresholds:
        rollouts = Rollouts(self._state, Control(self._state.routes), holder="", clock=self._clock)
        return next((one.thresholds for one in rollouts.all() if one.group == group), Thresholds())
