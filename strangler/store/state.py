"""Everything that is kept, opened by its address: ``sqlite:///relative.db``, ``sqlite:////absolute.db``,
``postgresql://HOST/DATABASE``, ``memory://``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING
from urllib.parse import unquote

from strangler.errors import BadDocument
from strangler.store.differences import DifferenceStore
from strangler.store.leases import LeaseStore
from strangler.store.memory import (
    MemoryDifferences,
    MemoryLeases,
    MemoryNotes,
    MemoryRollouts,
    MemoryRoutes,
    MemoryTokens,
    MemoryWindows,
)
from strangler.store.notes import NoteStore
from strangler.store.rollouts import RolloutStore
from strangler.store.routes import RouteStore
from strangler.store.tokens import TokenStore
from strangler.store.windows import WindowStore

if TYPE_CHECKING:
    from strangler.store.archive import Archive
    from strangler.store.sql import Database

DEFAULT_STATE = "sqlite:///strangler.db"


@dataclass(frozen=True, slots=True)
class State:
    """The open state: route table and audit log, window counters, rollouts, leases, tokens, differences."""

    routes: RouteStore
    windows: WindowStore
    rollouts: RolloutStore
    leases: LeaseStore
    tokens: TokenStore
    differences: DifferenceStore
    notes: NoteStore
    close: Callable[[], None]
    look_every: float = 0.05
    """Seconds between two looks at the routes' version."""
    place: str = "memory://"
    """Where it is, for a person."""
    schema_before: int = 0
    """The version of the schema that was found when it was opened."""
    archive: Archive | None = None
    """Saves and restores it; None in memory."""


def open_state(url: str, *, create: bool = True) -> State:
    """Open the state at an address.

    With ``create`` a missing file or schema is made; without it, its absence is a ``StoreError`` and nothing is made.
    Raises ``BadDocument`` for an address that means nothing.
    """
    if url == "memory://":
        return _memory()
    if url.startswith(("postgresql://", "postgres://")):
        from strangler.store.postgres import PostgresDatabase

        return _sql(PostgresDatabase(url, create=create))
    scheme, _, path = url.partition(":///")
    if scheme != "sqlite" or not path:
        raise BadDocument(
            f"{url!r} is not the address of a state",
            where="state",
            remedy="Use sqlite:///relative.db, sqlite:////absolute/path.db, postgresql://HOST/DATABASE or memory://.",
        )
    from strangler.store.sqlite import SQLiteDatabase

    return _sql(SQLiteDatabase(Path(unquote(path)), create=create))


def _memory() -> State:
    lock = RLock()
    leases = MemoryLeases(lock)
    return State(
        routes=MemoryRoutes(lock, leases),
        windows=MemoryWindows(lock),
        rollouts=MemoryRollouts(lock, leases),
        leases=leases,
        tokens=MemoryTokens(lock),
        differences=MemoryDifferences(lock),
        notes=MemoryNotes(lock, leases),
        close=lambda: None,
    )


def _sql(database: Database) -> State:
    from strangler.store.archive import Archive
    from strangler.store.sql import (
        SQLDifferences,
        SQLLeases,
        SQLNotes,
        SQLRollouts,
        SQLRoutes,
        SQLTokens,
        SQLWindows,
    )

    return State(
        routes=SQLRoutes(database),
        windows=SQLWindows(database),
        rollouts=SQLRollouts(database),
        leases=SQLLeases(database),
        tokens=SQLTokens(database),
        differences=SQLDifferences(database),
        notes=SQLNotes(database),
        close=database.close,
        look_every=database.look_every,
        place=database.place,
        schema_before=database.schema_before,
        archive=Archive(database),
    )
