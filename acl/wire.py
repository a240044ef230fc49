"""Bytes in, bytes out: JSON of the one shape into JSON of the other, with every error as data.

What the monolith says is the JSON of its rows: column name -> value, timestamps in ISO 8601, decimals as text, children
as lists. What the service says is its contract.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from types import GenericAlias
from typing import Any, TypedDict
from uuid import UUID

import msgspec

from acl.contract import Column, Table
from acl.contract.validate import faults
from acl.errors import ContractError
from acl.mapping import Direction, Row
from acl.translate import Translation, Translator, Untranslatable

__all__ = ["Answer", "Wire", "row_type"]

_TYPES: dict[str, Any] = {
    "int": int,
    "text": str,
    "bool": bool,
    "float": float,
    "decimal": Decimal,
    "datetime": datetime,
    "date": date,
    "time": time,
    "duration": timedelta,
    "uuid": UUID,
    "bytes": bytes,
    "json": Any,
    "unknown": Any,
}


@dataclass(frozen=True, slots=True)
class Answer:
    """The translated body; or None, and every reason why there is none."""

    body: bytes | None
    untranslatable: tuple[Untranslatable, ...] = ()


class Wire:
    """A translator of bodies: one object, or a list of them, in either direction.

    Raises ContractError for a mapping whose contract is no type: nothing could be validated.
    """

    def __init__(self, translator: Translator) -> None:
        mapping = translator.mapping
        if mapping.contract is None:
            raise ContractError(
                f"mapping {mapping.name!r} has no contract type", "declare it with a msgspec.Struct"
            )
        self.translator = translator
        self._contract: Any = mapping.contract
        self._row = row_type(mapping.table)
        self._documents = _decoders(self._contract)
        self._rows = _decoders(self._row)

    def to_contract(self, body: bytes) -> Answer:
        """JSON of legacy rows -> JSON of documents that obey the contract."""
        return self._translated(body, "to_contract", self.documents)

    def to_legacy(self, body: bytes) -> Answer:
        """JSON of documents -> JSON of legacy rows."""
        return self._translated(body, "to_legacy", self.rows)

    def rows(self, body: bytes) -> Translation:
        """JSON of documents -> rows for the ORM; a document that the contract refuses is reported with every fault."""
        try:
            decoded = self._documents[_is_list(body)].decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            return self._faulty(body, "to_legacy", self._contract, error)
        documents = msgspec.to_builtins(decoded)
        return self.translator.to_legacy(documents if isinstance(documents, list) else [documents])

    def documents(self, body: bytes) -> Translation:
        """JSON of legacy rows -> documents; what the contract refuses of them is reported too."""
        try:
            decoded = self._rows[_is_list(body)].decode(body)
        except (msgspec.DecodeError, RecursionError) as error:
            return self._faulty(body, "to_contract", self._row, error)
        translation = self.translator.to_contract(decoded if isinstance(decoded, list) else [decoded])
        found = [
            self._record("to_contract", fault)
            for document in translation.translated
            for fault in faults(document, self._contract)
        ]
        return Translation(translation.translated, (*translation.untranslatable, *found), translation.refused)

    def encode(self, rows: list[Row]) -> Answer:
        """Rows as the ORM gives them -> JSON of their documents, as a list."""
        translation = self.translator.to_contract(rows)
        if translation.untranslatable:
            return Answer(None, translation.untranslatable)
        return Answer(msgspec.json.encode(translation.translated))

    def _translated(
        self, body: bytes, direction: Direction, translate: Callable[[bytes], Translation]
    ) -> Answer:
        translation = translate(body)
        if translation.untranslatable:
            return Answer(None, translation.untranslatable)
        answer: Any = translation.translated
        return Answer(msgspec.json.encode(answer if _is_list(body) else answer[0]))

    def _faulty(self, body: bytes, direction: Direction, expected: Any, error: Exception) -> Translation:
        """The reasons why a body was not even read: all faults of each object in it, or that it is no JSON."""
        try:
            raw = msgspec.json.decode(body)
        except (msgspec.DecodeError, RecursionError):
            return Translation([], (self._record(direction, ("", None, f"no JSON: {error}")),), (0,))
        found = faults(raw, list[expected] if isinstance(raw, list) else expected)
        records = tuple(self._record(direction, fault) for fault in found)
        return Translation([], records or (self._record(direction, ("", raw, str(error))),), (0,))

    def _record(self, direction: Direction, fault: tuple[str, Any, str]) -> Untranslatable:
        mapping, (path, value, reason) = self.translator.mapping, fault
        operation = "contract" if direction == "to_legacy" or path else "legacy"
        return Untranslatable(mapping.name, mapping.version, direction, None, path, operation, value, reason)


def _decoders(of: Any) -> tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]:
    """For one, and for a list."""
    return msgspec.json.Decoder(of), msgspec.json.Decoder(list[of])


def row_type(table: Table) -> Any:
    """The type of a row's JSON, for msgspec: every column, of its kind, and the children."""
    fields = {column.name: _column_type(column) for column in table.columns}
    for children in table.children:
        fields[children.name] = GenericAlias(list, (row_type(children.table),))
    made: Any = TypedDict
    return made(table.name, fields)


def _column_type(column: Column) -> Any:
    return (
        _TYPES[column.kind] | None if column.null and _TYPES[column.kind] is not Any else _TYPES[column.kind]
    )


def _is_list(body: bytes) -> bool:
    return body.lstrip()[:1] == b"["
