"""Legacy key <-> new id: looks a batch up, and gives an id to a key that has none yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from uuid import UUID, uuid5

from acl.stores import IdMap, Key

__all__ = ["Identity", "KnownIds", "NewId", "derived_ids"]

NewId = Callable[[str, Key], str]
"""(kind, legacy key) -> the id to propose for a key that has none."""


def derived_ids(namespace: UUID) -> NewId:
    """Ids that follow from kind and key alone (UUIDv5), so that two copies of the same rows agree on them."""

    def new_id(kind: str, key: Key) -> str:
        return str(uuid5(namespace, f"{kind}:{type(key).__name__}:{key}"))

    return new_id


class Identity:
    """The two ways through an id map, in the form that mappings ask for them.

    `to_new` gives every key an id, proposed by `new_id`; `to_legacy` knows only what is in the map, since a legacy
    key is the legacy database's to give.
    """

    def __init__(self, ids: IdMap, new_id: NewId) -> None:
        self._ids = ids
        self._new_id = new_id

    def to_new(self, kind: str, keys: Iterable[Any]) -> dict[Key, str]:
        """The new id of every key that can be one; others are left out."""
        wanted = _possible(keys)
        known = self._ids.new_ids(kind, wanted)
        missing = [key for key in wanted if key not in known]
        if missing:
            known |= self._ids.add(kind, {key: self._new_id(kind, key) for key in missing})
        return known

    def known(self, kind: str, keys: Iterable[Any]) -> dict[Key, str]:
        """The new id of every key that has one; gives none."""
        return self._ids.new_ids(kind, keys)

    def to_legacy(self, kind: str, ids: Iterable[Any]) -> dict[str, Key]:
        """The legacy key of every id that has one."""
        return self._ids.legacy_keys(kind, {new_id for new_id in ids if type(new_id) is str})


class KnownIds:
    """The same two ways for whoever may not give ids: what is not in the map has none."""

    def __init__(self, ids: IdMap) -> None:
        self._ids = ids

    def to_new(self, kind: str, keys: Iterable[Any]) -> dict[Key, str]:
        """The new id of every key that has one."""
        return self._ids.new_ids(kind, _possible(keys))

    def to_legacy(self, kind: str, ids: Iterable[Any]) -> dict[str, Key]:
        """The legacy key of every id that has one."""
        return self._ids.legacy_keys(kind, {new_id for new_id in ids if type(new_id) is str})


def _possible(keys: Iterable[Any]) -> set[Key]:
    return {key for key in keys if type(key) is str or (type(key) is int and -(2**63) <= key < 2**63)}
