from __future__ import annotations

from pathlib import Path

import pytest

from strangler.facade.gate import Gate
from strangler.facade.headers import Head
from strangler.routing import Policy, RequestFacts, RouteTable
from strangler.routing.policy import Rate
from strangler.server.rates import SharedRates

pytestmark = pytest.mark.anyio
POLICY = Policy("p", rate=(Rate("cookie:sessionid", 100, 60.0, 100),))
TABLE = RouteTable(policies={"p": POLICY})
SESSION = "3mmf2yeqrqp94lpzhqpcjvwcyi4gcx1n"


class Worker:
    """A gate, and what it tells the others. Time stands still for its rates."""

    def __init__(self, folder: Path, name: str, now: float = 0.0) -> None:
        self.gate = Gate(now=lambda: 1000.0)
        self.gate.swap([POLICY])
        self.shared = SharedRates(folder, name)
        self.exchange(now)

    def exchange(self, now: float) -> None:
        self.shared.exchange(self.gate, now)

    async def left(self) -> int:
        """Lets a request pass; how many more may follow."""
        facts = RequestFacts("GET", "/", cookies={"sessionid": SESSION})
        passage = await self.gate.admit(TABLE, POLICY, None, facts, Head(b"", [], {}), {})
        return int(dict(passage.headers)[b"ratelimit"].partition(b"r=")[2].partition(b";")[0])


async def test_no_session_is_written_to_a_file(tmp_path: Path) -> None:
    one = Worker(tmp_path, "1")
    await one.left()
    one.exchange(1.0)
    written = (tmp_path / "1.rates").read_bytes()
    assert b"sessionid" in written
    assert SESSION.encode() not in written


async def test_nothing_is_counted_twice_however_often_it_is_looked_at(tmp_path: Path) -> None:
    one, two = Worker(tmp_path, "1"), Worker(tmp_path, "2")
    for _ in range(10):
        await one.left()
    one.exchange(1.0)
    for now in (1.1, 2.1, 3.1):
        two.exchange(now)
        one.exchange(now + 0.05)
    assert await two.left() == 89
    assert await one.left() == 89


async def test_what_a_worker_that_has_ended_said_long_ago_is_not_counted(tmp_path: Path) -> None:
    one = Worker(tmp_path, "1")
    await one.left()
    one.exchange(1.0)
    late = Worker(tmp_path, "2", 60.0)
    assert await late.left() == 99


async def test_whoever_missed_a_turn_hears_it_in_the_next(tmp_path: Path) -> None:
    one, two = Worker(tmp_path, "1"), Worker(tmp_path, "2")
    for turn in (1.0, 2.0, 3.0):
        await one.left()
        one.exchange(turn)
    two.exchange(3.5)
    assert await two.left() == 96
