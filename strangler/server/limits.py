"""How many connections this process can bear."""

from __future__ import annotations

from strangler.facade.clients import Clients
from strangler.server.settings import Settings

MOST_CLIENTS = 10_000
"""Connections of clients at once, where the operator asks for nothing else."""
RESERVE = 64
"""File descriptors that are kept for listeners, the state, logs and certificates."""


def clients_of(settings: Settings) -> Clients:
    """The limits on clients' connections. Each may need a second descriptor for an upstream."""
    bearable = max(1, (_descriptors() - RESERVE) // 2)
    return Clients(settings.max_clients or min(MOST_CLIENTS, bearable), settings.max_per_client)


def _descriptors() -> int:
    """As many as the system allows this process; it asks for all of them."""
    try:
        import resource
    except ImportError:  # there is none for Windows
        return 2 * MOST_CLIENTS + RESERVE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
            soft = hard
        except (ValueError, OSError):  # macOS refuses more than its own maximum
            pass
    return soft if soft != resource.RLIM_INFINITY else 2 * MOST_CLIENTS + RESERVE
