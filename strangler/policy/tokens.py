"""A JSON Web Token in, its claims out, or the reason why it is not believed. Pure: the time is told.

Sources: RFC 7515 (signatures), RFC 7519 (claims), RFC 8725 (best practices: algorithms come from the rules and are
bound to the kind of key; ``jku``, ``jwk``, ``x5u`` and ``x5c`` of a token are never looked at).
"""

from __future__ import annotations

import binascii
import re
from base64 import urlsafe_b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from strangler.policy.keys import ENGINES, Key
from strangler.routing.identity import TokenRules

LARGEST_TOKEN = 8192
"""Bytes of a token that is looked at."""
LONGEST_KEY_ID = 256

Fault = Literal[
    "too large",
    "malformed",
    "algorithm not allowed",
    "unknown key",
    "wrong signature",
    "expired",
    "not valid yet",
    "wrong issuer",
    "wrong audience",
    "claim missing",
]
_NEVER = 1e15
"""Seconds that no clock tells: what is beyond them, or no number, is no moment."""
_SEGMENT = re.compile(rb"[A-Za-z0-9_-]*")


class Rejected(Exception):
    """A token that is not believed. ``fault`` is stable; it says nothing that its bearer does not know."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was read, and is not believed yet."""

    algorithm: str
    key_id: str | None
    payload: bytes
    signed: bytes
    signature: bytes


def read_token(raw: bytes, rules: TokenRules) -> Token:
    """The parts of a compact token; raises ``Rejected``."""
    if len(raw) > LARGEST_TOKEN:
        raise Rejected("too large")
    signed, _, signature = raw.rpartition(b".")
    head, dot, payload = signed.partition(b".")
    if not dot or b"." in payload:
        raise Rejected("malformed")
    header = _object(_decoded(head))
    algorithm, key_id = header.get("alg"), header.get("kid")
    if algorithm not in rules.algorithms:
        raise Rejected("algorithm not allowed")
    if "crit" in header or (
        key_id is not None and not (isinstance(key_id, str) and 0 < len(key_id) <= LONGEST_KEY_ID)
    ):
        raise Rejected("malformed")
    return Token(algorithm, key_id, _decoded(payload), signed, _decoded(signature))


def fitting(token: Token, keys: Iterable[Key]) -> list[Key]:
    """The keys that may have signed a token: fit for its algorithm, and of its name where both have one."""
    return [
        key
        for key in keys
        if token.algorithm in key.algorithms and (None in (key.id, token.key_id) or key.id == token.key_id)
    ]


def verify(token: Token, keys: Iterable[Key], rules: TokenRules, now: float) -> dict[str, Any]:
    """The claims of a token; ``now`` in Unix seconds. Raises ``Rejected``."""
    candidates = fitting(token, keys)
    if not candidates:
        raise Rejected("unknown key")
    engine = ENGINES[token.algorithm]
    if not any(engine.verify(token.signed, key.material, token.signature) for key in candidates):
        raise Rejected("wrong signature")
    claims = _object(token.payload)
    check_claims(claims, rules, now)
    return claims


def check_claims(claims: Mapping[str, Any], rules: TokenRules, now: float) -> None:
    """Raises ``Rejected`` where claims do not hold here and now."""
    for name in rules.required:
        if claims.get(name) in (None, ""):
            raise Rejected("claim missing")
    expires, begins, issued = (_moment(claims, name) for name in ("exp", "nbf", "iat"))
    if expires is not None and now >= expires + rules.leeway:
        raise Rejected("expired")
    if any(moment is not None and now < moment - rules.leeway for moment in (begins, issued)):
        raise Rejected("not valid yet")
    if rules.issuer is not None and claims.get("iss") != rules.issuer:
        raise Rejected("wrong issuer")
    _check_audience(claims.get("aud"), rules.audience)


def _check_audience(told: object, wanted: tuple[str, ...]) -> None:
    """A token for somebody else is refused also where the rules name nobody (RFC 7519, 4.1.3)."""
    audience = told if isinstance(told, list) else [told]
    if (wanted or told is not None) and not any(one in audience for one in wanted):
        raise Rejected("wrong audience")


def _moment(claims: Mapping[str, Any], name: str) -> float | None:
    value = claims.get(name)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_NEVER < value < _NEVER:
        raise Rejected("malformed")
    return float(value)


def _decoded(segment: bytes) -> bytes:
    if _SEGMENT.fullmatch(segment) is None:
        raise Rejected("malformed")
    try:
        return urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except binascii.Error:
        raise Rejected("malformed") from None


def _object(data: bytes) -> dict[str, Any]:
    try:
        parsed = msgspec.json.decode(data)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Rejected("malformed") from None
    if not isinstance(parsed, dict):
        raise Rejected("malformed")
    return parsed
