"""What the facade needs to know users: keys from issuers, files and variables, and the way to the monolith."""

from __future__ import annotations

import os
from pathlib import Path

import httpx

from strangler.errors import BadDocument
from strangler.facade import Facade
from strangler.facade.bridge import asking
from strangler.facade.identify import Identities
from strangler.policy.assertion import Signer
from strangler.policy.keys import LARGEST_SET, UnusableKeys
from strangler.routing import MONOLITH

PATIENCE = 5.0
"""Seconds within which an issuer has to have given its keys."""
LEAST_SECRET = 32
"""Bytes of the secret that the monolith shares; its view asks for as many."""


def identities(facade: Facade, key: bytes, secret: bytes) -> Identities:
    """Raises ``BadDocument`` for a key that cannot sign, or a secret that could be guessed."""
    if secret and len(secret) < LEAST_SECRET:
        raise BadDocument(
            f"it has {len(secret)} characters, and needs {LEAST_SECRET}",
            where="STRANGLER_BRIDGE_SECRET",
            remedy="Make one: strangler identity secret",
        )
    if not (secret.isascii() and secret.decode("ascii").isprintable()):
        raise BadDocument(
            "it does not fit into a header field",
            where="STRANGLER_BRIDGE_SECRET",
            remedy="Use letters and digits.",
        )
    try:
        signer = Signer(key) if key else None
    except UnusableKeys as error:
        remedy = "Make one: strangler identity secret, or strangler identity key"
        raise BadDocument(str(error), where="STRANGLER_IDENTITY_KEY", remedy=remedy) from None
    return Identities(fetch_keys, read_secret, asking(lambda: facade.transport(MONOLITH), secret), signer)


async def fetch_keys(url: str) -> bytes:
    """The document at an issuer's address, whole and at once, without following it elsewhere; raises ``OSError``."""
    trusts_proxy = url.startswith("https:")  # what is on this machine is not reached through another
    try:
        async with (
            httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False, trust_env=trusts_proxy) as client,
            client.stream("GET", url, headers={"Accept": "application/json"}) as answer,
        ):
            if answer.status_code != 200:
                raise OSError(f"it answered {answer.status_code}")
            body = bytearray()
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > LARGEST_SET:
                    raise OSError(f"its answer has more than {LARGEST_SET} bytes")
            return bytes(body)
    except httpx.HTTPError as error:
        raise OSError(str(error) or type(error).__name__) from None


def read_secret(place: str) -> bytes:
    """What ``file:PATH`` or ``env:NAME`` holds; raises ``OSError``."""
    kind, _, name = place.partition(":")
    if kind == "file":
        with Path(name).open("rb") as file:
            return file.read(LARGEST_SET + 1)
    value = os.environ.get(name)
    if not value:
        raise OSError("there is no such variable")
    return value.encode("utf-8", "surrogateescape")
