"""The id map in PostgreSQL: a table in the service's own database, through any driver with `%s` parameters."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from acl.errors import StoreError
from acl.stores.database import Database
from acl.stores.id_map import Key

__all__ = ["PostgresIdMap"]

# `is_text` keeps 7 and "7" apart. Two processes that create the table at once: the lock lets one go first.
_SCHEMA = (
    "SELECT pg_advisory_xact_lock(hashtext('acl_ids'))",
    """
CREATE TABLE IF NOT EXISTS acl_ids (
    kind text NOT NULL,
    is_text boolean NOT NULL,
    legacy_key text NOT NULL,
    new_id text NOT NULL,
    PRIMARY KEY (kind, is_text, legacy_key),
    UNIQUE (kind, new_id)
)
""",
)
_BY_KEY = (
    "SELECT legacy_key, new_id FROM acl_ids"
    " WHERE kind = ? AND is_text = ? AND legacy_key = ANY (CAST(? AS text[]))"
)
_BY_ID = "SELECT new_id, is_text, legacy_key FROM acl_ids WHERE kind = ? AND new_id = ANY (CAST(? AS text[]))"
_ADD = (
    "INSERT INTO acl_ids SELECT ?, given.is_text, given.legacy_key, given.new_id"
    " FROM unnest(CAST(? AS boolean[]), CAST(? AS text[]), CAST(? AS text[])) AS given (is_text, legacy_key, new_id)"
    " ON CONFLICT (kind, is_text, legacy_key) DO NOTHING"
)


class PostgresIdMap:
    """An id map in the database of an open connection (psycopg, say); makes its table when it is missing.

    On a connection with autocommit each call is a transaction of its own; otherwise it takes part in the caller's.
    """

    def __init__(self, connection: Any) -> None:
        self._database = Database(connection)
        own = getattr(connection, "autocommit", False)
        for statement in ("BEGIN", *_SCHEMA, "COMMIT") if own else _SCHEMA:
            self._database.run(statement)

    def new_ids(self, kind: str, keys: Iterable[Key]) -> dict[Key, str]:
        wanted = [key for key in keys if _storable(key)]
        found: dict[Key, str] = {}
        for is_text in (False, True):
            texts = [str(key) for key in wanted if isinstance(key, str) is is_text]
            if texts:
                rows = self._database.rows(_BY_KEY, (kind, is_text, texts))
                found |= {text if is_text else int(text): new_id for text, new_id in rows}
        return found

    def legacy_keys(self, kind: str, ids: Iterable[str]) -> dict[str, Key]:
        wanted = [new_id for new_id in ids if _storable(new_id) and isinstance(new_id, str)]
        rows = self._database.rows(_BY_ID, (kind, wanted)) if wanted else []
        return {new_id: key if is_text else int(key) for new_id, is_text, key in rows}

    def add(self, kind: str, proposed: Mapping[Key, str]) -> dict[Key, str]:
        for key in proposed:
            if not _storable(key):
                raise StoreError(
                    f"{key!r} is no legacy key", "a key is text, or an integer of at most 64 bits"
                )
        if proposed:
            # In one order, so that two writers who meet wait for each other in turn, and never in a circle.
            pairs = sorted((isinstance(key, str), str(key), new_id) for key, new_id in proposed.items())
            texts, keys, ids = (list(column) for column in zip(*pairs, strict=True))
            self._database.run(_ADD, (kind, texts, keys, ids))
        return self.new_ids(kind, proposed)


def _storable(value: object) -> bool:
    if type(value) is str:
        return _encodes(value)
    return type(value) is int and -(2**63) <= value < 2**63


def _encodes(text: str) -> bool:
    try:
        return b"\x00" not in text.encode()
    except UnicodeEncodeError:
        return False
