"""Whether somebody has what a route requires. Pure; what is not granted is denied."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from strangler.routing.identity import Requirement

_CLAIMS = {"roles": ("roles", "groups"), "permissions": ("permissions",), "scopes": ("scope", "scp")}
"""What is required -> the claims that may grant it (``scope``: RFC 8693, 4.2, one text with spaces)."""


def missing(requirement: Requirement, claims: Mapping[str, Any]) -> str | None:
    """What is missing: ``roles``, ``permissions`` or ``scopes``; None: everything is there."""
    for kind, names in _CLAIMS.items():
        some, every = getattr(requirement, f"{kind}_any"), getattr(requirement, f"{kind}_all")
        if not some and not every:
            continue
        granted = frozenset[str]().union(*(_granted(claims.get(name), kind) for name in names))
        if not granted.issuperset(every) or (some and granted.isdisjoint(some)):
            return kind
    return None


def _granted(value: object, kind: str) -> frozenset[str]:
    if isinstance(value, str):
        return frozenset(value.split() if kind == "scopes" else [value])
    if isinstance(value, list):
        return frozenset(one for one in value if isinstance(one, str))
    return frozenset()
