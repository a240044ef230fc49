"""Which modules of the project each import statement loads, and the order that such facts are told in."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.extract import ir
from analyzer.model.facts import Finding, Import, Location
from analyzer.resolve.modules import ModuleIndex, ModuleState


def imports_of(index: ModuleIndex, state: ModuleState) -> Iterator[Import]:
    """What a module imports from others of the project."""
    for node in state.lowered.imports if state.lowered is not None else ():
        for target, names in _targets(index, state, node).items():
            if target != state.name:
                where = Location(state.file, node.line)
                yield Import(state.name, target, where, tuple(sorted(names)), node.deferred)


def import_key(item: Import) -> tuple[Location, str, tuple[str, ...], bool]:
    """The order of imports."""
    return item.location, item.target, item.names, item.deferred


def _targets(index: ModuleIndex, state: ModuleState, node: ir.Import) -> dict[str, list[str]]:
    """The modules of the project that one import statement loads, with the names it takes from each."""
    name = index.absolute(node, state)
    module = index.find(name, state)
    found: dict[str, list[str]] = {}
    for attr, _ in node.names:
        inner = index.find(f"{name}.{attr}", state) if attr != "*" and module is not None else None
        if inner is not None and inner.source is not None:
            found.setdefault(inner.name, [])
        elif module is not None and module.source is not None:
            found.setdefault(module.name, []).append(attr)
    if not node.names and module is not None and module.source is not None:
        found[module.name] = []
    return found


def problem_key(found: Finding) -> tuple[tuple[Location, ...], str, str]:
    """The order of what went wrong."""
    return found.locations, found.code, found.message
