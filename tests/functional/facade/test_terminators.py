"""The files in ``deploy/`` with the real nginx and HAProxy: HTTP/2 and TLS outside, the facade inside."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from fakes.certificates import Authority
from fakes.serving import serving
from fakes.wire import Head, Peer, upstream
from websockets.asyncio.client import connect

from strangler.routing import Gateway, RouteTable
from strangler.store import Entry, open_state

pytestmark = [pytest.mark.anyio, pytest.mark.service]

DEPLOY = Path(__file__).parents[3] / "deploy"
NGINX = """{user} daemon off; worker_processes 1; pid {folder}/pid; error_log stderr;
events {{}}
http {{ access_log off; client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f;
uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
{site} }}
"""


@dataclass
class Site:
    """What a browser sees (``port``), and what the monolith got."""

    port: int
    ca: Path
    seen: list[Head]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def until_listening(port: int) -> None:
    async with asyncio.timeout(10):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                return


def trust_one_proxy(folder: Path) -> None:
    state = open_state(f"sqlite:///{folder / 'state.db'}")
    entry = Entry(action="apply", summary="trust the proxy", actor="test", via="store", time=1.0)
    state.routes.commit(RouteTable(gateway=Gateway(trusted_hops=1)), 0, entry)
    state.close()


def command_of(terminator: str, program: str, folder: Path, port: int, authority: Authority) -> list[str]:
    signed = authority.sign("site", "DNS:localhost,IP:127.0.0.1")
    (folder / "haproxy.pem").write_bytes(signed.cert.read_bytes() + signed.key.read_bytes())
    changed = {
        "unix:/run/strangler/facade.sock": f"unix:{folder}/facade.sock",
        "127.0.0.1:8080": f"unix@{folder}/facade.sock",
        "listen 443": f"listen 127.0.0.1:{port}",
        "bind :443": f"bind 127.0.0.1:{port}",
        "/etc/strangler/fullchain.pem": str(signed.cert),
        "/etc/strangler/key.pem": str(signed.key),
        "/etc/strangler/haproxy.pem": str(folder / "haproxy.pem"),
    }
    name = "strangler.conf" if terminator == "nginx" else "haproxy.cfg"
    text = (DEPLOY / terminator / name).read_text()
    for old, new in changed.items():
        text = text.replace(old, new)
    file = folder / "terminator.conf"
    user = "user root;" if os.geteuid() == 0 else ""  # else its workers may not open the socket of this test
    file.write_text(NGINX.format(folder=folder, site=text, user=user) if terminator == "nginx" else text)
    return [program, "-c", str(file)] if terminator == "nginx" else [program, "-db", "-f", str(file)]


@pytest.fixture(params=["nginx", "haproxy"])
async def site(
    request: pytest.FixtureRequest, program: Callable[[str], str], authority: Authority, tmp_path: Path
) -> AsyncIterator[Site]:
    async with standing(request.param, program(request.param), authority, tmp_path) as made:
        yield made


@asynccontextmanager
async def standing(terminator: str, program: str, authority: Authority, folder: Path) -> AsyncIterator[Site]:
    seen: list[Head] = []

    async def monolith(peer: Peer) -> None:
        while True:
            head = await peer.head()
            seen.append(head)
            if "upgrade" in head:
                await tell_and_wait(peer, head)
            body = await peer.body(head)
            fields = b"Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n"
            await peer.send(b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (fields, len(body), body))

    trust_one_proxy(folder)
    port = free_port()
    command = command_of(terminator, program, folder, port, authority)
    async with upstream(monolith) as back, serving(back.url, folder, "--bind", f"unix:{folder}/facade.sock"):
        process = await asyncio.create_subprocess_exec(*command)
        try:
            await until_listening(port)
            yield Site(port, authority.cert, seen)
        finally:
            process.terminate()
            await process.wait()


async def tell_and_wait(peer: Peer, head: Head) -> None:
    from websockets.utils import accept_key

    accept = accept_key(head["sec-websocket-key"])
    told = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    await peer.send(f"{told}Sec-WebSocket-Accept: {accept}\r\n\r\n".encode() + b"\x81\x05hello")
    await peer.reader.read()


async def curl(site: Site, *options: str) -> str:
    command = ["curl", "-sS", "--max-time", "10", "--cacert", str(site.ca), *options]
    process = await asyncio.create_subprocess_exec(
        *command, f"https://localhost:{site.port}/a%20b?c=%2F", stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    assert process.returncode == 0
    return told.decode()


async def test_what_a_browser_says_about_itself_counts_for_nothing(site: Site) -> None:
    lies = (
        "X-Forwarded-For: 6.6.6.6",
        "X-Forwarded-Proto: http",
        "X-Forwarded-Host: evil",
        "X-Real-IP: 6.6.6.6",
    )
    await curl(site, *(option for lie in lies for option in ("-H", lie)))
    head = site.seen[0]
    assert head["x-forwarded-for"].split(", ")[0] == "127.0.0.1"
    assert "6.6.6.6" not in str(head)
    assert (head["x-forwarded-proto"], head["x-forwarded-host"]) == ("https", f"localhost:{site.port}")


async def test_http_2_reaches_the_monolith_as_the_same_request(site: Site) -> None:
    told = await curl(site, "--http2", "-i", "-X", "PUT", "--data-binary", "hello", "-H", "Cookie: s=1")
    assert told.startswith("HTTP/2 200")
    assert told.endswith("\r\n\r\nhello")
    assert told.lower().count("set-cookie:") == 2
    head = site.seen[0]
    assert (head.line, head["host"]) == ("PUT /a%20b?c=%2F HTTP/1.1", f"localhost:{site.port}")
    assert (head["cookie"], head["x-forwarded-port"]) == ("s=1", str(site.port))


async def test_http_1_1_is_served_too(site: Site) -> None:
    assert (await curl(site, "--http1.1", "-i")).startswith("HTTP/1.1 200")


async def test_a_large_upload_comes_back_whole(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "large"
    file.write_bytes(b"0123456789" * 300_000)
    told = await curl(site, "--http2", "-X", "POST", "--data-binary", f"@{file}")
    assert told == file.read_text()


async def test_a_websocket_passes(site: Site) -> None:
    context = ssl.create_default_context(cafile=str(site.ca))
    async with connect(f"wss://localhost:{site.port}/ws", ssl=context, proxy=None, close_timeout=0.1) as ws:
        assert await ws.recv() == "hello"
    assert site.seen[0]["upgrade"] == "websocket"
