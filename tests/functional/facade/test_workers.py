"""Several workers behind one address: none of their comings and goings costs a request."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections import Counter
from pathlib import Path

import pytest
from fakes.serving import Serving, serving
from fakes.wire import OK, Peer, answers, connected, get, post, repeats, upstream

pytestmark = pytest.mark.anyio

if sys.platform != "linux":
    pytest.skip("looks into /proc", allow_module_level=True)


def workers_of(facade: Serving) -> list[int]:
    pid = facade.process.pid
    return [int(one) for one in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists() and " Z " not in Path(f"/proc/{pid}/stat").read_text()


async def until_there_are(count: int, facade: Serving) -> None:
    async with asyncio.timeout(20):
        while len(workers_of(facade)) != count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def until_gone(pids: list[int]) -> None:
    async with asyncio.timeout(20):
        while any(map(is_alive, pids)):  # noqa: ASYNC110
            await asyncio.sleep(0.02)


class Load:
    """Clients that ask on and on, on connections that they keep, and note whatever is not a 200."""

    def __init__(self, port: int, clients: int = 8) -> None:
        self._port = port
        self._tasks = [asyncio.create_task(self._ask(number)) for number in range(clients)]
        self._over = False
        self.seen: Counter[str] = Counter()

    async def _ask(self, number: int) -> None:
        while not self._over:
            try:
                async with connected(self._port) as client:
                    while not self._over and await self._once(client, number):  # noqa: ASYNC110
                        await asyncio.sleep(0.001)
            except (OSError, EOFError) as error:
                self.seen[repr(error)] += 1

    async def _once(self, client: Peer, number: int) -> bool:
        await client.send(post(b"pay") if number % 2 else get())
        answer = await client.answer()
        self.seen[str(answer.status)] += 1
        return "connection" not in answer.head

    async def end(self) -> Counter[str]:
        self._over = True
        await asyncio.gather(*self._tasks)
        return self.seen


async def test_replacing_every_worker_under_load_loses_nothing(tmp_path: Path) -> None:
    async with upstream(repeats(OK)) as back, serving(back.url, tmp_path, "--workers", "2") as facade:
        before = workers_of(facade)
        load = Load(facade.port)
        for _ in range(2):
            facade.process.send_signal(signal.SIGHUP)
            await facade.hears("all 2 workers are new")
        await until_gone(before)
        seen = await load.end()
        assert set(seen) == {"200"}, seen
        await until_there_are(2, facade)
        assert not set(workers_of(facade)) & set(before)


async def test_one_worker_is_told_to_end_and_another_takes_its_place_without_loss(tmp_path: Path) -> None:
    async with upstream(repeats(OK)) as back, serving(back.url, tmp_path, "--workers", "2") as facade:
        load = Load(facade.port)
        os.kill(workers_of(facade)[0], signal.SIGTERM)
        await facade.hears("has ended (exit 0); another one follows")
        await until_there_are(2, facade)
        assert set(await load.end()) == {"200"}


async def test_a_worker_that_is_killed_is_replaced_and_the_other_goes_on(tmp_path: Path) -> None:
    async with upstream(repeats(OK)) as back, serving(back.url, tmp_path, "--workers", "2") as facade:
        victim = workers_of(facade)[0]
        os.kill(victim, signal.SIGKILL)
        await facade.hears("has ended (signal SIGKILL)")
        for _ in range(10):
            async with connected(facade.port) as client:
                await client.send(get())
                assert (await client.answer()).status == 200
        await until_there_are(2, facade)
        assert json.loads(await facade.admin("/api/status"))["version"] == 0


async def test_nobody_is_left_when_the_one_who_watches_is_killed(tmp_path: Path) -> None:
    async with upstream(repeats(OK)) as back, serving(back.url, tmp_path, "--workers", "2") as facade:
        pids = workers_of(facade)
        facade.process.kill()
        await until_gone(pids)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_requests_finish_and_leaves_nobody(number: int, tmp_path: Path) -> None:
    release = asyncio.Event()

    async def slow(peer: Peer) -> None:
        await peer.request()
        release.set()
        await asyncio.sleep(0.3)
        await peer.send(OK)

    async with upstream(slow) as back, serving(back.url, tmp_path, "--workers", "2") as facade:
        pids = workers_of(facade)
        async with connected(facade.port) as client:
            await client.send(get())
            await release.wait()
            stopped = asyncio.create_task(facade.stopped(number))
            answer = await client.answer()
            assert answer.body == b"ok"
            assert await stopped == 0
        assert "".join(facade.said).count("\n") == 1
        assert not any(map(is_alive, pids))


async def test_a_stream_without_end_holds_the_shutdown_no_longer_than_the_grace(tmp_path: Path) -> None:
    async def endless(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
        while True:
            await peer.send(b"data: tick\n\n")
            await asyncio.sleep(0.05)

    options = ("--workers", "1", "--grace", "1")
    async with (
        upstream(endless) as back,
        serving(back.url, tmp_path, *options) as facade,
        connected(facade.port) as client,
    ):
        await client.send(get())
        await client.head()
        async with asyncio.timeout(6):
            assert await facade.stopped(signal.SIGTERM) == 0
        assert not (await client.rest()).endswith(b"0\r\n\r\n")


def requests_told(metrics: str) -> int:
    return int(
        sum(float(n) for n in re.findall(r"^strangler_requests_total\S* (\S+)$", metrics, re.MULTILINE))
    )


async def test_the_figures_are_those_of_all_workers_and_never_shrink(tmp_path: Path) -> None:
    async with upstream(repeats(OK)) as back, serving(back.url, tmp_path, "--workers", "3") as facade:

        async def told(count: int) -> None:
            async with asyncio.timeout(10):
                while (seen := requests_told(await facade.admin("/metrics"))) != count:
                    assert seen <= count
                    await asyncio.sleep(0.05)

        async def one() -> None:
            async with connected(facade.port) as client:
                await client.send(get())
                assert (await client.answer()).status == 200

        await asyncio.gather(*(one() for _ in range(60)))
        await told(60)
        facade.process.send_signal(signal.SIGHUP)
        await facade.hears("all 3 workers are new")
        await asyncio.gather(*(one() for _ in range(30)))
        await told(90)


async def test_a_client_that_has_just_sent_a_request_is_not_cut_off_by_the_end(tmp_path: Path) -> None:
    """The idle connection's next request, behind the signal, is answered; the answer ends the connection."""
    async with (
        upstream(answers(OK, OK)) as back,
        serving(back.url, tmp_path) as facade,
        connected(facade.port) as client,
    ):
        await client.send(get())
        await client.answer()
        stopped = asyncio.create_task(facade.stopped(signal.SIGTERM))
        await asyncio.sleep(0.4)
        await client.send(get())
        answer = await client.answer()
        assert (answer.status, answer.head["connection"]) == (200, "close")
        assert await stopped == 0


async def test_a_rate_is_one_rate_for_all_of_them(tmp_path: Path) -> None:
    """60 in 10 s, at most 20 at once, against 4 workers: each alone would let 4 times as much pass."""
    (tmp_path / "strangler.toml").write_text(
        '[gateway]\npolicy = "all"\n[policies.all.rate]\nclient = "60/10s burst 20"\n'
    )
    told: Counter[int] = Counter()
    async with (
        upstream(repeats(OK)) as back,
        serving(back.url, tmp_path, "--workers", "4") as facade,
    ):
        began = asyncio.get_running_loop().time()
        while asyncio.get_running_loop().time() - began < 6:
            async with connected(facade.port) as client:
                await client.send(get())
                told[(await client.answer()).status] += 1
            await asyncio.sleep(0.005)
        passed = asyncio.get_running_loop().time() - began
    alone = 20 + 6 * passed
    assert told[429] > 0
    assert told[200] < 2.5 * alone, "each counts for itself"


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
async def test_a_tunnel_holds_the_shutdown_no_longer_than_the_grace(
    workers: tuple[str, ...], tmp_path: Path
) -> None:
    async def switches(peer: Peer) -> None:
        await peer.head()
        await peer.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
        )
        await peer.reader.read()

    async with (
        upstream(switches) as back,
        serving(back.url, tmp_path, "--grace", "1", *workers) as facade,
        connected(facade.port) as client,
    ):
        await client.send(get("/ws", "Connection: Upgrade", "Upgrade: websocket"))
        assert (await client.head()).status == 101
        async with asyncio.timeout(8):
            assert await facade.stopped(signal.SIGTERM) == 0
        assert await client.closed()
