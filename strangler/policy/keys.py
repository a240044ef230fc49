"""The keys that tokens are verified with, and when an issuer is asked for them again. Pure.

Sources: RFC 7517 (JSON Web Key), RFC 7518 (algorithms, smallest keys), RFC 8037 (EdDSA).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Any

import msgspec
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_pem_x509_certificate
from jwt.algorithms import Algorithm, get_default_algorithms
from jwt.exceptions import PyJWTError

ENGINES: Mapping[str, Algorithm] = MappingProxyType(get_default_algorithms())
"""Algorithm -> what signs and verifies with it."""
LARGEST_SET = 64 * 1024
"""Bytes of a key set that is read."""
MOST_KEYS = 32
REFRESH = 600.0
"""Seconds after which an issuer is asked again, although nothing seems to be missing."""
COOLDOWN = 30.0
"""Seconds between two questions that unknown keys, or a silent issuer, can cause."""
FORGET = 86_400.0
"""Seconds for which keys are believed while their issuer is silent."""
ABSENT = 300.0
"""Seconds for which a key that an issuer does not have is not asked for again."""
MOST_ABSENT = 256

_RSA = frozenset({"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"})
_CURVES = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}
_HMAC = {"HS256": 32, "HS384": 48, "HS512": 64}
_RSA_BITS = range(2048, 8193)


class UnusableKeys(ValueError):
    """A document that holds no key that could verify anything; says why, and nothing of what it holds."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key. ``algorithms`` are those that it can be used with, whatever a token says: a public key never becomes the
    secret of an HMAC."""

    id: str | None
    algorithms: frozenset[str]
    print: str
    """A digest that tells two keys apart."""
    material: Any = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class KeyRing:
    """What is known of an issuer's keys; times in seconds of one monotonic clock."""

    keys: tuple[Key, ...] = ()
    fetched: float | None = None
    tried: float | None = None
    fault: str = ""
    """Why the last question had no answer; empty when it had one."""
    absent: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))
    """Keys that the issuer did not have -> when it may be asked for them again."""


def is_due(ring: KeyRing, now: float) -> bool:
    """Whether the issuer is to be asked because of age alone."""
    old = ring.fetched is None or now - ring.fetched >= REFRESH
    return old and _has_cooled(ring, now)


def is_missing(ring: KeyRing, key_id: str | None, now: float) -> bool:
    """Whether the issuer is to be asked because a token names a key that is unknown: it may have been rotated in."""
    return (key_id is None or ring.absent.get(key_id, now) <= now) and _has_cooled(ring, now)


def answered(ring: KeyRing, keys: tuple[Key, ...], wanted: str | None, now: float) -> KeyRing:
    """The ring after the issuer's answer. Keys that it does not have any more are gone at once."""
    absent = {key_id: until for key_id, until in ring.absent.items() if until > now}
    if wanted is not None and all(key.id != wanted for key in keys):
        absent[wanted] = now + ABSENT
        absent = dict(list(absent.items())[-MOST_ABSENT:])
    return KeyRing(keys, now, now, "", MappingProxyType(absent))


def unanswered(ring: KeyRing, fault: str, now: float) -> KeyRing:
    """The ring after a question without an answer: the keys stay, until they are too old to be believed."""
    forgotten = ring.fetched is None or now - ring.fetched >= FORGET
    return replace(ring, keys=() if forgotten else ring.keys, tried=now, fault=fault)


def _has_cooled(ring: KeyRing, now: float) -> bool:
    return ring.tried is None or now - ring.tried >= COOLDOWN


def public_keys(document: bytes) -> tuple[Key, ...]:
    """The keys of a JSON Web Key Set that can verify signatures; symmetric ones, which nobody may publish, are left
    out. Raises ``UnusableKeys``."""
    if len(document) > LARGEST_SET:
        raise UnusableKeys(f"the key set has more than {LARGEST_SET} bytes")
    try:
        parsed = msgspec.json.decode(document)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise UnusableKeys("the key set is not JSON") from None
    listed = parsed.get("keys") if isinstance(parsed, dict) else None
    if not isinstance(listed, list):
        raise UnusableKeys("the key set has no list of keys")
    return _some(key for jwk in listed[:MOST_KEYS] if (key := _from_jwk(jwk)) is not None)


def static_keys(document: bytes, algorithms: Iterable[str]) -> tuple[Key, ...]:
    """The keys of a file or an environment variable: a PEM public key or certificate, a JSON Web Key Set, or, where
    only HMACs are allowed, a secret as it stands. Raises ``UnusableKeys``."""
    text = document.strip()
    allowed = frozenset(algorithms)
    if allowed and allowed <= _HMAC.keys():
        return (_secret(text, allowed),)
    if text.startswith(b"{"):
        return public_keys(text)
    try:
        key = _key(None, _public_key(text), text)
    except (ValueError, UnsupportedAlgorithm):
        raise UnusableKeys("neither a public key in PEM nor a JSON Web Key Set") from None
    return _some(() if key is None else (key,))


def _public_key(text: bytes) -> object:
    if text.startswith(b"-----BEGIN CERTIFICATE-----"):
        return load_pem_x509_certificate(text).public_key()
    return load_pem_public_key(text)


def _secret(text: bytes, allowed: frozenset[str]) -> Key:
    if text.startswith((b"-----BEGIN", b"ssh-", b"{")):
        raise UnusableKeys("a public key or a key set cannot be the secret of an HMAC")
    least = max(_HMAC[name] for name in allowed)
    if len(text) < least:
        raise UnusableKeys(
            f"the secret has {len(text)} bytes, and {max(allowed)} needs {least} (RFC 7518, 3.2)"
        )
    return Key(None, allowed, sha256(text).hexdigest(), text)


def _from_jwk(jwk: Any) -> Key | None:
    """A key that can verify signatures, or None for any other."""
    if not isinstance(jwk, dict) or jwk.get("use", "sig") != "sig":
        return None
    operations = jwk.get("key_ops", ["verify"])
    engine = ENGINES.get({"RSA": "RS256", "EC": "ES256", "OKP": "EdDSA"}.get(str(jwk.get("kty")), ""))
    if not isinstance(operations, list) or "verify" not in operations or engine is None or "d" in jwk:
        return None
    key_id = jwk.get("kid")
    try:
        found = engine.from_jwk(jwk)
    except (PyJWTError, ValueError, TypeError, KeyError, AttributeError):
        return None
    key = _key(key_id if isinstance(key_id, str) else None, found, msgspec.json.encode(jwk, order="sorted"))
    if key is None or "alg" not in jwk:
        return key
    only = key.algorithms & {str(jwk["alg"])}
    return replace(key, algorithms=only) if only else None


def _key(key_id: str | None, found: object, raw: bytes) -> Key | None:
    algorithms: frozenset[str] = frozenset()
    if isinstance(found, RSAPublicKey) and found.key_size in _RSA_BITS:
        algorithms = _RSA
    elif isinstance(found, EllipticCurvePublicKey) and found.curve.name in _CURVES:
        algorithms = frozenset({_CURVES[found.curve.name]})
    elif isinstance(found, Ed25519PublicKey):
        algorithms = frozenset({"EdDSA"})
    return Key(key_id, algorithms, sha256(raw).hexdigest(), found) if algorithms else None


def _some(keys: Iterable[Key]) -> tuple[Key, ...]:
    found = tuple(keys)
    if not found:
        raise UnusableKeys(
            "no key can verify a signature (RSA of 2048 to 8192 bits, P-256, P-384, P-521, Ed25519)"
        )
    return found
