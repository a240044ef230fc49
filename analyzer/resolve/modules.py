"""The project's modules by name, the library stubs beside them, and how an import finds either."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Literal

from analyzer.discover import Source
from analyzer.extract import extract, ir
from analyzer.parse import parse_text
from analyzer.resolve.names import Consulted, Names

if TYPE_CHECKING:
    from analyzer.resolve.values import Value


TELLING = frozenset({"INSTALLED_APPS", "ROOT_URLCONF"})
"""Names that tell a settings module."""
_DATA_OPERATIONS = frozenset({"RunPython", "RunSQL", "SeparateDatabaseAndState"})


@dataclass(slots=True, eq=False)
class ModuleState:
    """A module while it is interpreted. ``lowered`` is None for a namespace package.

    Whoever looks at what is in a module asks for its ``unit`` or ``static``, and that is noted: of a module that was
    never ``read``, nobody knows more than its ``face`` says.
    """

    name: str
    source: Source | None
    lowered: ir.Unit | None
    is_package: bool
    status: Literal["new", "running", "done"] = "new"
    bindings: dict[str, ir.Stmt] = field(default_factory=dict)
    stars: list[ir.Import] = field(default_factory=list)
    definitions: dict[int, Value] = field(default_factory=dict)
    read: bool = False
    consulted: Consulted = field(default_factory=Consulted)
    names: Names = field(init=False)
    is_library: bool = field(init=False)
    is_test: bool = field(init=False)
    is_migration: bool = field(init=False)
    file: str = field(init=False)
    asked: tuple[str, ...] = field(init=False)
    """The names in its code that hold the name of an attribute."""

    def __post_init__(self) -> None:
        self.names = Names(self.consulted)
        self.is_library = self.source is None and self.lowered is not None
        self.is_test = self.source is not None and self.source.is_test
        self.is_migration = self.source is not None and self.source.is_migration
        self.file = self.source.file if self.source is not None else ""
        self.asked = self.lowered.asked if self.lowered is not None else ()

    @property
    def unit(self) -> ir.Unit | None:
        """The lowered file."""
        self.read = True
        return self.lowered

    @property
    def static(self) -> dict[str, ir.Stmt]:
        """The first top-level statement that binds each name: for imports that go in circles."""
        self.read = True
        return self.bindings

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return self.name if self.is_package else self.name.rpartition(".")[0]


class ModuleIndex:
    """Finds modules by dotted name, as seen from another module."""

    def __init__(self, sources: Iterable[Source], units: Iterable[ir.Unit]) -> None:
        by_file = {unit.file: unit for unit in units}
        self.consulted = Consulted()
        self.states: list[ModuleState] = []
        self.by_name: dict[str, list[ModuleState]] = {}
        self.by_tail: dict[str, list[ModuleState]] = {}
        self.stubs: dict[str, ModuleState] = {}
        self.namespaces: dict[str, ModuleState] = {}
        self._paths: dict[tuple[str, str], ModuleState | None] = {}
        for source in sources:
            unit = by_file.get(source.file)
            if unit is not None:
                self._add(self._state(source.module, source, unit, source.is_package))
        for name in self.by_name:
            while name := name.rpartition(".")[0]:
                if name not in self.by_name and name not in self.namespaces:
                    self.namespaces[name] = self._state(name, None, None, True)
                    self.namespaces[name].status = "done"
        for unit in stubs():
            self.stubs[unit.file] = self._state(unit.file, None, unit, False)
            _bind_static(self.stubs[unit.file], unit.body)

    def _state(self, name: str, source: Source | None, unit: ir.Unit | None, is_package: bool) -> ModuleState:
        return ModuleState(name, source, unit, is_package, consulted=self.consulted)

    def _add(self, state: ModuleState) -> None:
        self.states.append(state)
        self.by_name.setdefault(state.name, []).append(state)
        self.by_tail.setdefault(state.name.rpartition(".")[2], []).append(state)
        if state.lowered is not None:
            _bind_static(state, state.lowered.body)

    def find(self, name: str, near: ModuleState | None = None) -> ModuleState | None:
        """The module of this name: the project's own, a stub, or a namespace; or None when it is external."""
        states = self.by_name.get(name)
        if states:
            return states[0] if len(states) == 1 else _nearest(states, near)
        if name in self.stubs:
            return self.stubs[name]
        if name in self.namespaces:
            return self.namespaces[name]
        if "." not in name:
            return None
        place = (name, near.file if near is not None else "")
        if place not in self._paths:
            self._paths[place] = self._by_path(name, near)
        return self._paths[place]

    def _by_path(self, name: str, near: ModuleState | None) -> ModuleState | None:
        """A module whose path ends with the name: its folder is put on the path by means that cannot be seen."""
        path = "/" + name.replace(".", "/")
        found = [
            state
            for state in self.by_tail.get(name.rpartition(".")[2], ())
            if state.source and _stem("/" + state.source.file).endswith(path)
        ]
        if not found:
            return None
        return found[0] if len(found) == 1 else _nearest(found, near)

    def ending(self, label: str) -> list[ModuleState]:
        """The modules whose dotted name ends with ``label``, shortest name first."""
        tail = "." + label
        found = self.by_tail.get(label.rpartition(".")[2], [])
        matches = [state for state in found if ("." + state.name).endswith(tail) and not state.is_test]
        return sorted(matches, key=lambda state: (state.name.count("."), state.name))

    def absolute(self, node: ir.Import, module: ModuleState) -> str:
        """The absolute name that an import names."""
        if not node.level:
            return node.module
        base = module.package
        for _ in range(node.level - 1):
            base = base.rpartition(".")[0]
        return f"{base}.{node.module}".strip(".") if node.module else base


@cache
def stubs() -> tuple[ir.Unit, ...]:
    """Library models and framework behaviour, written as Python and interpreted like the project's own code.

    A stub file holds several modules, each headed by ``### dotted.name``.
    """
    units = []
    folder = resources.files("analyzer.resolve") / "stubs"
    for path in sorted(folder.iterdir(), key=lambda entry: entry.name):
        if not path.name.endswith(".stub"):
            continue
        for section in path.read_text("utf-8").split("\n### ")[1:]:
            name, _, body = section.partition("\n")
            units.append(extract(name.strip(), body, parse_text(body, name)))
    return tuple(units)


def _bind_static(state: ModuleState, body: Iterable[ir.Stmt]) -> None:
    for statement in body:
        match statement:
            case ir.Function() | ir.Class():
                state.bindings.setdefault(statement.name, statement)
            case ir.Import():
                if statement.names and statement.names[0][0] == "*":
                    state.stars.append(statement)
                for _, bound in statement.names:
                    state.bindings.setdefault(bound, statement)
                if not statement.is_from:
                    state.bindings.setdefault(
                        statement.asname or statement.module.partition(".")[0], statement
                    )
            case ir.Assign():
                for target in statement.targets:
                    if isinstance(target, ir.Name):
                        state.bindings.setdefault(target.id, statement)
            case ir.If():
                _bind_static(state, statement.body)
                _bind_static(state, statement.orelse)
            case ir.Try():
                for block in (statement.body, *statement.handlers, statement.orelse, statement.final):
                    _bind_static(state, block)
            case ir.With():
                _bind_static(state, statement.body)
            case _:
                pass


def face(unit: ir.Unit, is_test: bool) -> tuple[frozenset[str], tuple[str, ...], bool]:
    """What others may know of a module without reading it: the telling names and, of code, the classes it binds, and
    whether it would be a migration that moves data."""
    state = ModuleState("", None, unit, False)
    _bind_static(state, unit.body)
    telling = TELLING & state.bindings.keys()
    return (telling, (), False) if is_test else (telling, class_names(unit), has_data_operations(unit))


def has_data_operations(unit: ir.Unit) -> bool:
    """Whether a class ``Migration`` lists operations other than those that Django writes."""
    return any(
        isinstance(statement, ir.Assign) and _holds_data_operations(statement.value)
        for node in classes(unit.body)
        if node.name == "Migration"
        for statement in node.body
    )


def _holds_data_operations(value: ir.Expr | None) -> bool:
    if isinstance(value, ir.Bin):
        return True  # a list that is put together somehow
    calls = (
        [item.func for item in value.items if isinstance(item, ir.Call)]
        if isinstance(value, ir.Items)
        else []
    )
    names = {func.attr if isinstance(func, ir.Attr) else getattr(func, "id", "") for func in calls}
    return not _DATA_OPERATIONS.isdisjoint(names)


def class_names(unit: ir.Unit | None) -> tuple[str, ...]:
    """The names of the classes of a module's top level."""
    return tuple(node.name for node in classes(unit.body)) if unit is not None else ()


def classes(body: Iterable[ir.Stmt]) -> Iterator[ir.Class]:
    """The classes of a module's top level, also under conditions."""
    for statement in body:
        match statement:
            case ir.Class():
                yield statement
            case ir.If():
                yield from classes(statement.body)
                yield from classes(statement.orelse)
            case ir.Try():
                for block in (statement.body, *statement.handlers, statement.orelse, statement.final):
                    yield from classes(block)
            case _:
                pass


def _nearest(states: list[ModuleState], near: ModuleState | None) -> ModuleState:
    """Of several modules with one name: the one in the same source root, else below the longest common folder."""
    if near is None or near.source is None:
        return states[0]
    here = near.source

    def closeness(state: ModuleState) -> tuple[bool, int]:
        if state.source is None:
            return (False, 0)
        common = 0
        for left, right in zip(state.source.file.split("/"), here.file.split("/"), strict=False):
            if left != right:
                break
            common += 1
        return (state.source.root == here.root, common)

    return max(states, key=closeness)


def _stem(file: str) -> str:
    return file.removesuffix(".py").removesuffix("/__init__")
