"""A tagged union: a discriminator and the columns of each case on the one side, one object on the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from acl.contract import Field, Shape, Table, did_you_mean
from acl.errors import Problem, Source
from acl.mapping.build import problems_of
from acl.mapping.model import (
    Case,
    Direction,
    Grade,
    Mapping,
    Operation,
    Step,
    Tagged,
    Verdict,
)
from acl.mapping.operations.default import Default
from acl.mapping.operations.rename import Rename

__all__ = ["Variant", "When"]

_WORST: tuple[Grade, ...] = ("forward only", "lossy", "partial")
Blank = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Variant:
    """One `case`: the discriminator's code, the tag of the contract, and what corresponds then."""

    where: Source
    code: str | int
    tag: str | int
    operations: tuple[Operation, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that its operations read and write, each once."""
        return tuple(dict.fromkeys(column for one in self.operations for column in one.columns))


@dataclass(frozen=True, slots=True, kw_only=True)
class When(Operation):
    """`when`: the first column says which case holds. Columns of other cases are NULL, or what `otherwise` says."""

    variants: tuple[Variant, ...]
    otherwise: tuple[tuple[str, Blank], ...] = ()

    @property
    def name(self) -> str:
        return "when"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        field = shape.field(self.path)
        assert field is not None
        if field.kind != "union":
            yield self.problem(
                f"{self.path} is of kind {field.kind}", "declare it as a union of structs with a tag"
            )
            return
        yield from self._discriminator_problems(table, field)
        for variant in self.variants:
            problem = self._variant_problem(variant, field)
            yield from [problem] if problem else problems_of(self._mapping(variant, table, field))
        blank = {name for one in self.variants for name in one.columns} if field.null else self._exclusive()
        for name in sorted(blank - dict(self.otherwise).keys()):
            column = table.column(name)
            if column is not None and not column.null:
                yield self.problem(
                    f"column {name} is NOT NULL and has no source in the other cases",
                    f"say otherwise={{{name!r}: <value>}}",
                )

    def _discriminator_problems(self, table: Table, field: Field) -> Iterator[Problem]:
        column = table.column(self.columns[0])
        assert column is not None
        codes, tags = [one.code for one in self.variants], [one.tag for one in self.variants]
        for what, values in (("code", codes), ("tag", tags)):
            for value in sorted({str(value) for value in values if values.count(value) > 1}):
                yield self.problem(f"{what} {value!r} has two cases", "give it one")
        for code in column.choices:
            if code not in codes:
                yield self.problem(
                    f"choice {code!r} of column {column.name} has no case", f"add case({code!r}, <tag>, ...)"
                )
        for tag, _ in field.variants:
            if tag not in tags:
                yield self.problem(
                    f"{field.path} may be {tag!r}, which has no case", f"add case(<code>, {tag!r}, ...)"
                )
        if column.null != field.null:
            yield self.problem(
                f"only one of column {column.name} and {field.path} may be null", "declare both alike"
            )

    def _variant_problem(self, variant: Variant, field: Field) -> Problem | None:
        tags = [str(tag) for tag, _ in field.variants]
        if field.variant(variant.tag) is None:
            what = f"{field.path} cannot be {variant.tag!r}"
            return Problem(variant.where, "case", what, did_you_mean(str(variant.tag), tags))
        for one in variant.operations:
            if one.name in {"each", "when", "legacy_only"}:
                return Problem(one.where, one.name, "it cannot stand in a case", "map it beside `when`")
        return None

    def parts(self, table: Table, shape: Shape) -> tuple[tuple[str, Mapping], ...]:
        field = shape.field(self.path)
        assert field is not None
        return tuple((f"{self.path}<{one.tag}>", self._mapping(one, table, field)) for one in self.variants)

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        field = shape.field(self.path)
        assert field is not None
        exclusive = self._exclusive()
        cases = tuple(
            Case(
                one.code, one.tag, self._mapping(one, table, field), self._blank(exclusive - set(one.columns))
            )
            for one in self.variants
        )
        every = {column for one in self.variants for column in one.columns}
        empty = ((self.columns[0], None), *self._blank(every))
        source, target = self.columns[0], self.path
        if direction == "to_legacy":
            source, target = target, source
        return (Tagged(target, (source,), field.null, cases=cases, tag_field=field.tag_field, empty=empty),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        field = shape.field(self.path)
        assert field is not None
        grades = {
            operation.verdict(table, inner).grade
            for one in self.variants
            for operation in one.operations
            for inner in [field.variant(one.tag)]
            if inner is not None
        }
        worst: Grade = next((grade for grade in _WORST if grade in grades), "partial")
        return Verdict(worst, "what a row says in the columns of another case is not kept")

    def _mapping(self, variant: Variant, table: Table, field: Field) -> Mapping:
        shape = field.variant(variant.tag)
        assert shape is not None
        # A column that is NULL in the other cases is not in this one, where the contract says so.
        filled = {
            one.columns[0]
            for one in variant.operations
            for known in [shape.field(one.path)]
            if known is not None and not known.null and not isinstance(one, Default)
        }
        columns = tuple(
            replace(column, null=column.null and column.name not in filled)
            for column in table.columns
            if column.name in variant.columns
        )
        operations = tuple(
            replace(one, present=True) if isinstance(one, Rename) and one.columns[0] in filled else one
            for one in variant.operations
        )
        part = replace(table, columns=columns, children=())
        return Mapping(f"{self.path}_{variant.tag}", 1, part, shape, operations, variant.where)

    def _exclusive(self) -> set[str]:
        """The columns that some case does without."""
        every = [name for one in self.variants for name in one.columns]
        return {name for name in every if every.count(name) < len(self.variants)}

    def _blank(self, columns: set[str]) -> tuple[tuple[str, Blank], ...]:
        return tuple((name, dict(self.otherwise).get(name)) for name in sorted(columns))
