"""What a decision and a change cost. Run: ``python benchmarks/routes.py``.

Prints microseconds per ``decide()`` on a table of 300 routes, and the milliseconds from a commit to its arrival in a
follower of another connection.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from pathlib import Path

from strangler.control import Control, Follower, Request
from strangler.control.verbs import SetUpstream
from strangler.routing import Group, RequestFacts, Route, RouteTable, Upstream, decide
from strangler.store import open_state

ROUTES = 300
REQUESTS = {
    "published bucket": RequestFacts("GET", "/api/v1/things77/5/", cookies={"strangler_billing": "55"}),
    "hashed session": RequestFacts(
        "GET", "/api/v1/things77/5/", cookies={"sessionid": "u3u8x0zq9c1d2e3f4g5h6i7j"}
    ),
    "write": RequestFacts("POST", "/api/v1/things77/5/"),
    "no route": RequestFacts("GET", "/static/site.css"),
}


def main() -> None:
    table = table_of(ROUTES)
    _ = table.index
    for name, facts in REQUESTS.items():
        print(f"decide, {ROUTES} routes, {name:18} {microseconds(table, facts):6.2f} us")
    delays = asyncio.run(arrivals(100))
    print(
        f"commit -> follower, median {statistics.median(delays):.0f} ms, worst of {len(delays)}: {max(delays):.0f} ms"
    )


def table_of(routes: int) -> RouteTable:
    """Half of the routes are lists, half are details, as an API has them."""
    patterns = [f"/api/v1/things{n // 2}/{'<int:pk>/' if n % 2 else ''}" for n in range(routes)]
    return RouteTable(
        upstreams={"billing": Upstream("billing", "http://127.0.0.1:9001")},
        groups={"billing": Group("billing", "billing", share=12.5, writer="monolith")},
        routes=tuple(Route(f"r{n}", pattern, group="billing") for n, pattern in enumerate(patterns)),
    )


def microseconds(table: RouteTable, facts: RequestFacts, rounds: int = 5, number: int = 50_000) -> float:
    """The best of some rounds: everything else on the machine only adds."""
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        for _ in range(number):
            decide(table, facts)
        best = min(best, time.perf_counter() - start)
    return best / number * 1e6


async def arrivals(number: int) -> list[float]:
    """Milliseconds from the end of each commit to the swap on the event loop."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder)}/state.db"
        state = open_state(url)
        arrived: asyncio.Queue[float] = asyncio.Queue()
        follower = Follower(
            url, lambda table: arrived.put_nowait(time.perf_counter()), asyncio.get_running_loop()
        )
        follower.start(version=0)
        control, delays = Control(state.routes), []
        for port in range(1, number + 1):
            verb = SetUpstream(name="monolith", url=f"http://127.0.0.1:{port}")
            await asyncio.to_thread(control.change, Request(verb), via="demo")
            start = time.perf_counter()
            delays.append(max(0.0, await arrived.get() - start) * 1000)
        await asyncio.to_thread(follower.stop)
        state.close()
    return delays


if __name__ == "__main__":
    main()
