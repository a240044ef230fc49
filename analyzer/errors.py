"""The one error tree of the analyzer: fields for a program, one line and a remedy for a person."""

from __future__ import annotations


class AnalyzerError(Exception):
    """Something that stopped the analysis.

    ``message`` says what happened, ``where`` is a path or ``file:line`` (may be empty), ``remedy`` says what to do.
    """

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}. {self.remedy}" if self.remedy else head


class NoProject(AnalyzerError):
    """The path holds nothing that can be analysed: it is missing, is a file, or has no Python source."""


class BadAnalysis(AnalyzerError):
    """An ``analysis.json`` that cannot be read: not JSON, of another schema version, or of the wrong shape."""


class BadObservations(AnalyzerError):
    """A file of observations or an access log that cannot be read: missing, of another version, or not one at all."""


class BadPins(AnalyzerError):
    """Decisions about boundaries that cannot be held: an unknown model, one in two boundaries, a wrong key."""


class BadBaseline(AnalyzerError):
    """A file of accepted couplings that cannot be read: missing, of another version, or not one at all."""


class BadHistory(AnalyzerError):
    """A project whose history cannot be read: no repository, no git, no commit."""


class NoPicture(AnalyzerError):
    """A picture that cannot be drawn: a program is missing, or the folder is no package."""
