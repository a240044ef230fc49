"""Somebody who issues tokens: keys of every kind, and tokens signed with them as they are told, also wrongly."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import get_default_algorithms

from strangler.facade import Failure
from strangler.facade.sessions import Question
from strangler.routing.identity import SessionRules

ENGINES = get_default_algorithms()
ASYMMETRIC = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
SYMMETRIC = ("HS256", "HS384", "HS512")
NOW = 1_700_000_000.0
CLAIMS = {"iss": "https://issuer.example/", "aud": "shop", "sub": "17", "exp": int(NOW) + 300}


@cache
def private_key(algorithm: str, number: int = 0) -> Any:
    """One of any number of private keys for an algorithm."""
    if algorithm[:2] in ("RS", "PS"):
        return rsa.generate_private_key(65537, 2048)
    if algorithm.startswith("ES"):
        curve = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}[algorithm]
        return ec.generate_private_key(curve)
    return ed25519.Ed25519PrivateKey.generate()


@dataclass(frozen=True)
class Issuer:
    """``algorithm`` and ``number`` choose the key, ``id`` is what it is called."""

    algorithm: str = "ES256"
    id: str | None = "k1"
    number: int = 0
    secret: bytes = field(default=b"s" * 64, repr=False)

    def token(self, *, header: dict[str, Any] | None = None, **claims: Any) -> bytes:
        """A token of the usual claims; None removes one."""
        told = {name: value for name, value in {**CLAIMS, **claims}.items() if value is not None}
        return self.sign(json.dumps(told).encode(), **(header or {}))

    def sign(self, payload: bytes, **header: Any) -> bytes:
        """A token of any payload."""
        named = {} if self.id is None else {"kid": self.id}
        head = {"alg": self.algorithm, "typ": "JWT", **named, **header}
        signed = encoded(json.dumps(head).encode()) + b"." + encoded(payload)
        return signed + b"." + encoded(ENGINES[self.algorithm].sign(signed, self._key()))

    def jwk(self, **fields: Any) -> dict[str, Any]:
        """The public key as an issuer publishes it."""
        public = self._key() if self.algorithm in SYMMETRIC else self._key().public_key()
        jwk = ENGINES[self.algorithm].to_jwk(public, as_dict=True)
        named = {} if self.id is None else {"kid": self.id}
        return {**jwk, **named, "use": "sig", **fields}

    def pem(self) -> bytes:
        """The public key in PEM."""
        told: bytes = self._key().public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return told

    def private_pem(self) -> bytes:
        """The private key in PEM."""
        told: bytes = self._key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return told

    def _key(self) -> Any:
        return self.secret if self.algorithm in SYMMETRIC else private_key(self.algorithm, self.number)


def key_set(*keys: dict[str, Any]) -> bytes:
    """A JSON Web Key Set."""
    return json.dumps({"keys": keys}).encode()


def encoded(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


class Clock:
    """A clock that is moved by hand."""

    def __init__(self, now: float = NOW) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


class KeySets:
    """Where an issuer publishes its keys: counts the questions, and may be silent."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.document = key_set(*keys)
        self.asked = 0
        self.silent = False

    async def __call__(self, url: str) -> bytes:
        self.asked += 1
        if self.silent:
            raise OSError("refused")
        return self.document


class Sessions:
    """A monolith that knows sessions: cookie -> user. Counts the questions; may be made to wait or fail."""

    def __init__(self, **users: dict[str, Any] | None) -> None:
        self.users = users
        self.asked: list[Question] = []
        self.failure: Failure | None = None
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, rules: SessionRules, question: Question) -> bytes:
        self.asked.append(question)
        user = self.users.get(question.cookie)
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure
        return json.dumps({"version": 1, "user": user, "expires": None}).encode()
