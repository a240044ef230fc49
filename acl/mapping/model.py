"""What a mapping is made of: operations, and the steps that each of them takes in either direction.

An operation is a declaration: what the user wrote, where, and what that preserves. A step is the smallest act of
translation: one target, its sources, and how the value is made. The interpreter performs steps and the compiler
prints them, so that both cannot but agree; an operation knows neither. A new operation is a new file of
`operations/`, built from the steps below.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from acl.contract import Shape, Table
from acl.errors import Problem, Source

__all__ = [
    "Call",
    "Case",
    "Computed",
    "Constant",
    "Copy",
    "Direction",
    "Document",
    "Grade",
    "Lookup",
    "Mapping",
    "Nested",
    "Operation",
    "Own",
    "Resolve",
    "ResolveStep",
    "Row",
    "Step",
    "Tagged",
    "Verdict",
    "Zone",
]

Row = dict[str, Any]
Document = dict[str, Any]
Direction = Literal["to_contract", "to_legacy"]
Resolve = Callable[[str, Iterable[Any]], MappingABC[Any, Any]]
"""(kind of ids, keys) -> the other side's id of each key that is known. Asked once a batch and kind."""

Grade = Literal["isomorphic", "partial", "lossy", "forward only", "legacy only", "contract only"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an operation preserves: isomorphic (all), partial (some values are refused), lossy (some come back
    changed), forward only, or present on one side only; and, unless all is preserved, which values are not.
    `loses` says of a lossy one which side's values may come back changed."""

    grade: Grade
    note: str = ""
    loses: Literal["rows", "documents", "both"] = "both"


@dataclass(frozen=True, slots=True)
class Zone:
    """A time zone as an argument of a step, by its IANA name."""

    name: str


@dataclass(frozen=True, slots=True)
class Step:
    """One value to make. With `null`, None at the first source answers None."""

    target: str
    sources: tuple[str, ...] = ()
    null: bool = False


@dataclass(frozen=True, slots=True)
class Copy(Step):
    """The source's value as it is."""


@dataclass(frozen=True, slots=True)
class Constant(Step):
    """Always the same value, which must print as Python."""

    value: object = None


@dataclass(frozen=True, slots=True)
class Call(Step):
    """A function of `support`, called with the sources' values and then the arguments."""

    function: Callable[..., Any] = repr
    arguments: tuple[int | str | bool | Zone | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Lookup(Step):
    """The source's partner in a table."""

    pairs: tuple[tuple[str | int, str | int], ...] = ()


@dataclass(frozen=True, slots=True)
class ResolveStep(Step):
    """The source's partner in the id map of that kind."""

    ids: str = ""


@dataclass(frozen=True, slots=True)
class Nested(Step):
    """A list of members, each translated by another mapping; `key` names the legacy column that tells them apart."""

    using: Mapping | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Computed(Step):
    """A user's function of the whole row."""

    function: Callable[[Row], Any] = repr


@dataclass(frozen=True, slots=True)
class Own(Step):
    """A user's function, called with the sources' values; with `item`, that member of its answer. `label` tells
    apart the functions of one operation."""

    function: Callable[..., Any] = repr
    item: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """One variant of a tagged union: legacy code, contract tag, the mapping of its fields, and the values of the
    columns that belong to other cases."""

    code: str | int
    tag: str | int
    using: Mapping
    others: tuple[tuple[str, str | int | bool | None], ...]


@dataclass(frozen=True, slots=True)
class Tagged(Step):
    """The case that the discriminator names: one object on the contract's side, several columns on the legacy one.

    `empty` has the values of all columns when the object is null, if it may be.
    """

    cases: tuple[Case, ...] = ()
    tag_field: str = ""
    empty: tuple[tuple[str, str | int | bool | None], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(ABC):
    """One line of a mapping: legacy columns on the one side, a dotted path of the contract on the other."""

    where: Source
    columns: tuple[str, ...] = ()
    path: str = ""
    question: str = ""
    """What a person has still to decide about it; see `language.decide`."""

    @property
    @abstractmethod
    def name(self) -> str:
        """What the user called to declare it."""

    @property
    def targets(self) -> tuple[str, ...]:
        """The dotted paths that it names."""
        return (self.path,) if self.path else ()

    @property
    def shared(self) -> tuple[str, ...]:
        """Columns that other operations may write as well; the way back demands that they agree."""
        return ()

    @property
    def inner(self) -> tuple[Mapping, ...]:
        """The mappings that it uses for members of a list."""
        return ()

    @property
    def whole(self) -> bool:
        """Whether it can make a whole object, not only a leaf."""
        return False

    def parts(self, table: Table, shape: Shape) -> tuple[tuple[str, Mapping], ...]:
        """What it is made of besides, for the coverage: (where that stands in the contract, its mapping)."""
        return ()

    @abstractmethod
    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        """How the values of the other side are made; asked only of a declaration without problems."""

    @abstractmethod
    def verdict(self, table: Table, shape: Shape) -> Verdict:
        """What the round trip preserves; asked only of a declaration without problems."""

    def problems(self, table: Table, shape: Shape) -> Iterable[Problem]:
        """What is wrong with the declaration, given that its columns and its path exist."""
        return ()

    def paths(self, shape: Shape) -> tuple[str, ...]:
        """The contract's leaves that it covers."""
        return tuple(
            leaf
            for path in self.targets
            for leaf in (tuple(field.path for field in shape.below(path)) or (path,))
        )

    def under(self, prefix: str) -> Self:
        """The same operation for a path inside the object at `prefix`."""
        return replace(self, path=f"{prefix}.{self.path}") if self.path else self

    def problem(self, what: str, remedy: str) -> Problem:
        """A problem of this declaration."""
        return Problem(self.where, self.name, what, remedy)


@dataclass(frozen=True, slots=True)
class Mapping:
    """A checked declaration. Built by `language.mapping`, which refuses one that cannot hold.

    `contract` is the type of which `shape` is the description, where there is one.
    """

    name: str
    version: int
    table: Table
    shape: Shape
    operations: tuple[Operation, ...]
    where: Source
    contract: type | None = None

    def steps(self, direction: Direction) -> tuple[tuple[Operation, Step], ...]:
        """Every step of that direction with its operation, in the order of declaration."""
        return tuple(
            (operation, step)
            for operation in self.operations
            for step in operation.steps(direction, self.table, self.shape)
        )
