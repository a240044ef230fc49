"""The errors of acl: what happened, where, and one line on what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["AclError", "CompileError", "ContractError", "MappingError", "Problem", "Source", "StoreError"]


@dataclass(frozen=True, slots=True, order=True)
class Source:
    """A place in a user's file: where a mapping or one of its operations is declared."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault of a declaration: the operation, what is wrong with it, and what to write instead."""

    where: Source
    operation: str
    what: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.where}: {self.operation}: {self.what}; {self.remedy}"


class AclError(Exception):
    """The root of every error that acl raises on purpose."""

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what = what
        self.remedy = remedy

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}"


class ContractError(AclError):
    """A type or a table that cannot be described."""


class MappingError(AclError):
    """A declaration that cannot hold. `problems` has every fault, not only the first."""

    def __init__(self, name: str, problems: Sequence[Problem]) -> None:
        count = f"{len(problems)} problem" + ("s" if len(problems) != 1 else "")
        super().__init__(f"mapping {name!r} has {count}", "mend the lines above")
        self.name = name
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join([f"{self.what}:", *(f"  {problem}" for problem in self.problems)])


class CompileError(AclError):
    """A mapping that holds, but that cannot be written as a module of its own."""


class StoreError(AclError):
    """A store that cannot be opened, read or written."""
