"""Dates, times and ids: Python's values on the one side, their canonical text on the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from acl.contract import Shape, Table
from acl.errors import Problem
from acl.mapping import support
from acl.mapping.model import Call, Direction, Operation, Step, Verdict, Zone
from acl.mapping.operations.agreement import kind_problems, null_problems, sides

__all__ = ["AsText", "DateTime"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DateTime(Operation):
    """`datetime`: with a zone, a naive local time; without, an aware one; <-> the instant, in UTC with a Z."""

    zone: str | None = None

    @property
    def name(self) -> str:
        return "datetime"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column, field = sides(self, table, shape)
        yield from kind_problems(self, column, field, {"datetime"}, {"datetime", "text"})
        yield from null_problems(self, column, field)
        if column.naive and self.zone is None:
            yield self.problem(f"column {column.name} has no time zone", "say which: zone='Europe/Berlin'")
        if self.zone is not None:
            if not column.naive:
                yield self.problem(f"column {column.name} is aware of its zone", "leave zone= out")
            try:
                ZoneInfo(self.zone)
            except (ZoneInfoNotFoundError, ValueError):
                yield self.problem(
                    f"no time zone {self.zone!r} on this machine",
                    "use an IANA name such as 'Europe/Berlin', or install tzdata",
                )

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        column, field = sides(self, table, shape)
        zone = (Zone(self.zone),) if self.zone is not None else ()
        if direction == "to_contract":
            function = support.local_text if zone else support.instant
            return (Call(self.path, self.columns, column.null, function=function, arguments=zone),)
        back = support.as_local if zone else support.as_instant
        return (Call(column.name, (self.path,), field.null, function=back, arguments=zone),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        if self.zone is None or ZoneInfo(self.zone) == ZoneInfo("UTC"):
            return Verdict("isomorphic")
        return Verdict(
            "lossy",
            "the hour that clocks repeat comes back as its first pass; times that they skip are refused",
            loses="documents",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class AsText(Operation):
    """`date`, `time` and `uuid`: a value of that kind <-> its one canonical text."""

    kind: str

    @property
    def name(self) -> str:
        return self.kind

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column, field = sides(self, table, shape)
        yield from kind_problems(self, column, field, {self.kind}, {self.kind, "text"})
        yield from null_problems(self, column, field)

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        column, field = sides(self, table, shape)
        text, value = _FUNCTIONS[self.kind]
        if direction == "to_contract":
            return (Call(self.path, self.columns, column.null, function=text),)
        return (Call(column.name, (self.path,), field.null, function=value),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        return Verdict("isomorphic")


_FUNCTIONS: dict[str, tuple[Callable[[Any], str], Callable[[Any], Any]]] = {
    "date": (support.date_text, support.as_date),
    "time": (support.time_text, support.as_time),
    "uuid": (support.uuid_text, support.as_uuid),
}
