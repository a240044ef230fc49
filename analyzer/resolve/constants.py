"""What strings in the code look like."""

from __future__ import annotations

import re

_VERBS = re.compile(
    r"^[\s(]*(select|insert|update|delete|with|replace|merge|truncate|create|alter|drop|lock|copy|explain|refresh|call)\b",
    re.IGNORECASE,
)


def is_sql(plain: str) -> bool:
    """Whether a string begins like an SQL statement."""
    return _VERBS.match(plain) is not None


def is_label(plain: str) -> bool:
    """Whether a string may name a model, or something in a module: ``shop.Order``."""
    return "." in plain and plain.isascii() and plain.replace(".", "").isidentifier()
