"""django-tables2: what showing the rows of a table touches, column by column."""

from __future__ import annotations

from analyzer.resolve.expressions import element
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.serializer_fields import declared_fields
from analyzer.resolve.templates import render
from analyzer.resolve.values import (
    Bound,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    Query,
    Record,
    Value,
    merge,
    options,
    text,
)

_MANY = 12
"""Of a table with more columns than these its users choose some: each column is shown perhaps."""


def rows(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """The rows of a table: its data is read, and each column looks at the record."""
    found: list[Value] = []
    for option in options(args[1]):
        if isinstance(option, Query):
            m.read(scope, option, line)
        if isinstance(option, Query | Items):
            found.append(element(m, option))
    shown = merge(found, "a row of a table")
    for table in options(args[0]):
        for record in options(shown):
            if isinstance(table, Instance) and isinstance(record, Record):
                _row(m, scope, table, record, line)
    return Items("list", [], shown)


def _row(m: Machine, scope: Scope, table: Instance, record: Record, line: int) -> None:
    columns = {
        name: column
        for name, column in declared_fields(table.cls).items()
        if isinstance(column, Instance) or (isinstance(column, Made) and column.short.endswith("Column"))
    }
    perhaps = m.perhaps
    m.perhaps = perhaps or len(columns) > _MANY
    for name, column in columns.items():
        if isinstance(column, Made | Instance):
            _cell(m, scope, table, record, name, column, line)
    m.perhaps = perhaps


def _cell(
    m: Machine, scope: Scope, table: Instance, record: Record, name: str, column: Made | Instance, line: int
) -> None:
    path = text(column.kwargs.get("accessor")) or name
    value: Value = record
    for part in path.replace("__", ".").split("."):
        value = m.attribute(scope, value, part, line)
        for option in options(value):
            if isinstance(option, Bound):
                value = m.call(scope, option, [], {}, line)
    for option in options(value):
        if isinstance(option, Query):
            m.read(scope, option, line)
    given: dict[str, Value] = {"record": record, "value": value, "column": column, "table": table}
    _drawn(m, scope, table, f"render_{name}", given, line)
    if isinstance(column, Instance):
        _drawn(m, scope, column, "render", given, line)
    linked = column.kwargs.get("linkify")
    if isinstance(linked, Literal) and linked.value is True:
        for option in options(merge([value, record])):
            if isinstance(option, Record):
                _drawn(m, scope, option, "get_absolute_url", {}, line)
    _template(m, scope, column, given, line)


def _drawn(
    m: Machine, scope: Scope, owner: Instance | Record, name: str, given: dict[str, Value], line: int
) -> None:
    """Call a method of the project with those of the arguments that it names, as the library does."""
    cls = owner.cls if isinstance(owner, Instance) else owner.model
    found = cls.find(name)
    if found is not None and isinstance(found[0], Function) and not found[1].module.is_library:
        taken = {param.name for param in found[0].node.params}
        named = {key: value for key, value in given.items() if key in taken}
        m.call(scope, Bound(found[0], owner), [], named, line)


def _template(m: Machine, scope: Scope, column: Made | Instance, given: dict[str, Value], line: int) -> None:
    """The template of a ``TemplateColumn``, by its name or in the code itself."""
    code = text(column.kwargs.get("template_code"))
    context = Map(dict(given.items()))
    if code is not None:
        render.written(m, scope, m.templates.inline(code), context, None, line)
    elif "template_name" in column.kwargs:
        render.render(m, scope, column.kwargs["template_name"], context, None, line)
