"""A translator: a compiled mapping with the identities it needs. What cannot be translated is collected, never lost."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Protocol, cast

from acl.mapping import Direction, Document, Mapping, Resolve, Row, compile_source, explain

__all__ = ["Compiled", "Ids", "Translation", "Translator", "Untranslatable", "load"]


class Compiled(Protocol):
    """What a compiled module offers."""

    MAPPING: str
    VERSION: int

    def to_contract(self, rows: Iterable[Row], resolve: Resolve) -> tuple[list[Document], list[int]]:
        """Documents of rows, and the positions of the rows that are refused."""
        ...

    def to_legacy(self, documents: Iterable[Document], resolve: Resolve) -> tuple[list[Row], list[int]]:
        """Rows of documents, and the positions of the documents that are refused."""
        ...

    def put(self, row: Row, existing: Row) -> Row:
        """Keep in `row` what only the `existing` one knows."""
        ...


class Ids(Protocol):
    """Where a translator looks ids up, for a batch and a kind at once: an Identity, say."""

    def to_new(self, kind: str, keys: Iterable[Any]) -> MappingABC[Any, Any]:
        """The new id of every key that has one, or gets one."""
        ...

    def to_legacy(self, kind: str, ids: Iterable[Any]) -> MappingABC[Any, Any]:
        """The legacy key of every id that has one."""
        ...


@dataclass(frozen=True, slots=True)
class Untranslatable:
    """One value that stands in the way: of which row, where in it, and why.

    `key` is the row's primary key, or the document's field that holds it; None when it cannot be read.
    """

    mapping: str
    version: int
    direction: Direction
    key: Any
    path: str
    operation: str
    value: Any
    reason: str

    def __str__(self) -> str:
        return f"{self.mapping} {self.key!r}: {self.path} = {self.value!r}: {self.reason} ({self.operation})"


@dataclass(frozen=True, slots=True)
class Translation:
    """The outcome for a batch, in its order: what was translated, and every reason why something was not.

    `refused` has the positions in the batch of what was not, once each.
    """

    translated: list[dict[str, Any]]
    untranslatable: tuple[Untranslatable, ...] = ()
    refused: tuple[int, ...] = ()


def load(source: str, name: str) -> Compiled:
    """A compiled module from its source. For tests and tools; a service imports the file that was committed."""
    module = ModuleType(name)
    exec(compile(source, f"<compiled mapping {name}>", "exec"), module.__dict__)  # noqa: S102 - our own output
    return cast(Compiled, module)


class Translator:
    """Translates batches both ways: the compiled module does the work, the mapping explains what it refused.

    `compiled` is the module that was committed; without it, the mapping is compiled here.
    """

    def __init__(self, mapping: Mapping, identity: Ids, compiled: Compiled | None = None) -> None:
        self.mapping = mapping
        self.identity = identity
        self.compiled = compiled or load(compile_source(mapping), sys.intern(mapping.name))
        if (mapping.name, mapping.version) != (self.compiled.MAPPING, self.compiled.VERSION):
            raise ValueError(
                f"compiled module is of mapping {self.compiled.MAPPING} {self.compiled.VERSION}, "
                f"not {mapping.name} {mapping.version}; compile it again"
            )

    def to_contract(self, rows: Iterable[Row]) -> Translation:
        """Documents of legacy rows; new ids are made for keys that have none."""
        batch = list(rows)
        documents, refused = self.compiled.to_contract(batch, self.identity.to_new)
        return self._translation("to_contract", batch, documents, refused, self.identity.to_new)

    def to_legacy(self, documents: Iterable[Document]) -> Translation:
        """Legacy rows of documents, as they would be created."""
        batch = list(documents)
        rows, refused = self.compiled.to_legacy(batch, self.identity.to_legacy)
        return self._translation("to_legacy", batch, rows, refused, self.identity.to_legacy)

    def _translation(
        self,
        direction: Direction,
        batch: Sequence[dict[str, Any]],
        translated: list[dict[str, Any]],
        refused: list[int],
        resolve: Resolve,
    ) -> Translation:
        if not refused:
            return Translation(translated)
        culprits = [batch[position] for position in refused]
        records = [
            Untranslatable(
                self.mapping.name,
                self.mapping.version,
                direction,
                _key(self.mapping, direction, culprit),
                flaw.path,
                flaw.operation,
                flaw.value,
                flaw.reason,
            )
            for culprit, answer in zip(
                culprits, explain(self.mapping, direction, culprits, resolve), strict=True
            )
            for flaw in (answer if isinstance(answer, tuple) else ())
        ]
        return Translation(translated, tuple(records), tuple(refused))


def _key(mapping: Mapping, direction: Direction, culprit: Any) -> Any:
    column = mapping.table.key
    if column is None or not isinstance(culprit, dict):
        return None
    if direction == "to_contract":
        return culprit.get(column.name)
    paths = [one.path for one in mapping.operations if column.name in one.columns and one.path]
    return culprit.get(paths[0]) if paths else None
