"""The project's own template tags and filters, by name."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analyzer.resolve.origin import origin
from analyzer.resolve.values import Function, Literal, Made, Value, text


@dataclass(frozen=True, slots=True)
class Registered:
    """A tag or filter: the function, the decorator's name (``simple_tag``, ``filter``...), and its options."""

    function: Function
    kind: str
    library: str
    template: str | None = None
    takes_context: bool = False


class Libraries:
    """Tags and filters by name; ``functions`` are those that any ``template.Library`` registered."""

    def __init__(self, functions: Iterable[Value] = ()) -> None:
        self._tags: dict[str, list[Registered]] = {}
        self._filters: dict[str, list[Registered]] = {}
        for function in functions:
            for option in function.decorators if isinstance(function, Function) else ():
                if isinstance(function, Function) and "Library" in origin(option):
                    self._enter(function, option)

    def tag(self, name: str, loaded: tuple[str, ...]) -> Registered | None:
        """The tag of this name, as a template that loads these libraries sees it."""
        return _chosen(self._tags.get(name, []), loaded)

    def knows_tag(self, name: str) -> bool:
        """Whether any library has a tag of this name."""
        return name in self._tags

    def filter(self, name: str, loaded: tuple[str, ...]) -> Registered | None:
        """The filter of this name."""
        return _chosen(self._filters.get(name, []), loaded)

    def _enter(self, function: Function, option: Value) -> None:
        name, template, takes_context = function.node.name, None, False
        kind = origin(option).rpartition(".")[2]
        if isinstance(option, Made):
            first = text(option.args[0]) if option.args else None
            if kind == "inclusion_tag":
                template = first or text(option.kwargs.get("filename"))
            elif first:
                name = first
            name = text(option.kwargs.get("name")) or name
            given = option.kwargs.get("takes_context")
            takes_context = isinstance(given, Literal) and given.value is True
        library = function.module.name.rpartition(".")[2]
        found = Registered(function, kind, library, template, takes_context)
        (self._filters if kind == "filter" else self._tags).setdefault(name, []).append(found)


def _chosen(found: list[Registered], loaded: tuple[str, ...]) -> Registered | None:
    """The one whose library the template loads, else the last that was registered."""
    for each in reversed(found):
        if each.library in loaded:
            return each
    return found[-1] if found else None
