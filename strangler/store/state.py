"""Everything that is kept, opened by its address: ``sqlite:///relative.db``, ``sqlite:////absolute.db``, ``memory://``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from urllib.parse import unquote

from strangler.errors import BadDocument
from strangler.store.leases import LeaseStore
from strangler.store.memory import MemoryLeases, MemoryRollouts, MemoryRoutes, MemoryTokens, MemoryWindows
from strangler.store.rollouts import RolloutStore
from strangler.store.routes import RouteStore
from strangler.store.tokens import TokenStore
from strangler.store.windows import WindowStore

DEFAULT_STATE = "sqlite:///strangler.db"


@dataclass(frozen=True, slots=True)
class State:
    """The open state: route table and audit log, window counters, rollouts, leases, tokens."""

    routes: RouteStore
    windows: WindowStore
    rollouts: RolloutStore
    leases: LeaseStore
    tokens: TokenStore
    close: Callable[[], None]


def open_state(url: str, *, create: bool = True) -> State:
    """Open the state at an address.

    With ``create`` a missing file is made; without it, its absence is a ``StoreError`` and nothing is made. Raises
    ``BadDocument`` for an address that means nothing.
    """
    if url == "memory://":
        return _memory()
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite" or not path:
        raise BadDocument(
            f"{url!r} is not the address of a state",
            where="state",
            remedy="Use sqlite:///relative.db, sqlite:////absolute/path.db or memory://.",
        )
    return _sqlite(Path(unquote(path)), create)


def _memory() -> State:
    lock = RLock()
    leases = MemoryLeases(lock)
    return State(
        routes=MemoryRoutes(lock, leases),
        windows=MemoryWindows(lock),
        rollouts=MemoryRollouts(lock, leases),
        leases=leases,
        tokens=MemoryTokens(lock),
        close=lambda: None,
    )


def _sqlite(path: Path, create: bool) -> State:
    from strangler.store.database import Database
    from strangler.store.sqlite import (
        SQLiteLeases,
        SQLiteRollouts,
        SQLiteRoutes,
        SQLiteTokens,
        SQLiteWindows,
    )

    database = Database(path, create=create)
    return State(
        routes=SQLiteRoutes(database),
        windows=SQLiteWindows(database),
        rollouts=SQLiteRollouts(database),
        leases=SQLiteLeases(database),
        tokens=SQLiteTokens(database),
        close=database.close,
    )
