"""Where a value that the project did not define comes from."""

from __future__ import annotations

from analyzer.resolve.values import External, Made, Value


def origin(value: Value) -> str:
    """The dotted path of an external name, or of what was called to make a value; empty for anything else."""
    if isinstance(value, External):
        return value.name
    return value.callee if isinstance(value, Made) else ""
