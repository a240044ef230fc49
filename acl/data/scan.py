"""Every row of a table through its mapping, before any cut: what cannot be translated, counted by reason."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from acl.contract.validate import faults
from acl.data.rows import read_batches, read_keys
from acl.mapping import Direction, Mapping, Row
from acl.stores import Database
from acl.translate import Compiled, Translator, Untranslatable

__all__ = ["AnyIds", "Reason", "Scan", "scan", "scan_keys"]

_POSITIONS = re.compile(r"\[\d+\]")
_MOST_REASONS = 1000

Keep = Callable[[Iterable[Untranslatable], Any], None]
"""Takes the records of a batch and the key of its last row; called once a batch, with or without records."""


@dataclass(slots=True)
class Reason:
    """Why values are refused, in how many places, with the first few."""

    path: str
    operation: str
    reason: str
    count: int = 0
    examples: list[tuple[Any, Any]] = field(default_factory=list)
    """(key of the row, value)"""


@dataclass(slots=True)
class Scan:
    """What was found so far: rows, how many of them are refused or come back changed, and the reasons."""

    rows: int = 0
    refused: int = 0
    changed: int = 0
    last_key: Any = None
    reasons: dict[str, Reason] = field(default_factory=dict)
    examples: int = 3

    def add(self, record: Untranslatable) -> None:
        """Count a record under its reason; further reasons than a thousand are counted together."""
        path = _POSITIONS.sub("[]", record.path)
        name = f"{path}|{record.operation}|{record.reason}"
        if name not in self.reasons and len(self.reasons) >= _MOST_REASONS:
            path, name = "*", "*"
        reason = "further reasons" if name == "*" else record.reason
        found = self.reasons.setdefault(name, Reason(path, record.operation, reason))
        found.count += 1
        if len(found.examples) < self.examples:
            found.examples.append((record.key, record.value))

    @property
    def by_count(self) -> list[Reason]:
        """The reasons, the most frequent first."""
        return sorted(self.reasons.values(), key=lambda one: (-one.count, one.path, one.reason))


class AnyIds:
    """Identities without a map: every key gets an id that has the form of a UUID, and is found again in its batch."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}

    def forget(self) -> None:
        """Begin another batch."""
        self._keys.clear()

    def to_new(self, kind: str, keys: Iterable[Any]) -> dict[Any, str]:
        """An id for every key that can be one."""
        return {key: self._made(kind, key) for key in keys if type(key) in (int, str)}

    def to_legacy(self, kind: str, ids: Iterable[Any]) -> dict[Any, Any]:
        """The keys of ids that were made in this batch."""
        return {one: self._keys[kind + one] for one in ids if kind + str(one) in self._keys}

    def _made(self, kind: str, key: Any) -> str:
        number = len(self._keys)
        made = f"{number >> 48:08x}-0000-4000-8000-{number & 0xFFFFFFFFFFFF:012x}"
        self._keys[kind + made] = key
        return made


def scan(
    mapping: Mapping,
    database: Database,
    *,
    so_far: Scan | None = None,
    round_trip: bool = False,
    keep: Keep = lambda records, last_key: None,
    size: int = 2000,
    compiled: Compiled | None = None,
) -> Iterator[Scan]:
    """Scan from behind `so_far.last_key`, batch by batch; yields the same Scan, which has grown, after each.

    With `round_trip`, a row that comes back changed is a record too. Raises StoreError when rows cannot be read.
    """
    found = so_far or Scan()
    work = _Work(mapping, round_trip, compiled)
    key = mapping.table.key
    for batch in read_batches(database, mapping.table, after=found.last_key, size=size):
        found.last_key = batch[-1][key.name] if key is not None else None
        records = work.records(batch, found)
        keep(records, found.last_key)
        yield found


def scan_keys(
    mapping: Mapping, database: Database, keys: Iterable[Any], *, round_trip: bool = False, keep: Keep
) -> Scan:
    """The same for the rows of certain keys: what was in quarantine, say, after the mapping or the rows were mended."""
    found, work = Scan(), _Work(mapping, round_trip, None)
    for batch in read_keys(database, mapping.table, keys):
        keep(work.records(batch, found), None)
    return found


class _Work:
    def __init__(self, mapping: Mapping, round_trip: bool, compiled: Compiled | None) -> None:
        self._ids = AnyIds()
        self._translator = Translator(mapping, self._ids, compiled)
        self._mapping = mapping
        self._round_trip = round_trip

    def records(self, batch: list[Row], found: Scan) -> list[Untranslatable]:
        """The records of a batch, counted."""
        self._ids.forget()
        translation = self._translator.to_contract(batch)
        refused = set(translation.refused)
        sound = [row for position, row in enumerate(batch) if position not in refused] if refused else batch
        records = list(translation.untranslatable)
        records += self._against_contract(sound, translation.translated)
        found.rows += len(batch)
        found.refused += len({repr(record.key) for record in records})
        if self._round_trip:
            changed = list(self._changed(sound, translation.translated))
            found.changed += len({repr(record.key) for record in changed})
            records += changed
        for record in records:
            found.add(record)
        return records

    def _against_contract(self, rows: list[Row], documents: list[Any]) -> Iterator[Untranslatable]:
        contract: Any = self._mapping.contract
        if contract is None:
            return
        try:
            msgspec.convert(documents, list[contract])
        except msgspec.ValidationError:
            for row, document in zip(rows, documents, strict=True):
                for path, value, reason in faults(document, contract):
                    yield self._record("to_contract", row, path, "contract", value, reason)

    def _changed(self, rows: list[Row], documents: list[Any]) -> Iterator[Untranslatable]:
        back = self._translator.to_legacy(documents)
        refused = set(back.refused)
        kept = [row for position, row in enumerate(rows) if position not in refused]
        for position in back.refused:
            yield self._record(
                "to_legacy", rows[position], "", "round trip", None, "its document is refused back"
            )
        for row, one in zip(kept, back.translated, strict=True):
            try:
                again = self._translator.compiled.put(one, row)
            except Exception as error:  # what the row lacks is what the mapping has to say
                yield self._record("to_legacy", row, "", "round trip", None, f"it cannot be put: {error!r}")
                continue
            if again != row:
                for name in row:
                    if again.get(name) != row[name]:
                        after = "its children" if isinstance(row[name], list) else repr(again.get(name))
                        reason = "comes back changed"
                        yield self._record("to_legacy", row, name, "round trip", (row[name], after), reason)

    def _record(
        self, direction: Direction, row: Row, path: str, operation: str, value: Any, reason: str
    ) -> Untranslatable:
        key = self._mapping.table.key
        mapping = self._mapping
        return Untranslatable(
            mapping.name,
            mapping.version,
            direction,
            row[key.name] if key else None,
            path,
            operation,
            value,
            reason,
        )
