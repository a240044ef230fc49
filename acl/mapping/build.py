"""Checks a whole declaration: names, each operation, and that nothing is forgotten on either side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from acl.contract import did_you_mean
from acl.errors import MappingError, Problem
from acl.mapping.model import Mapping, Operation

__all__ = ["build", "problems_of"]


def build(mapping: Mapping) -> Mapping:
    """The mapping itself, if it holds. Raises MappingError with all its problems, in the order of the file."""
    problems = problems_of(mapping)
    if problems:
        raise MappingError(mapping.name, sorted(problems, key=lambda problem: problem.where))
    return mapping


def problems_of(mapping: Mapping) -> list[Problem]:
    """Everything that is wrong with a declaration."""
    problems: list[Problem] = []
    for operation in mapping.operations:
        unknown = list(_unknown_names(mapping, operation))
        problems.extend(unknown or operation.problems(mapping.table, mapping.shape))
    problems.extend(_said_twice(mapping))
    problems.extend(_forgotten(mapping))
    return problems or list(_null_at_times(mapping))


def _null_at_times(mapping: Mapping) -> Iterator[Problem]:
    """NOT NULL columns that would be written with a NULL: each field that they are made of may be null."""
    writers: dict[str, list[tuple[Operation, bool]]] = defaultdict(list)
    for operation, step in mapping.steps("to_legacy"):
        writers[step.target].append((operation, step.null))
    for name, found in writers.items():
        column = mapping.table.column(name)
        if column is not None and not column.null and all(null for _, null in found):
            first = found[0][0]
            fields = ", ".join(dict.fromkeys(operation.path for operation, _ in found))
            yield first.problem(
                f"column {name} is NOT NULL and has no source when {fields} is null",
                f"declare {first.path} without None, or map {name} to a field of its own",
            )


def _unknown_names(mapping: Mapping, operation: Operation) -> Iterator[Problem]:
    table, shape = mapping.table, mapping.shape
    nests = operation.name == "each"
    columns = [child.name for child in table.children] if nests else [column.name for column in table.columns]
    for name in operation.columns:
        if name not in columns:
            what = "children" if nests else "column"
            yield operation.problem(f"{table.name} has no {what} {name!r}", did_you_mean(name, columns))
    for path in operation.targets:
        below = shape.below(path)
        if not below and not shape.field(path):
            known = [field.path for field in shape.fields]
            yield operation.problem(f"{shape.name} has no field {path!r}", did_you_mean(path, known))
        elif below and not operation.whole:
            inner = ", ".join(field.path for field in below)
            yield operation.problem(f"{path} is an object", f"name one of its fields: {inner}")


def _said_twice(mapping: Mapping) -> Iterator[Problem]:
    written: dict[str, list[Operation]] = defaultdict(list)
    for operation in mapping.operations:
        for column in operation.columns:
            written[f"column {column}"].append(operation)
        for path in operation.paths(mapping.shape):
            written[path].append(operation)
    for name, operations in written.items():
        alone = [one for one in operations if name.removeprefix("column ") not in one.shared]
        if len(operations) > 1 and alone:
            first, *others = operations
            for other in others:
                yield other.problem(f"{name} is mapped twice", f"the other is at {first.where}")


def _forgotten(mapping: Mapping) -> Iterator[Problem]:
    columns = {column for operation in mapping.operations for column in operation.columns}
    paths = {path for operation in mapping.operations for path in operation.paths(mapping.shape)}
    for column in mapping.table.columns:
        if column.name not in columns:
            value = "" if column.null else ", on_create=<value>"
            yield Problem(
                mapping.where,
                "mapping",
                f"column {column.name} of {mapping.table.name} is not mapped",
                f"map it, or drop it with legacy_only({column.name!r}{value})",
            )
    for children in mapping.table.children:
        if children.name not in columns:
            yield Problem(
                mapping.where,
                "mapping",
                f"children {children.name} of {mapping.table.name} are not mapped",
                f"map them with each({children.name!r}, ...), or leave them out of the snapshot",
            )
    for field in mapping.shape.fields:
        if field.path not in paths:
            yield Problem(
                mapping.where,
                "mapping",
                f"field {field.path} of {mapping.shape.name} is not mapped",
                f"map it, or say contract_only({field.path!r}, value=<value>)",
            )
