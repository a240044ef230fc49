"""Who the facade says is asking: a token in X-Strangler-Identity, signed with a key that both know (HS256).

All that a service needs is in this file; with a library it is one line: `jwt.decode(header, key, ["HS256"],
audience="billing", issuer="strangler", options={"require": ["exp", "sub"]})`.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64decode
from typing import Any

__all__ = ["HEADER", "verified"]

HEADER = "x-strangler-identity"


def verified(token: str, key: bytes, audience: str, now: float) -> dict[str, Any] | None:
    """The claims of a token that is the facade's, is for this service and is young; None for any other."""
    signed, _, signature = token.rpartition(".")
    head, _, payload = signed.partition(".")
    try:
        if not hmac.compare_digest(_decoded(signature), hmac.digest(key, signed.encode(), hashlib.sha256)):
            return None
        header, claims = json.loads(_decoded(head)), json.loads(_decoded(payload))
    except ValueError:
        return None
    fits = header["alg"] == "HS256" and claims["iss"] == "strangler" and claims["aud"] == audience
    return claims if fits and now < claims["exp"] else None


def _decoded(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))
