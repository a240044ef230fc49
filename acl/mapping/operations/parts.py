"""One value on the one side, its parts on the other; each with the inverse that its user declares."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from acl.contract import Shape, Table
from acl.errors import Problem
from acl.mapping import support
from acl.mapping.model import Call, Direction, Operation, Own, Step, Verdict

__all__ = ["Flatten", "Merge", "Split"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts(Operation):
    """The text between separators (`on`), or what two functions say: `apart` and its inverse `together`."""

    on: str | None = None
    apart: Callable[[Any], Sequence[Any]] | None = None
    together: Callable[..., Any] | None = None

    @property
    @abstractmethod
    def apart_is(self) -> Direction:
        """The direction in which the one value is taken apart."""

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        if (self.on is None) == (self.apart is None) or (self.apart is None) != (self.together is None):
            yield self.problem(
                "it is not said how the parts are found", "give on=<separator>, or both apart= and together="
            )
        if self.on == "":
            yield self.problem("the separator is empty", "give on=<separator>")
        if self.on is None:
            return
        for name in self.columns:
            column = table.column(name)
            if column is not None and (column.null or column.kind != "text"):
                yield self.problem(
                    f"column {name} is {'NULL at times' if column.null else column.kind}, not text",
                    "give apart= and together=, which see every value",
                )
        for path in self.targets:
            field = shape.field(path)
            if field is not None and (field.null or field.kind != "text"):
                yield self.problem(
                    f"{path} is {'null at times' if field.null else field.kind}, not text",
                    "give apart= and together=, which see every value",
                )

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        sources, targets = self.columns, self.targets
        if direction == "to_legacy":
            sources, targets = targets, sources
        if direction != self.apart_is:
            return (self._together(targets[0], sources),)
        return tuple(self._part(target, sources, place, len(targets)) for place, target in enumerate(targets))

    def _part(self, target: str, sources: tuple[str, ...], place: int, count: int) -> Step:
        if self.apart is not None:
            return Own(target, sources, function=self.apart, item=place, label="apart")
        return Call(target, sources, function=support.part, arguments=(self.on, count, place))

    def _together(self, target: str, sources: tuple[str, ...]) -> Step:
        if self.together is not None:
            return Own(target, sources, function=self.together, label="together")
        return Call(target, sources, function=support.joined, arguments=(self.on,))

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        if self.on is None:
            return Verdict("partial", "as far as `together` undoes `apart`: the laws try it")
        return Verdict("partial", f"text that {self.on!r} does not part in one way is refused")


@dataclass(frozen=True, slots=True, kw_only=True)
class Split(_Parts):
    """`split`: one column <-> several fields."""

    fields: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "split"

    @property
    def apart_is(self) -> Direction:
        return "to_contract"

    @property
    def targets(self) -> tuple[str, ...]:
        return self.fields

    def under(self, prefix: str) -> Self:
        return replace(self, fields=tuple(f"{prefix}.{path}" for path in self.fields))


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge(_Parts):
    """`merge`: several columns <-> one field."""

    @property
    def name(self) -> str:
        return "merge"

    @property
    def apart_is(self) -> Direction:
        return "to_legacy"


@dataclass(frozen=True, slots=True, kw_only=True)
class Flatten(Operation):
    """`flatten`: the members of a JSON column <-> a field each; an object with other members is refused."""

    members: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        return "flatten"

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(path for _, path in self.members)

    def under(self, prefix: str) -> Self:
        return replace(self, members=tuple((key, f"{prefix}.{path}") for key, path in self.members))

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column = table.column(self.columns[0])
        assert column is not None
        if column.kind != "json":
            yield self.problem(f"column {column.name} is of kind {column.kind}", "it takes json")
        if column.null:
            yield self.problem(f"column {column.name} may be NULL", "NULL has no members; use rename(...)")
        if not self.members:
            yield self.problem("it names no member", "give {member: field}")

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        keys = tuple(key for key, _ in self.members)
        if direction == "to_contract":
            return tuple(
                Call(path, self.columns, function=support.member, arguments=(key, *keys))
                for key, path in self.members
            )
        return (Call(self.columns[0], self.targets, function=support.gathered, arguments=keys),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        return Verdict("partial", "an object with other members is refused")
