"""Ids are given once, and only to what can be a key."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from uuid import UUID

import pytest

from acl import Identity
from acl.identity import derived_ids
from acl.stores import SqliteIdMap

NAMESPACE = UUID("00000000-0000-5000-8000-000000000001")


@pytest.fixture
def ids(connect: Callable[[], sqlite3.Connection]) -> SqliteIdMap:
    return SqliteIdMap(connect())


def test_an_id_is_never_given_twice_nor_changed(ids: SqliteIdMap) -> None:
    first = Identity(ids, derived_ids(NAMESPACE)).to_new("orders", [1, 2])
    second = Identity(ids, lambda kind, key: "other").to_new("orders", [2, 1])
    assert first == second
    assert len(set(first.values())) == 2


def test_what_cannot_be_a_key_gets_no_id(ids: SqliteIdMap) -> None:
    identity = Identity(ids, derived_ids(NAMESPACE))
    assert set(identity.to_new("orders", [1, True, 2.0, None, 2**63, "a", (1,)])) == {1, "a"}
    assert identity.to_legacy("orders", [None, 1, "unknown"]) == {}


def test_asking_whether_an_id_is_known_gives_none(ids: SqliteIdMap) -> None:
    identity = Identity(ids, derived_ids(NAMESPACE))
    assert identity.known("orders", [1]) == {}
    assert identity.known("orders", [1]) == {}
    given = identity.to_new("orders", [1])
    assert identity.known("orders", [1, 2]) == given


def test_derived_ids_follow_from_kind_and_key_alone() -> None:
    new_id = derived_ids(NAMESPACE)
    assert new_id("orders", 1) == derived_ids(NAMESPACE)("orders", 1)
    assert len({new_id("orders", 1), new_id("lines", 1), new_id("orders", "1"), new_id("orders", 2)}) == 4


def test_the_way_back_finds_the_key_with_its_type(ids: SqliteIdMap) -> None:
    identity = Identity(ids, derived_ids(NAMESPACE))
    new = identity.to_new("orders", [7, "7"])
    assert identity.to_legacy("orders", new.values()) == {new[7]: 7, new["7"]: "7"}
    assert identity.to_legacy("lines", new.values()) == {}
