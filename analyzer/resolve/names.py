"""The names of modules and classes, which note who is asked for: what a run did not ask for may change beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from analyzer.resolve.values import Value

Written: TypeAlias = tuple[str, int, str]
"""Where a function is written: the file, the line, and its name there."""


@dataclass(slots=True, eq=False)
class Consulted:
    """What code was looked at."""

    functions: set[Written] = field(default_factory=set)
    """The functions whose bodies were run or looked into."""
    names: set[str] = field(default_factory=set)
    """The names that some module or class was asked for, whether it has them or not; of a class whose methods were gone
    through one by one, its dotted name with ``.*``."""

    def clear(self) -> None:
        self.functions.clear()
        self.names.clear()


class Names(dict[str, "Value"]):
    """The names of one module or class."""

    __slots__ = ("_note",)

    def __init__(self, consulted: Consulted, *given: dict[str, Value]) -> None:
        super().__init__(*given)
        self._note = consulted.names.add

    def beside(self, names: dict[str, Value]) -> Names:
        """Other names, of which the same is noted."""
        other = Names.__new__(Names, names)
        other.update(names)
        other._note = self._note
        return other

    def get(self, name: str, default: Any = None) -> Value | Any:
        self._note(name)
        return dict.get(self, name, default)

    def __getitem__(self, name: str) -> Value:
        self._note(name)
        return dict.__getitem__(self, name)

    def __contains__(self, name: object) -> bool:
        self._note(name)  # type: ignore[arg-type]
        return dict.__contains__(self, name)


def beside(names: dict[str, Value], more: dict[str, Value]) -> dict[str, Value]:
    """Names for a branch of what has these names."""
    return names.beside(more) if type(names) is Names else more
