"""Where clients connect: TLS with or without their own certificates, Unix sockets, IPv6, and not too many at once."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fakes.certificates import Authority, Signed
from fakes.serving import Serving, serving
from fakes.wire import OK, Head, Peer, connected, get, repeats, upstream

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def front(folder: Path, *options: str) -> AsyncIterator[tuple[Serving, list[Head]]]:
    """A facade before an upstream that says ok, and the heads that the upstream got."""
    seen: list[Head] = []

    async def script(peer: Peer) -> None:
        while True:
            seen.append((await peer.request())[0])
            await peer.send(OK)

    async with upstream(script) as back, serving(back.url, folder, *options) as facade:
        yield facade, seen


def trusting(authority: Authority, shown: Signed | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(authority.cert))
    if shown is not None:
        context.load_cert_chain(shown.cert, shown.key)
    return context


def tls_options(signed: Signed) -> tuple[str, ...]:
    return ("--tls-cert", str(signed.cert), "--tls-key", str(signed.key))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--tls-cert", "missing.pem"), "--tls-cert: missing.pem cannot be read: No such file or directory"),
        (("--tls-cert", "KEY"), "--tls-cert: "),
        (("--tls-key", "KEY"), "--tls-key: there is no certificate to it"),
        (("--tls-client-ca", "KEY"), "--tls-client-ca: there is no certificate to it"),
        (("--tls-cert", "CERT", "--tls-key", "KEY", "--tls-client-ca", "KEY"), "--tls-client-ca: "),
        (("--bind", "unix:relative.sock"), "--bind: 'relative.sock' is not the path of a socket"),
        (("--bind", f"unix:/tmp/{'x' * 120}"), "is not the path of a socket"),
        (("--bind", "unix:/no/such/folder/x.sock"), "No such file or directory"),
        (("--workers", "none"), "--workers: 'none' is not a whole number from 1 to 256"),
        (("--grace", "0"), "--grace: '0' is not a whole number"),
    ],
)
def test_what_means_nothing_is_one_line_and_exit_2(
    options: tuple[str, ...], told: str, authority: Authority, tmp_path: Path
) -> None:
    signed = authority.sign("facade")
    files = {"CERT": str(signed.cert), "KEY": str(signed.key)}
    command = [sys.executable, "-m", "strangler.cli", "serve", "--monolith", "http://127.0.0.1:1"]
    command += [
        "--bind",
        "127.0.0.1:0",
        "--admin-bind",
        "127.0.0.1:0",
        *(files.get(one, one) for one in options),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert told in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_socket_where_somebody_listens_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "facade.sock"
    with socket.socket(socket.AF_UNIX) as taken:
        taken.bind(str(path))
        taken.listen()
        command = [sys.executable, "-m", "strangler.cli", "serve", "--monolith", "http://127.0.0.1:1"]
        done = subprocess.run(
            [*command, "--bind", f"unix:{path}"], cwd=tmp_path, capture_output=True, text=True, timeout=20
        )
        assert (done.returncode, path.exists()) == (2, True)
        assert f"unix:{path} is in use. Stop what listens there, or choose another path." in done.stderr


def test_a_file_that_is_no_socket_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    command = [sys.executable, "-m", "strangler.cli", "serve", "--monolith", "http://127.0.0.1:1"]
    done = subprocess.run([*command, "--bind", f"unix:{path}"], cwd=tmp_path, capture_output=True, timeout=20)
    assert (done.returncode, path.read_text()) == (2, "data")


async def test_what_speaks_no_tls_gets_nothing(authority: Authority, tmp_path: Path) -> None:
    async with front(tmp_path, *tls_options(authority.sign("facade"))) as (facade, seen):
        assert facade.facade.startswith("https://")
        async with connected(facade.port) as client:
            await client.send(get())
            assert b"200" not in await client.rest()
        assert not seen


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
async def test_clients_are_served_by_tls_and_django_is_told_so(
    workers: tuple[str, ...], authority: Authority, tmp_path: Path
) -> None:
    async with front(tmp_path, *tls_options(authority.sign("facade")), *workers) as (facade, seen):
        async with connected(facade.port, tls=trusting(authority)) as client:
            for _ in range(2):
                await client.send(get())
                assert (await client.answer()).body == b"ok"
        assert seen[0]["x-forwarded-proto"] == "https"


async def test_a_renewed_certificate_is_shown_without_a_restart(authority: Authority, tmp_path: Path) -> None:
    first, second = authority.sign("first"), authority.sign("second")
    async with front(tmp_path, *tls_options(first)) as (facade, _):

        async def shown() -> str:
            async with connected(facade.port, tls=trusting(authority)) as client:
                return str(client.writer.get_extra_info("peercert")["subject"][0][0][1])

        async with connected(facade.port, tls=trusting(authority)) as old:
            assert await shown() == "first"
            first.replace_by(second)
            async with asyncio.timeout(10):
                while await shown() != "second":  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            await old.send(get())
            assert (await old.answer()).status == 200


async def test_a_client_without_a_certificate_is_not_served_where_one_is_needed(
    authority: Authority, tmp_path: Path
) -> None:
    options = (*tls_options(authority.sign("facade")), "--tls-client-ca", str(authority.cert))
    async with front(tmp_path, *options) as (facade, seen):
        async with connected(facade.port, tls=trusting(authority)) as stranger:
            await stranger.send(get())
            with pytest.raises((ConnectionError, ssl.SSLError, EOFError)):
                await stranger.answer()
        assert not seen
        async with connected(facade.port, tls=trusting(authority, authority.sign("client"))) as client:
            await client.send(get())
            assert (await client.answer()).status == 200


@pytest.mark.parametrize("workers", [(), ("--workers", "2")])
async def test_a_unix_socket_serves_and_goes_with_its_server(
    workers: tuple[str, ...], tmp_path: Path
) -> None:
    path = tmp_path / "facade.sock"
    with socket.socket(socket.AF_UNIX) as left_over:
        left_over.bind(str(path))
    async with front(tmp_path, "--bind", f"unix:{path}", *workers) as (facade, seen):
        async with connected(0, path=str(path)) as client:
            await client.send(get("/", "X-Forwarded-For: 6.6.6.6"))
            assert (await client.answer()).status == 200
        assert seen[0]["x-forwarded-for"] == "127.0.0.1"
        assert await facade.stopped(signal.SIGTERM) == 0
        assert not path.exists()


async def test_ipv6_clients(tmp_path: Path) -> None:
    async with front(tmp_path, "--bind", "[::1]:0") as (facade, seen):
        async with connected(facade.port, "::1") as client:
            await client.send(get())
            assert (await client.answer()).status == 200
        assert seen[0]["x-forwarded-for"] == "::1"


async def test_a_client_with_too_many_connections_hurts_no_other(tmp_path: Path) -> None:
    async with (
        front(tmp_path, "--max-per-client", "2") as (facade, _),
        connected(facade.port) as one,
        connected(facade.port) as two,
    ):
        for client in (one, two):
            await client.send(get())
            assert (await client.answer()).status == 200
        async with connected(facade.port) as third:
            refused = await third.answer()
            assert (refused.status, refused.head["retry-after"]) == (503, "1")
            assert await third.closed()
        async with connected(facade.port, source="127.0.0.2") as other:
            await other.send(get())
            assert (await other.answer()).status == 200
        one.close()
        await one.writer.wait_closed()
        async with asyncio.timeout(5):
            while True:
                async with connected(facade.port) as again:
                    await again.send(get())
                    if (await again.answer()).status == 200:
                        break


async def test_no_request_can_write_a_line_of_its_own_into_the_logs(tmp_path: Path) -> None:
    forged = "/%0d%0a{%22status%22:200}%0a%1b[31m%00%e2%80%a8"
    fields = ('X-Request-Id: a"b', 'User-Agent: \u00ff"}{', "Host:x")
    async with front(tmp_path, "--access-log", str(tmp_path / "access.log")) as (facade, _):
        for raw in (
            get(forged),
            get("/", *fields[:2]),
            get("/", fields[2]),
            b"GET /\x1b[31m HTTP/1.1\r\n\r\n",
        ):
            async with connected(facade.port) as client:
                await client.send(raw)
                await client.answer()
        assert await facade.stopped(signal.SIGTERM) == 0
        assert facade.said[1:] == [""]
    lines = (tmp_path / "access.log").read_bytes().split(b"\n")
    assert lines.pop() == b""
    assert all(byte >= 0x20 for line in lines for byte in line)
    assert [json.loads(line)["status"] for line in lines] == [200, 200, 400]


async def test_more_clients_than_there_may_be_are_told_so(tmp_path: Path) -> None:
    async with front(tmp_path, "--max-clients", "1") as (facade, seen), connected(facade.port) as one:
        await one.send(get())
        assert (await one.answer()).status == 200
        async with connected(facade.port) as other:
            assert (await other.answer()).status == 503
        await one.send(get())
        assert (await one.answer()).status == 200
        assert len(seen) == 2


async def test_without_file_descriptors_the_facade_blames_itself_and_recovers(tmp_path: Path) -> None:
    """Clients take all descriptors: requests hear 503 ``exhausted``, and no side is said to have failed."""
    async with (
        upstream(repeats(OK)) as back,
        serving(back.url, tmp_path, "--max-clients", "100000") as facade,
    ):
        pid = facade.process.pid
        await asyncio.sleep(
            2.5
        )  # the controller has opened its state, and what only the start needs is closed
        most = 4 + len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (most, most))
        clients = [await asyncio.open_connection("127.0.0.1", facade.port) for _ in range(8)]
        async with asyncio.timeout(5):
            while len(os.listdir(f"/proc/{pid}/fd")) < most:  # noqa: ASYNC110, PTH208
                await asyncio.sleep(0.01)
        peer = Peer(*clients[0])
        await peer.send(get("/", "Accept: application/json"))
        answer = await peer.answer()
        assert (answer.status, b'"exhausted"' in answer.body) == (503, True)
        for _, writer in clients[1:]:
            writer.close()
            await asyncio.gather(writer.wait_closed(), return_exceptions=True)
        await asyncio.sleep(0.1)
        await peer.send(get())
        assert (await peer.answer()).status == 200
        peer.close()
        await peer.writer.wait_closed()
        metrics = await facade.admin("/metrics")
        assert 'strangler_errors_total{group="-",side="monolith"} 0' in metrics
