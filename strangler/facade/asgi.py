"""The ASGI types that the request path uses, so that it needs no framework to name them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

Headers = list[tuple[bytes, bytes]]
"""Header fields in order; names are lower case; a name may stand several times."""

TARGET = "strangler.target"
"""Extension: the request target byte for byte, as ``bytes``."""
UPGRADE = "strangler.upgrade"
"""Extension: an ``Upgrade`` through which an answer of 101 turns the connection into a tunnel."""
