"""Python expressions as a small tree, printed as a formatter would leave them (black, ruff format)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Called", "Choice", "DictOf", "Expression", "ListOf", "Text", "literal", "printed"]

_INDENT = 4


@dataclass(frozen=True, slots=True)
class Text:
    """Code that stays on its line."""

    code: str


@dataclass(frozen=True, slots=True)
class Called:
    """`function(first, second)`."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class DictOf:
    """`{"key": value}`; `always` on several lines, or only when it does not fit on one."""

    items: tuple[tuple[str, Expression], ...]
    always: bool = True


@dataclass(frozen=True, slots=True)
class ListOf:
    """`[item for variable in source]`."""

    item: Expression
    variable: str
    source: Expression


@dataclass(frozen=True, slots=True)
class Choice:
    """`None if condition else value`."""

    condition: str
    value: Expression


Expression = Text | Called | DictOf | ListOf | Choice


def literal(value: object) -> str:
    """A str, int, float, bool or None as source, in double quotes where that takes no escapes."""
    text = repr(value)
    if isinstance(value, str) and text[0] == "'" and '"' not in value:
        return f'"{text[1:-1]}"'
    return text


def printed(expression: Expression, *, indent: int, room: int) -> str:
    """The expression's source; further lines are indented from `indent`. `room` is left on the first line."""
    one = _one_line(expression)
    if one is not None and len(one) <= room:
        return one
    return _broken(expression, indent, room)


def _one_line(expression: Expression) -> str | None:
    match expression:
        case Text(code):
            return code
        case Called(function, arguments):
            parts = [_one_line(argument) for argument in arguments]
            shown = [part for part in parts if part is not None]
            return f"{function}({', '.join(shown)})" if len(shown) == len(parts) else None
        case Choice(condition, value):
            shown_value = _one_line(value)
            return None if shown_value is None else f"None if {condition} else {shown_value}"
        case DictOf(items, always) if not (items and always):
            pairs = [(key, _one_line(value)) for key, value in items]
            return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        case ListOf(item, variable, source):
            inner, of = _one_line(item), _one_line(source)
            return None if inner is None or of is None else f"[{inner} for {variable} in {of}]"
    return None


def _broken(expression: Expression, indent: int, room: int) -> str:
    inside = indent + _INDENT
    pad, end = " " * inside, " " * indent
    # What stands in a block of its own has the line's whole width: the first line's indent and room, less the block's.
    width = room + indent - inside
    match expression:
        case Called(function, arguments):
            lines = [f"{pad}{printed(one, indent=inside, room=width - 1)},\n" for one in arguments]
            return f"{function}(\n{''.join(lines)}{end})"
        case DictOf(items):
            lines = [
                f"{pad}{key}: {printed(value, indent=inside, room=width - len(key) - 3)},\n"
                for key, value in items
            ]
            return f"{{\n{''.join(lines)}{end}}}"
        case ListOf(item, variable, source):
            first = printed(item, indent=inside, room=width)
            of = printed(source, indent=inside, room=width - len(variable) - 8)
            return f"[\n{pad}{first}\n{pad}for {variable} in {of}\n{end}]"
        case Choice(condition, value):
            one = _one_line(expression)
            if one is not None and len(one) <= width:
                return f"(\n{pad}{one}\n{end})"
            shown = printed(value, indent=inside, room=width - 5)
            return f"(\n{pad}None\n{pad}if {condition}\n{pad}else {shown}\n{end})"
        case Text(code):
            return code
