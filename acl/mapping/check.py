"""What a mapping covers and preserves, as a table that the CLI, JSON and Markdown show."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from acl.errors import Source
from acl.mapping.model import Grade, Mapping, Operation, Verdict

__all__ = ["Covered", "Decision", "Report", "check"]


@dataclass(frozen=True, slots=True)
class Covered:
    """One column or field: what it is, which operation covers it, and what that preserves.

    `name` is a dotted path from the root; `partner` the other side's names, empty when there is none.
    """

    side: Literal["legacy", "contract"]
    name: str
    kind: str
    null: bool
    operation: str
    partner: tuple[str, ...]
    grade: Grade
    note: str
    where: Source


@dataclass(frozen=True, slots=True)
class Decision:
    """A question that is still open: of which operation, about what, and where it stands."""

    operation: str
    name: str
    question: str
    where: Source


@dataclass(frozen=True, slots=True)
class Report:
    """Both sides of a mapping, children included, each in the order of its declaration."""

    mapping: str
    version: int
    legacy: tuple[Covered, ...]
    contract: tuple[Covered, ...]
    decisions: tuple[Decision, ...] = ()

    @property
    def grades(self) -> dict[Grade, int]:
        """How many columns and fields there are of each grade."""
        return dict(Counter(covered.grade for covered in (*self.legacy, *self.contract)))


def check(mapping: Mapping) -> Report:
    """The coverage table. A mapping that exists covers everything (its declaration was checked); this says how."""
    legacy, contract = _tables(mapping, "", "")
    return Report(mapping.name, mapping.version, tuple(legacy), tuple(contract), tuple(_decisions(mapping)))


def _decisions(mapping: Mapping) -> Iterator[Decision]:
    for one in mapping.operations:
        if one.question:
            name = ", ".join(one.columns) or one.path
            yield Decision(one.name, f"{mapping.table.name}.{name}", one.question, one.where)
        for inner in one.inner:
            yield from _decisions(inner)


def _tables(mapping: Mapping, columns: str, paths: str) -> tuple[list[Covered], list[Covered]]:
    legacy: list[Covered] = []
    contract: list[Covered] = []
    by_column = {column: one for one in mapping.operations for column in one.columns}
    by_path = {path: one for one in mapping.operations for path in one.paths(mapping.shape)}
    for column in mapping.table.columns:
        one = by_column[column.name]
        partner = tuple(paths + other.path for other in _writers(mapping, column.name) if other.path)
        verdict = _verdict(mapping, one, column.name)
        legacy.append(
            Covered(
                "legacy",
                columns + column.name,
                column.kind,
                column.null,
                one.name,
                partner,
                verdict.grade,
                verdict.note,
                one.where,
            )
        )
    for field in mapping.shape.fields:
        one = by_path[field.path]
        verdict = one.verdict(mapping.table, mapping.shape)
        partner = tuple(columns + column for column in one.columns)
        contract.append(
            Covered(
                "contract",
                paths + field.path,
                field.kind,
                field.null,
                one.name,
                partner,
                verdict.grade,
                verdict.note,
                one.where,
            )
        )
    for one in mapping.operations:
        for at, part in one.parts(mapping.table, mapping.shape):
            contract += _tables(part, columns, f"{paths}{at}.")[1]
        for inner in one.inner:
            more = _tables(inner, f"{columns}{one.columns[0]}[].", f"{paths}{one.path}[].")
            legacy += more[0]
            contract += more[1]
    return legacy, contract


def _writers(mapping: Mapping, column: str) -> list[Operation]:
    return [one for one in mapping.operations if column in one.columns]


def _verdict(mapping: Mapping, one: Operation, column: str) -> Verdict:
    writers = _writers(mapping, column)
    if len(writers) == 1:
        return one.verdict(mapping.table, mapping.shape)
    paths = ", ".join(writer.path for writer in writers)
    return Verdict("partial", f"documents in which {paths} do not agree are refused")
