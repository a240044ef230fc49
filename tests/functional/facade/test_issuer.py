"""An issuer's keys over the wire: what it may answer, and what it may not make the facade do."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.issuer import Issuer, key_set
from fakes.wire import Peer, answers, repeats, upstream

from strangler.errors import BadDocument
from strangler.facade import Facade
from strangler.policy.keys import LARGEST_SET, public_keys
from strangler.routing import MONOLITH, Upstream
from strangler.server.identities import fetch_keys, identities, read_secret

pytestmark = pytest.mark.anyio
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def answer(body: bytes, status: str = "200 OK", *fields: str) -> bytes:
    head = "".join(f"{field}\r\n" for field in (f"Content-Length: {len(body)}", *fields))
    return f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body


async def test_nobody_is_followed_elsewhere() -> None:
    async with upstream(repeats(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")) as inside:
        moved = answer(b"", "302 Found", f"Location: {inside.url}/latest/meta-data/")
        async with upstream(answers(moved)) as issuer:
            with pytest.raises(OSError, match="answered 302"):
                await fetch_keys(f"{issuer.url}/keys")
        assert not inside.peers


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (answer(b"x" * (LARGEST_SET + 1)), "more than"),
        (CHUNKED + (b"4000\r\n" + b"x" * 0x4000 + b"\r\n") * 5, "more than"),
        (answer(b"", "500 Internal Server Error"), "answered 500"),
        (answer(b"", "204 No Content"), "answered 204"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "."),
        (b"SSH-2.0-nonsense\r\n\r\n", "."),
    ],
)  # fmt: skip
async def test_an_answer_that_is_no_key_set_is_a_reason(raw: bytes, says: str) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(raw)

    async with upstream(script) as issuer:
        with pytest.raises(OSError, match=says):
            await fetch_keys(f"{issuer.url}/keys")


async def test_an_issuer_that_is_not_there_is_a_reason() -> None:
    with pytest.raises(OSError, match=r"."):
        await fetch_keys("http://127.0.0.1:1/keys")


async def test_a_key_set_arrives_whole() -> None:
    document = key_set(Issuer().jwk())
    async with upstream(answers(answer(document))) as issuer:
        assert public_keys(await fetch_keys(f"{issuer.url}/keys?a=b"))
        assert len(issuer.peers) == 1


async def test_weak_secrets_are_refused_at_the_start() -> None:
    facade = Facade(Upstream(MONOLITH, "http://127.0.0.1:1"))
    for key, secret, where in (
        (b"short", b"", "STRANGLER_IDENTITY_KEY"),
        (b"-----BEGIN NONSENSE-----", b"", "STRANGLER_IDENTITY_KEY"),
        (b"", b"short", "STRANGLER_BRIDGE_SECRET"),
        (b"", b"x" * 40 + b"\n" + b"x" * 40, "STRANGLER_BRIDGE_SECRET"),
        (b"", b"\xff" * 40, "STRANGLER_BRIDGE_SECRET"),
    ):
        with pytest.raises(BadDocument) as caught:
            identities(facade, key, secret)
        assert caught.value.where == where
        assert "short" not in str(caught.value)
    facade.close()


def test_a_secret_is_read_from_a_file_or_a_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"k" * 40)
    monkeypatch.setenv("A_KEY", "e" * 40)
    monkeypatch.delenv("NO_KEY", raising=False)
    assert (read_secret(f"file:{file}"), read_secret("env:A_KEY")) == (b"k" * 40, b"e" * 40)
    for place in (f"file:{file}.not", "file:/", "env:NO_KEY"):
        with pytest.raises(OSError, match=r"."):
            read_secret(place)
