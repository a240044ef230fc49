"""The id map: which legacy key and which new id are the same thing, by kind ("invoices", "customers")."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

__all__ = ["IdMap", "Key"]

Key = int | str
"""A legacy primary key. 7 and "7" are two keys."""


class IdMap(Protocol):
    """A store of pairs, one to one within a kind. Each call is one round trip, whatever the size of the batch.

    Pairs are never changed or removed. Raises StoreError when the store cannot be read or written.
    """

    def new_ids(self, kind: str, keys: Iterable[Key]) -> dict[Key, str]:
        """The new ids of those keys that have one."""
        ...

    def legacy_keys(self, kind: str, ids: Iterable[str]) -> dict[str, Key]:
        """The legacy keys of those ids that have one."""
        ...

    def add(self, kind: str, proposed: Mapping[Key, str]) -> dict[Key, str]:
        """Give each key its proposed id, unless it has one by now; answers what holds for every key.

        Safe among concurrent writers: all of them get the same answer for a key.
        """
        ...
