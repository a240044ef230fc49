"""What a compiled module remembers of both sides as they were: `strangler acl check` compares it with what is now."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

from acl.contract import Outline, outline_of_contract, outline_of_legacy
from acl.errors import CompileError
from acl.mapping.layout import DictOf, Expression, Listed, Text, literal, printed
from acl.mapping.model import Mapping

__all__ = ["Baked", "outlines", "read_baked"]

_NAMES = ("MAPPING", "VERSION", "FINGERPRINT", "LEGACY", "CONTRACT")


@dataclass(frozen=True, slots=True)
class Baked:
    """The constants of a compiled module."""

    mapping: str
    version: int
    fingerprint: str
    legacy: Outline
    contract: Outline


def outlines(mapping: Mapping, width: int) -> str:
    """Both outlines as constants of a module, with a word on what they are for."""
    comment = "# Both sides as they were when this was compiled; `strangler acl check` tells what has changed since."
    parts = [comment]
    for name, outline in (
        ("LEGACY", outline_of_legacy(mapping.table)),
        ("CONTRACT", outline_of_contract(mapping.shape)),
    ):
        start = f"{name}: dict[str, dict[str, Any]] = "
        tree = DictOf(tuple((literal(key), _expression(told)) for key, told in outline.items()))
        parts.append(start + printed(tree, width=width, indent=0, used=len(start)))
    return "\n".join(parts)


def read_baked(source: str, where: str) -> Baked:
    """The constants of a compiled module, without importing it.

    Raises CompileError when the file is not one.
    """
    found: dict[str, Any] = {}
    try:
        for node in ast.parse(source).body:
            target = node.targets[0] if isinstance(node, ast.Assign) else getattr(node, "target", None)
            if (
                isinstance(target, ast.Name)
                and target.id in _NAMES
                and isinstance(node, ast.Assign | ast.AnnAssign)
            ):
                found[target.id] = ast.literal_eval(node.value) if node.value is not None else None
        return Baked(*(found[name] for name in _NAMES))
    except (KeyError, SyntaxError, ValueError) as error:
        raise CompileError(
            f"{where} is no compiled mapping, or one of an older version",
            "compile it again: strangler acl compile MODULE:NAME -o FILE",
        ) from error


def _expression(value: Any) -> Expression:
    if isinstance(value, dict):
        return DictOf(tuple((literal(key), _expression(one)) for key, one in value.items()), always=False)
    if isinstance(value, list):
        return Listed(tuple(map(_expression, value)))
    return Text(literal(value))
