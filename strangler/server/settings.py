"""What ``serve`` has to know, and how it speaks to the operator."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from strangler.server.listen import GRACE, Address
from strangler.store import DEFAULT_STATE


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that ``serve`` needs to know."""

    monolith: str
    bind: Address
    admin_bind: Address
    state: str = DEFAULT_STATE
    debug_headers: bool = False
    grace: int = GRACE
    document: Mapping[str, Any] = field(default_factory=dict)
    """The route table's sections of the configuration file, and (``origin``) that file."""
    origin: str = ""
    identity_key: bytes = field(default=b"", repr=False)
    """Signs what services are told about who asks; empty: nothing can be signed."""
    bridge_secret: bytes = field(default=b"", repr=False)
    """Proves to the monolith that it is the facade who asks about a session; empty: it is not asked."""
    tls_cert: str = ""
    tls_key: str = ""
    tls_client_ca: str = ""
    """Files of the certificate that clients see, and of the authorities whose certificates clients must have."""
    workers: int = 0
    """Processes that serve, under one that watches them; 0: this one process serves."""
    max_clients: int = 0
    """Connections of clients that a process keeps open at once; 0: as many as its file descriptors bear."""
    max_per_client: int = 0
    """The same for one address; 0: no limit."""
    approval: bool = False
    """Whether what brings a group that writes closer to its service waits for a second operator."""
    notify: str = ""
    """Who is told of every change, by webhook; empty: nobody."""
    notify_secret: bytes = field(default=b"", repr=False)
    mappings: str = ""
    """Files that declare what routes may be translated by, parted by commas, and (``id_map``) the database of the ids
    that these look up."""
    id_map: str = field(default="", repr=False)
    follow: str = ""
    """A file whose changes become changes of the routes; empty: none."""

    access_log: str = ""
    """The file of the access log, ``-`` for standard output; empty: there is none."""
    otlp: str = ""
    """The endpoint of an OpenTelemetry collector; empty: nothing is traced."""
    otlp_headers: str = field(default="", repr=False)
    trace_percent: float = 1.0
    service_name: str = "strangler"


def log_to_stderr() -> None:
    """One line for each warning; uvicorn says nothing, since it would log tracebacks that a client can cause."""
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
    logging.basicConfig(format="strangler: %(message)s", level=logging.WARNING)


def say(line: str) -> None:
    """Tells the operator, on standard error."""
    print(f"strangler: {line}", file=sys.stderr, flush=True)  # noqa: T201
