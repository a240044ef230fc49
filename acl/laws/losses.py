"""A concrete value that does not come back, for each operation that says it loses some; and how many do not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, Phase, find, settings
from hypothesis.errors import NoSuchExample, Unsatisfiable

from acl.errors import Source
from acl.laws.strategies import Ids, contract_values, legacy_values
from acl.mapping import Mapping
from acl.mapping.interpret import explain
from acl.mapping.model import Operation
from acl.mapping.operations import Unit

__all__ = ["Loss", "losses"]


_COUNTED = 10_000


@dataclass(frozen=True, slots=True)
class Loss:
    """A value that comes back as another one: of which side, under which name, and what stood in between."""

    operation: str
    side: str
    name: str
    before: Any
    between: Any
    after: Any
    where: Source
    share: float | None = None
    """For a unit: how many of the column's first ten thousand values come back changed."""

    def __str__(self) -> str:
        told = f"{self.operation} {self.name}: {self.before!r} -> {self.between!r} -> {self.after!r}"
        share = "" if self.share is None else f", and so do {self.share:.1%} of the first {_COUNTED:,} values"
        return f"{told}{share} ({self.where})"


def losses(mapping: Mapping, *, examples: int = 500) -> list[Loss]:
    """One counter-example for each lossy operation and side, the smallest that was found; children included."""
    found: list[Loss] = []
    for one in mapping.operations:
        for inner in one.inner:
            found += losses(inner, examples=examples)
        if one.inner or one.verdict(mapping.table, mapping.shape).grade != "lossy":
            continue
        found += [loss for legacy in (True, False) if (loss := _search(mapping, one, legacy, examples))]
    return found


def _search(mapping: Mapping, one: Operation, legacy: bool, examples: int) -> Loss | None:
    ids = Ids()
    values = legacy_values(one, mapping.table, mapping.shape)
    if not legacy:
        values = contract_values(one, mapping.table, mapping.shape, ids)
    alone = Mapping(mapping.name, 1, mapping.table, mapping.shape, (one,), mapping.where)
    try:
        example = find(
            values,
            lambda value: _there_and_back(alone, value, legacy, ids)[1] not in (None, value),
            settings=settings(
                max_examples=examples,
                derandomize=True,
                database=None,
                deadline=None,
                phases=(Phase.generate, Phase.shrink),
                suppress_health_check=list(HealthCheck),
            ),
        )
    except (NoSuchExample, Unsatisfiable):
        return None
    between, after = _there_and_back(alone, example, legacy, ids)
    name = one.columns[0] if legacy else one.path
    side = "legacy" if legacy else "contract"
    share = _share(alone, one, ids) if legacy and isinstance(one, Unit) else None
    return Loss(one.name, side, name, _only(example), _only(_flat(between)), _only(after), one.where, share)


def _share(mapping: Mapping, one: Unit, ids: Ids) -> float:
    """How many of the column's values from zero on, step by step, come back changed."""
    column = mapping.table.column(one.columns[0])
    places = (column.decimals or 0) if column is not None else 0
    whole = column is not None and column.kind == "int"
    rows = [{one.columns[0]: step if whole else Decimal(step).scaleb(-places)} for step in range(_COUNTED)]
    there = [
        answer for answer in explain(mapping, "to_contract", rows, ids.to_new) if isinstance(answer, dict)
    ]
    back = explain(mapping, "to_legacy", there, ids.to_legacy)
    return sum(before != after for before, after in zip(rows, back, strict=True)) / _COUNTED


def _there_and_back(mapping: Mapping, value: dict[str, Any], legacy: bool, ids: Ids) -> tuple[Any, Any]:
    """What stands in between, and what comes back; None when it is refused on the way."""
    source = value if legacy else _nested(value)
    there = _one(mapping, source, legacy, ids)
    back = None if there is None else _one(mapping, there, not legacy, ids)
    return there, back if legacy or back is None else _flat(back)


def _one(mapping: Mapping, source: Any, forth: bool, ids: Ids) -> Any:
    if forth:
        (answer,) = explain(mapping, "to_contract", [source], ids.to_new)
    else:
        (answer,) = explain(mapping, "to_legacy", [source], ids.to_legacy)
    return None if isinstance(answer, tuple) else answer


def _nested(flat: dict[str, Any]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path, value in flat.items():
        *parents, name = path.split(".")
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = value
    return root


def _flat(value: Any, at: str = "") -> dict[str, Any]:
    if isinstance(value, dict) and value:
        return {
            k: v for name, one in value.items() for k, v in _flat(one, f"{at}.{name}" if at else name).items()
        }
    return {at: value}


def _only(values: Any) -> Any:
    return next(iter(values.values())) if isinstance(values, dict) and len(values) == 1 else values
