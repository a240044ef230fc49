"""Python expressions as a small tree, printed as a formatter would leave them (black, ruff format)."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "Called",
    "Choice",
    "DictOf",
    "Expression",
    "ListOf",
    "Listed",
    "Named",
    "Text",
    "literal",
    "one_line",
    "printed",
]

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
class Listed:
    """`[first, second]`, or a tuple."""

    items: tuple[Expression, ...]
    brackets: str = "[]"


@dataclass(frozen=True, slots=True)
class Named:
    """`name=value`, as an argument."""

    name: str
    value: Expression


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


Expression = Text | Called | DictOf | Listed | ListOf | Named | Choice


def literal(value: object) -> str:
    """A str, int, float, bool or None as source, in double quotes where that takes no escapes."""
    text = repr(value)
    if isinstance(value, str) and text[0] == "'" and '"' not in value:
        return f'"{text[1:-1]}"'
    return text


def printed(expression: Expression, *, width: int, indent: int, used: int) -> str:
    """The expression's source, in lines of `width` columns; further lines are indented from `indent`.

    `used` is the part of the first line that something else takes, before the expression and after it.
    """
    one = one_line(expression)
    return one if one is not None and used + len(one) <= width else _broken(expression, width, indent)


def one_line(expression: Expression) -> str | None:
    """The expression on one line, unless it holds a dict that always takes several."""
    match expression:
        case Text(code):
            return code
        case Called(function, arguments):
            parts = [one_line(argument) for argument in arguments]
            shown = [part for part in parts if part is not None]
            return f"{function}({', '.join(shown)})" if len(shown) == len(parts) else None
        case Choice(condition, value):
            shown_value = one_line(value)
            return None if shown_value is None else f"None if {condition} else {shown_value}"
        case DictOf(items, always) if not (items and always):
            pairs = [(key, one_line(value)) for key, value in items]
            return "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
        case Listed(items, brackets):
            shown_items = [one_line(item) for item in items]
            inside = ", ".join(one for one in shown_items if one is not None)
            lone = "," if brackets == "()" and len(items) == 1 else ""
            return f"{brackets[0]}{inside}{lone}{brackets[1]}"
        case Named(name, value):
            shown_value = one_line(value)
            return None if shown_value is None else f"{name}={shown_value}"
        case ListOf(item, variable, source):
            inner, of = one_line(item), one_line(source)
            return None if inner is None or of is None else f"[{inner} for {variable} in {of}]"
    return None


def _broken(expression: Expression, width: int, indent: int) -> str:
    inside = indent + _INDENT
    pad, end = " " * inside, " " * indent

    def within(part: Expression, beside: int) -> str:
        return printed(part, width=width, indent=inside, used=inside + beside)

    match expression:
        case Called(function, arguments):
            lines = [f"{pad}{within(one, 1)},\n" for one in arguments]
            return f"{function}(\n{''.join(lines)}{end})"
        case DictOf(items):
            keys = [key if key == "**" else f"{key}: " for key, _ in items]
            lines = [
                f"{pad}{key}{within(value, len(key) + 1)},\n"
                for key, (_, value) in zip(keys, items, strict=True)
            ]
            return f"{{\n{''.join(lines)}{end}}}"
        case Listed(items, brackets):
            lines = [f"{pad}{within(one, 1)},\n" for one in items]
            return f"{brackets[0]}\n{''.join(lines)}{end}{brackets[1]}"
        case Named(name, value):
            return f"{name}={_broken(value, width, indent)}"
        case ListOf(item, variable, source):
            of = within(source, len(f"for {variable} in "))
            return f"[\n{pad}{within(item, 0)}\n{pad}for {variable} in {of}\n{end}]"
        case Choice(condition, value):
            one = one_line(expression)
            if one is not None and inside + len(one) <= width:
                return f"(\n{pad}{one}\n{end})"
            return f"(\n{pad}None\n{pad}if {condition}\n{pad}else {within(value, 5)}\n{end})"
        case Text(code):
            return code
