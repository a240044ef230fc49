"""Who may use the admin API: tokens, kept only as hashes, with a role."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal, Protocol

Role = Literal["viewer", "operator"]


@dataclass(frozen=True, slots=True)
class Token:
    """What is known about a token: never the token itself. ``created`` is in seconds since the epoch."""

    name: str
    role: Role
    created: float


class TokenStore(Protocol):
    def add(self, token: Token, digest: str) -> None:
        """Keep a token by its digest; raises ``Refused`` where the name is taken."""

    def find(self, digest: str) -> Token | None:
        """The token with a digest, or None."""

    def list(self) -> list[Token]:
        """All of them, by name."""

    def revoke(self, name: str) -> None:
        """Forget a token; raises ``Unknown``."""


def new_secret() -> str:
    """A fresh token for a person to keep: 256 random bits."""
    return "strangler_" + secrets.token_urlsafe(32)


def digest_of(secret: str) -> str:
    """What is kept of a token. A plain hash is enough: there is nothing to guess in 256 random bits."""
    return sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
