"""The error tree of strangler: fields for a program, one line and a remedy for a person, an exit code for a script."""

from __future__ import annotations

from typing import ClassVar


class StranglerError(Exception):
    """Something that stopped a command or a change.

    ``message`` says what happened, ``where`` names the place (may be empty), ``remedy`` what to do. ``exit_code`` is
    what a command answers: 1 the answer is no, 2 could not tell, 3 refused.
    """

    exit_code: ClassVar[int] = 2

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}. {self.remedy}" if self.remedy else head


class BadDocument(StranglerError):
    """A route table, a configuration or an argument that means nothing: ``where`` is the path inside it."""


class Unknown(StranglerError):
    """A route, group, upstream or version that does not exist."""


class Refused(StranglerError):
    """A change that the rules forbid, such as moving a route that writes while its writer is undeclared."""

    exit_code = 3


class Conflict(Refused):
    """Somebody else changed the table since it was read. ``current`` is the version that stands now."""

    def __init__(self, message: str, *, current: int, where: str = "", remedy: str = "") -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.current = current


class StoreError(StranglerError):
    """The state cannot be read or written: missing, locked, damaged, or of a newer version of strangler."""
