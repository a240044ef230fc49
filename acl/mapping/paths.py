"""Dotted paths: steps that fill one object, put together as the tree of that object; and how a source is read."""

from __future__ import annotations

from dataclasses import dataclass

from acl.mapping.model import Case, Direction, Mapping, Nested, Operation, Step, Tagged

__all__ = ["Filled", "Node", "Plan", "plan"]


@dataclass(frozen=True, slots=True)
class Filled:
    """One target and the steps that fill it: one, or several that must agree."""

    target: str
    made: tuple[tuple[Operation, Step], ...]


Node = Filled | dict[str, "Node"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A direction of a mapping, laid out: the object that it makes, what its steps read, and its children's plans.

    `absent` has the value of a source that a document may leave out, by path; `nested` the plans by target, `tagged`
    the cases of a union, each with its plan, by target.
    """

    mapping: Mapping
    direction: Direction
    nodes: dict[str, Node]
    absent: dict[str, object]
    nested: dict[str, Plan]
    tagged: dict[str, tuple[tuple[Case, Plan], ...]]

    @property
    def fills(self) -> tuple[Filled, ...]:
        """Every target once, in the order in which they are first declared."""
        return tuple(_flatten(self.nodes))

    def read_path(self, source: str) -> tuple[str, ...]:
        """The keys that lead to a source: columns are flat, paths of a document are not."""
        return (source,) if self.direction == "to_contract" else tuple(source.split("."))


def plan(mapping: Mapping, direction: Direction) -> Plan:
    """Lay a direction out; done once a batch by the interpreter, and once for all by the compiler."""
    made: dict[str, list[tuple[Operation, Step]]] = {}
    for operation, step in mapping.steps(direction):
        made.setdefault(step.target, []).append((operation, step))
    steps = [step for group in made.values() for _, step in group]
    return Plan(
        mapping,
        direction,
        _tree([Filled(target, tuple(group)) for target, group in made.items()], direction),
        _absent(mapping, steps) if direction == "to_legacy" else {},
        {
            step.target: plan(step.using, direction)
            for step in steps
            if isinstance(step, Nested) and step.using is not None
        },
        {
            step.target: tuple((case, plan(case.using, direction)) for case in step.cases)
            for step in steps
            if isinstance(step, Tagged)
        },
    )


def _tree(filled: list[Filled], direction: Direction) -> dict[str, Node]:
    root: dict[str, Node] = {}
    for one in filled:
        *parents, name = one.target.split(".") if direction == "to_contract" else [one.target]
        node = root
        for parent in parents:
            inner = node.setdefault(parent, {})
            assert isinstance(inner, dict)
            node = inner
        node[name] = one
    return root


def _flatten(nodes: dict[str, Node]) -> list[Filled]:
    return [
        filled
        for node in nodes.values()
        for filled in ([node] if isinstance(node, Filled) else _flatten(node))
    ]


def _absent(mapping: Mapping, steps: list[Step]) -> dict[str, object]:
    absent: dict[str, object] = {}
    for source in {source for step in steps for source in step.sources}:
        field = mapping.shape.field(source)
        if field is not None and isinstance(field.default, str | int | float | bool | None):
            absent[source] = field.default
    return absent
