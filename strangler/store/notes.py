"""Small texts under a name, for what a task has to know again after a restart: how far it has come."""

from __future__ import annotations

from typing import Protocol

from strangler.store.leases import Lease


class NoteStore(Protocol):
    def get(self, name: str) -> str | None:
        """The text, or None."""

    def put(self, name: str, text: str, fence: Lease | None = None) -> None:
        """Keep a text instead of the one that stood there; raises ``Refused`` when ``fence`` has been taken over."""

    def all(self, prefix: str) -> dict[str, str]:
        """The texts whose names begin so, by name."""

    def drop(self, name: str) -> None:
        """Forget a text; does nothing where there is none."""
