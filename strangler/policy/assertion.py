"""The facade's own word about who is asking: a short-lived token that services can verify. Pure: the time is told.

The form is a JSON Web Token (RFC 7519), signed with HS256 by a shared secret, or with Ed25519 (``EdDSA``, RFC 8037) by
a private key, so that services need the public key only.
"""

from __future__ import annotations

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from strangler.policy.identity import Identity, text_of
from strangler.policy.keys import ENGINES, UnusableKeys
from strangler.routing.identity import Forwarding

ISSUER = "strangler"
LIFETIME = 60
"""Seconds for which a service may believe an assertion."""
LEAST_SECRET = 32
"""Bytes of a shared secret (RFC 7518, 3.2)."""
LARGEST = 6000
"""Bytes of an assertion: upstreams refuse fields of more than 8 KB."""


class TooLarge(ValueError):
    """What is to be told about somebody does not fit into a header field."""


class Signer:
    """Signs assertions with one key: the bytes of a secret, or of a private key in PEM. Raises ``UnusableKeys``."""

    def __init__(self, key: bytes) -> None:
        text = key.strip()
        if text.startswith(b"-----BEGIN"):
            self._key: Any = _private_key(text)
            self.algorithm = "EdDSA"
            public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        else:
            if len(text) < LEAST_SECRET:
                raise UnusableKeys(f"the key has {len(text)} bytes, and needs {LEAST_SECRET}")
            self._key, self.algorithm, public = text, "HS256", b"strangler identity key\0" + text
        self.key_id = sha256(public).hexdigest()[:16]
        self._head = _encoded({"alg": self.algorithm, "typ": "JWT", "kid": self.key_id}) + b"."

    def sign(self, identity: Identity, audience: str, names: tuple[str, ...], now: float) -> bytes:
        """An assertion for one audience, with the subject and those of the named claims that are there; it never
        outlives what the identity rests on. Raises ``TooLarge``."""
        until = int(now) + LIFETIME
        if identity.expires is not None:
            until = min(until, int(identity.expires))
        told = {name: identity.claims[name] for name in names if name in identity.claims}
        fixed = {
            "iss": ISSUER,
            "aud": audience,
            "sub": identity.subject,
            "iat": int(now),
            "exp": until,
            "via": identity.via,
        }
        signed = self._head + _encoded({**told, **fixed})
        if len(signed) > LARGEST:
            raise TooLarge(f"the assertion has more than {LARGEST} bytes; forward fewer claims")
        signature: bytes = ENGINES[self.algorithm].sign(signed, self._key)
        return signed + b"." + _base64(signature)


def plain_fields(identity: Identity, forwarding: Forwarding) -> list[tuple[bytes, bytes]]:
    """The header fields in which claims stand as they are; lists joined by commas, what fits into no field left out."""
    claims = {**identity.claims, "sub": identity.subject}
    fields = []
    for name, claim in forwarding.headers:
        value = claims.get(claim)
        items = value if isinstance(value, list) else [value]
        texts = [text for item in items if (text := text_of(item)) is not None and "," not in text]
        told = ",".join(texts) if isinstance(value, list) else text_of(value)
        if told is not None and told.isprintable():
            fields.append((name.encode("ascii"), told.encode()))
    return fields


def _private_key(text: bytes) -> Ed25519PrivateKey:
    try:
        found = load_pem_private_key(text, None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise UnusableKeys("the key is not a private key in PEM without a passphrase") from None
    if not isinstance(found, Ed25519PrivateKey):
        raise UnusableKeys("the only private keys that sign identities are Ed25519")
    return found


def _encoded(part: dict[str, Any]) -> bytes:
    return _base64(msgspec.json.encode(part))


def _base64(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
