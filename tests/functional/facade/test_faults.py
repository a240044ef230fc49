"""Faults of upstreams, the state, the disk and the clock: an answer that says what happened, in time; nothing is left
behind; and the other side does not notice."""

from __future__ import annotations

import asyncio
import os
import re
import resource
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from fakes.facades import Running, running
from fakes.serving import Serving, serving
from fakes.wire import OK, Answer, Peer, Script, connected, get, post, repeats, upstream

from strangler.control import Control, Request
from strangler.control.verbs import SetUpstream
from strangler.facade import Pool
from strangler.routing import MONOLITH, Group, Route, RouteTable, Upstream
from strangler.store import open_state

pytestmark = pytest.mark.anyio


async def closes(peer: Peer) -> None:
    await peer.request()


async def closes_at_once(peer: Peer) -> None:
    peer.close()


async def resets(peer: Peer) -> None:
    await peer.request()
    peer.reset()


async def resets_before_the_body(peer: Peer) -> None:
    await peer.head()
    peer.reset()


async def stalls(peer: Peer) -> None:
    await peer.request()
    await peer.reader.read()


async def stalls_in_its_head(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-")
    await peer.reader.read()


async def says_nonsense(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"\x00\xff nonsense \r\n\r\n" * 1000)


async def says_it_before_it_was_asked(peer: Peer) -> None:
    await peer.send(b"220 mail.example ESMTP\r\n")
    await peer.reader.read()


async def ends_in_its_head(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Len")


async def ends_in_its_body(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")


async def resets_in_its_body(peer: Peer) -> None:
    await ends_in_its_body(peer)
    await asyncio.sleep(0.01)
    peer.reset()


async def ends_between_chunks(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")


async def stalls_in_its_body(peer: Peer) -> None:
    await ends_in_its_body(peer)
    await peer.reader.read()


NO_ANSWER: list[tuple[Script, int]] = [
    (closes, 502),
    (closes_at_once, 502),
    (resets, 502),
    (resets_before_the_body, 502),
    (stalls, 504),
    (stalls_in_its_head, 504),
    (says_nonsense, 502),
    (says_it_before_it_was_asked, 502),
    (ends_in_its_head, 502),
]
HALF_AN_ANSWER: list[Script] = [
    ends_in_its_body,
    resets_in_its_body,
    ends_between_chunks,
    stalls_in_its_body,
]


@asynccontextmanager
async def two_sides(script: Script) -> AsyncIterator[tuple[Running, Pool]]:
    """A faulty monolith, and a service that is well, at ``/well/``; at the end nothing of the fault is left behind."""
    async with upstream(script) as back, upstream(repeats(OK)) as well:
        table = RouteTable(
            1,
            {"well": Upstream("well", well.url), MONOLITH: Upstream(MONOLITH, back.url, read_timeout=0.2)},
            {"well": Group("well", "well", share=100, writer="service")},
            (Route("well", "well/", group="well"),),
        )
        async with running(back.url, table) as front:
            pool = front.facade.transport(MONOLITH)
            assert isinstance(pool, Pool)
            await ask(front, "/well/")
            before = descriptors()
            yield front, pool
            async with asyncio.timeout(5):
                while pool.open_connections or descriptors() > before:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208


async def ask(front: Running, target: str = "/", body: bytes = b"") -> Answer:
    async with connected(front.port) as client:
        with suppress(ConnectionError):  # the answer may come before all of the body is sent
            await client.send(post(body, target=target) if body else get(target))
        answer = await client.answer()
        client.close()
        with suppress(ConnectionError):
            await client.writer.wait_closed()
        return answer


@pytest.mark.parametrize(("script", "status"), NO_ANSWER, ids=lambda one: getattr(one, "__name__", one))
@pytest.mark.parametrize("body", [b"", b"x" * 300_000], ids=["GET", "POST"])
async def test_no_answer_is_told_in_time_and_nobody_else_notices(
    script: Script, status: int, body: bytes
) -> None:
    async with asyncio.timeout(15), two_sides(script) as (front, _):
        for _ in range(5):
            told, well = await asyncio.gather(ask(front, body=body), ask(front, "/well/"))
            assert told.status == status
            assert f"Request id: {told.head['x-request-id']}\n" in told.body.decode()
            assert (well.status, well.body) == (200, b"ok")


@pytest.mark.parametrize("script", HALF_AN_ANSWER, ids=lambda one: one.__name__)
async def test_half_an_answer_is_broken_off_and_never_passes_for_whole(script: Script) -> None:
    async with asyncio.timeout(15), two_sides(script) as (front, _):
        for _ in range(5):
            whole, well = await asyncio.gather(ask(front), ask(front, "/well/"), return_exceptions=True)
            assert isinstance(whole, asyncio.IncompleteReadError | ConnectionError)
            assert isinstance(well, Answer)
            assert well.body == b"ok"


async def test_an_answer_that_drips_is_slow_and_not_wrong() -> None:
    async def drips(peer: Peer) -> None:
        await peer.request()
        for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nslow":
            await peer.send(bytes([byte]))
            await asyncio.sleep(0.002)

    async with two_sides(drips) as (front, _):
        slow, well = await asyncio.gather(ask(front), ask(front, "/well/"))
        assert (slow.body, well.body) == (b"slow", b"ok")


async def served(facade: Serving) -> int:
    async with connected(facade.port) as client:
        await client.send(get("/"))
        return (await client.answer()).status


async def reachable(facade: Serving) -> float:
    found = re.search(r"^strangler_state_reachable\S* (\S+)$", await facade.admin("/metrics"), re.MULTILINE)
    assert found is not None
    return float(found[1])


def set_upstream(folder: Path, name: str) -> None:
    state = open_state(f"sqlite:///{folder / 'state.db'}", create=False)
    Control(state.routes).change(Request(SetUpstream(name=name, url="http://127.0.0.1:1")), via="store")
    state.close()


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
async def test_a_state_that_becomes_rubbish_stops_nobody(workers: tuple[str, ...], tmp_path: Path) -> None:
    async with upstream(repeats(OK)) as back, serving(back.url, tmp_path, *workers) as facade:
        file = tmp_path / "state.db"
        with sqlite3.connect(file) as database:
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.close()
        whole = file.read_bytes()
        file.write_bytes(b"rubbish" * 10_000)
        await facade.hears("the last table stays in force")
        assert [await served(facade) for _ in range(5)] == [200] * 5
        for name in ("state.db-wal", "state.db-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        mended = tmp_path / "mended.db"
        mended.write_bytes(whole)
        mended.replace(file)
        await facade.hears("the routes can be followed again")
        set_upstream(tmp_path, "later")
        async with asyncio.timeout(10):
            while "strangler_table_version 1" not in await facade.admin("/metrics"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert [await served(facade) for _ in range(5)] == [200] * 5


async def test_a_disk_that_is_full_stops_nobody_and_is_told(tmp_path: Path) -> None:
    """No file may grow by a byte: what a full disk does to the state."""
    async with upstream(repeats(OK)) as back, serving(back.url, tmp_path) as facade:
        resource.prlimit(facade.process.pid, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
        assert [await served(facade) for _ in range(20)] == [200] * 20
        await facade.hears("rollouts are not watched while the state cannot be reached")
        assert [await served(facade) for _ in range(5)] == [200] * 5
        resource.prlimit(
            facade.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )
        set_upstream(tmp_path, "later")
        async with asyncio.timeout(10):
            while "strangler_table_version 1" not in await facade.admin("/metrics"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        assert await reachable(facade) == 1


CLOCK = """
import os, time
real, file = time.time, os.environ["CLOCK"]
def jumping():
    with open(file) as offset:
        return real() + float(offset.read() or 0)
time.time = jumping
"""


async def test_a_clock_that_jumps_hurts_no_request_and_loses_no_change(tmp_path: Path) -> None:
    clock, site = tmp_path / "clock", tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(CLOCK)
    clock.write_text("0")
    environ = {"CLOCK": str(clock), "PYTHONPATH": f"{site}:{os.environ.get('PYTHONPATH', '')}"}
    async with upstream(repeats(OK)) as back, serving(back.url, tmp_path, environ=environ) as facade:
        for number, offset in enumerate(("86400", "-86400", "31536000", "0")):
            clock.write_text(offset)
            assert [await served(facade) for _ in range(5)] == [200] * 5
            set_upstream(tmp_path, f"upstream-{number}")
            async with asyncio.timeout(10):
                while f"strangler_table_version {number + 1}" not in await facade.admin("/metrics"):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            async with asyncio.timeout(20):
                while '"leads":true' not in (await facade.admin("/api/status")).replace(" ", ""):  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
