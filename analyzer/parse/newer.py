"""Syntax that is newer than the running Python's grammar, said in older syntax on the same lines.

Where ``ast.parse`` gives up, tree-sitter, whose grammar does not depend on the running Python, finds the constructs of
PEP 695 and 696 (type parameters and their defaults, ``type X = ...``), PEP 701 (quotes, comments and new lines within
f-strings), PEP 750 (template strings), PEP 758 (``except A, B:``) and PEP 810 (``lazy import``). What they mean for
names, calls and control flow can be said without them, and so the tree that comes out is an ordinary one.
"""

from __future__ import annotations

import ast
import re
import warnings
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_MARK = "__text"
"""Stands for an f-string while the older grammar parses the file; the tree has a JoinedStr in its place."""
_LAZY = re.compile(rb"(?m)^([ \t]*)lazy[ \t]+(?=import\b|from\b)")


def parse_newer(text: str, file: str) -> tuple[str, ast.Module]:
    """The text as the running Python reads it, and its tree. Raises SyntaxError for what no version reads."""
    source = _LAZY.sub(rb"\1", text.encode("utf-8", "replace"))
    older = _Rewriter(source).render(_parser().parse(source).root_node).decode("utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(older, file)
    return older, _Restore().visit(tree)


@cache
def _parser() -> Parser:
    import tree_sitter_python
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_python.language()))


class _Rewriter:
    """Renders a concrete syntax tree back to text, with what is new replaced. Every line keeps its number."""

    def __init__(self, source: bytes) -> None:
        self.source = source

    def render(self, node: Node) -> bytes:
        match node.type:
            case "string" if _is_formatted(node):
                return self._call([node])
            case "concatenated_string" if any(_is_formatted(part) for part in node.children):
                return self._call([part for part in node.children if part.type == "string"])
            case "type_alias_statement":
                return self._alias(node)
            case "except_clause" if any(child.type == "," for child in node.children):
                return self._except(node)
            case "type_parameter" if node.parent is not None and node.parent.type in _DEFINITIONS:
                return b"\\\n" * node.text.count(b"\n") if node.text else b""
            case _:
                return self._between(node, node.start_byte, node.end_byte)

    def _between(self, node: Node, start: int, end: int) -> bytes:
        """The part of a node between two offsets, its children rendered."""
        if not node.child_count:
            return self.source[start:end]
        parts: list[bytes] = []
        at = start
        for child in node.children:
            if child.start_byte < start or child.end_byte > end:
                continue
            parts += [self.source[at : child.start_byte], self.render(child)]
            at = child.end_byte
        return b"".join([*parts, self.source[at:end]])

    def _alias(self, node: Node) -> bytes:
        """``type X[T] = value`` binds X."""
        name = node.children[1]
        while name.child_count:
            name = name.children[0]
        value = self.source[name.start_byte : name.end_byte] + b" = " + self.render(node.children[-1])
        lost = self._lines(node) - value.count(b"\n")
        return value.replace(b" = ", b" = " + b"\\\n" * lost, 1)

    def _except(self, node: Node) -> bytes:
        """``except A, B:`` catches a tuple."""
        kinds = [
            child for child in node.children if child.is_named and child.type not in {"block", "comment"}
        ]
        first, last = kinds[0].start_byte, kinds[-1].end_byte
        head = self._between(node, node.start_byte, first)
        return (
            head + b"(" + self._between(node, first, last) + b")" + self._between(node, last, node.end_byte)
        )

    def _call(self, strings: list[Node]) -> bytes:
        """The parts of adjacent strings, as the arguments of a call."""
        parts: list[bytes] = []
        at = strings[0].start_byte
        for string in strings:
            parts.append(b"\n" * self.source.count(b"\n", at, string.start_byte))
            parts.extend(self._parts(string) if _is_formatted(string) else [self.render(string) + b","])
            at = string.end_byte
        return _MARK.encode() + b"(" + b"".join(parts) + b")"

    def _parts(self, string: Node) -> list[bytes]:
        opening, *inner, closing = string.children
        prefix, quote = _split(self._text(opening))
        prefix = bytes(letter for letter in prefix if letter not in b"fFtT")
        parts = []
        at = opening.end_byte
        for child in [*(child for child in inner if child.type == "interpolation"), closing]:
            literal = self.source[at : child.start_byte].replace(b"{{", b"{").replace(b"}}", b"}")
            if literal:
                if literal[-1:] == quote[-1:]:
                    literal = literal[:-1] + b" "  # it would end a string of three quotes too early
                parts.append(prefix + quote + literal + quote + b",")
            if child is not closing:
                parts.append(self._interpolation(child) + b",")
            at = child.end_byte
        return parts

    def _interpolation(self, node: Node) -> bytes:
        """``{value!r:format}`` is its value; formats hold nothing that matters here."""
        end = next(
            (child for child in node.children[1:] if child.type in _AFTER_VALUE), node.children[-1]
        ).start_byte
        value = self._between(node, node.children[0].end_byte, end)
        lost = self._lines(node) - value.count(b"\n")
        return b"(" + value + b"\n" * max(lost, 0) + b")"

    def _lines(self, node: Node) -> int:
        return self.source.count(b"\n", node.start_byte, node.end_byte)

    def _text(self, node: Node) -> bytes:
        return self.source[node.start_byte : node.end_byte]


_DEFINITIONS = frozenset({"class_definition", "function_definition"})
_AFTER_VALUE = frozenset({"=", "type_conversion", "format_specifier", "}"})


def _is_formatted(node: Node) -> bool:
    if node.type != "string" or len(node.children) < 2:
        return False
    opening = node.children[0].text or b""
    return any(letter in b"fFtT" for letter in _split(opening)[0])


def _split(opening: bytes) -> tuple[bytes, bytes]:
    """The prefix and the quotes that a string begins with."""
    quote = opening.lstrip(b"rRbBuUfFtT")
    return opening[: len(opening) - len(quote)], quote


class _Restore(ast.NodeTransformer):
    """Puts the f-strings back into the tree."""

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if not (isinstance(node.func, ast.Name) and node.func.id == _MARK):
            return node
        values: list[ast.expr] = []
        for part in node.args:
            if not (isinstance(part, ast.Constant) and isinstance(part.value, str)):
                values.append(ast.copy_location(ast.FormattedValue(part, -1, None), part))
            elif values and isinstance(before := values[-1], ast.Constant):
                before.value = str(before.value) + part.value
            else:
                values.append(part)
        return ast.copy_location(ast.JoinedStr(values), node)
