"""Upstreams by https: their certificates are checked, ours is shown, changed files count from the next connection."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fakes.certificates import Authority
from fakes.facades import running
from fakes.wire import OK, Answer, Peer, connected, get, repeats

from strangler.control import Control, Request
from strangler.control.verbs import SetUpstream
from strangler.errors import BadDocument
from strangler.routing import MONOLITH, RouteTable, Upstream
from strangler.store import open_state
from strangler.tls import ServerTls, UpstreamTls

pytestmark = pytest.mark.anyio
CLOSING = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


@dataclass
class Secure:
    """An upstream by https; ``shown`` are the names on its clients' certificates."""

    port: int = 0
    shown: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"


@asynccontextmanager
async def secure(context: ssl.SSLContext, answer: bytes = OK) -> AsyncIterator[Secure]:
    made = Secure()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        certificate: Any = writer.get_extra_info("peercert") or {}
        made.shown.append(str(certificate.get("subject", ((("", "nobody"),),))[0][0][1]))
        try:
            await repeats(answer)(Peer(reader, writer))
        except (OSError, EOFError):
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    made.port = server.sockets[0].getsockname()[1]
    yield made
    server.close()


def table(upstream: Upstream) -> RouteTable:
    return RouteTable(1, {MONOLITH: upstream})


async def ask(url: str, **tls: Any) -> Answer:
    async with running(url, table(Upstream(MONOLITH, url, **tls))) as front, connected(front.port) as client:
        await client.send(get())
        return await client.answer()


async def test_a_server_that_another_authority_has_signed_is_not_asked(
    authority: Authority, program: Callable[[str], str], tmp_path: Path
) -> None:
    other = Authority(program("openssl"), tmp_path, "other")
    async with secure(authority.sign("server").server()) as back:
        for tls in ({}, {"ca": str(other.cert)}):
            answer = await ask(back.url, **tls)
            assert answer.status == 502
            assert b"speaks no TLS that can be trusted" in answer.body
        assert back.shown == []


async def test_nor_is_one_with_another_name(authority: Authority) -> None:
    async with secure(authority.sign("server", "DNS:billing.internal").server()) as back:
        assert (await ask(back.url, ca=str(authority.cert))).status == 502
        assert (await ask(back.url, ca=str(authority.cert), server_name="other.internal")).status == 502
        assert (await ask(back.url, ca=str(authority.cert), server_name="billing.internal")).status == 200


async def test_a_server_that_wants_our_certificate_gets_it(authority: Authority) -> None:
    ours = authority.sign("facade")
    async with secure(authority.sign("server").server(client_ca=authority.cert)) as back:
        assert (await ask(back.url, ca=str(authority.cert))).status == 502
        shown = {"cert": str(ours.cert), "key": str(ours.key)}
        assert (await ask(back.url, ca=str(authority.cert), **shown)).status == 200
        assert back.shown[-1] == "facade"


async def test_who_switches_the_check_off_trusts_anybody(authority: Authority) -> None:
    async with secure(authority.sign("server", "DNS:billing.internal").server()) as back:
        assert (await ask(back.url, verify=False)).status == 200


async def test_a_renewed_certificate_is_shown_without_a_restart(authority: Authority) -> None:
    ours, later = authority.sign("first"), authority.sign("second")
    async with secure(authority.sign("server").server(client_ca=authority.cert), CLOSING) as back:
        upstream = Upstream(
            MONOLITH, back.url, ca=str(authority.cert), cert=str(ours.cert), key=str(ours.key)
        )
        async with running(back.url, table(upstream)) as front, connected(front.port) as client:
            for _ in range(2):
                await client.send(get())
                assert (await client.answer()).status == 200
                ours.replace_by(later)
        assert back.shown == ["first", "second"]


def test_changed_files_are_read_again_and_unusable_ones_are_not(
    authority: Authority, caplog: pytest.LogCaptureFixture
) -> None:
    ours = authority.sign("facade")
    tls = UpstreamTls(Upstream("m", "https://m", cert=str(ours.cert), key=str(ours.key)))
    first = tls.context()
    assert tls.context() is first
    whole = ours.cert.read_bytes()
    ours.cert.write_bytes(whole[:-100])
    assert tls.context() is first
    assert "stay in force" in caplog.text
    ours.cert.write_bytes(whole + b"\n")
    assert tls.context() is not first


def test_a_half_written_renewal_leaves_the_servers_certificate_whole(authority: Authority) -> None:
    shown, later = authority.sign("shown"), authority.sign("later")
    tls = ServerTls(str(shown.cert), str(shown.key))
    shown.key.write_bytes(later.key.read_bytes())
    assert not tls.renew()
    shown.cert.write_bytes(later.cert.read_bytes())
    assert tls.renew()
    assert not tls.renew()


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"ca": "/nowhere/ca.pem"}, "upstreams.billing.ca: /nowhere/ca.pem cannot be read: No such file"),
        ({"ca": "KEY"}, "holds no certificate"),
        ({"cert": "CERT"}, "is not a certificate with its key"),
        ({"cert": "CERT", "key": "OTHER"}, "are not a certificate with its key"),
        ({"key": "KEY"}, "a key without its certificate"),
        ({"ca": "ca.pem"}, "is not the absolute path of a file"),
        ({"server_name": "a b"}, "is not the name of a server"),
        ({"url": "http://127.0.0.1:1", "ca": "CERT"}, "there is no TLS to this upstream"),
        ({"url": "unix:/run/x", "server_name": "a"}, "there is no TLS to this upstream"),
    ],
)
def test_files_that_cannot_be_used_are_refused_when_they_are_named(
    fields: dict[str, str], told: str, authority: Authority
) -> None:
    signed, other = authority.sign("signed"), authority.sign("other")
    files = {"CERT": str(signed.cert), "KEY": str(signed.key), "OTHER": str(other.key)}
    given = {
        "url": "https://127.0.0.1:1",
        **{name: files.get(value, value) for name, value in fields.items()},
    }
    state = open_state("memory://")
    with pytest.raises(BadDocument) as caught:
        Control(state.routes).change(Request(SetUpstream(name="billing", **given)), via="store")
    assert told in str(caught.value)
    assert state.routes.load().version == 0
    state.close()


def test_a_file_that_has_gone_stops_no_later_change(authority: Authority) -> None:
    state = open_state("memory://")
    control = Control(state.routes)
    control.change(
        Request(SetUpstream(name="billing", url="https://127.0.0.1:1", ca=str(authority.cert))), via="store"
    )
    authority.cert.unlink()
    control.change(Request(SetUpstream(name="other", url="http://127.0.0.1:2")), via="store")
    assert set(state.routes.load().upstreams) == {"billing", "other"}
    state.close()
