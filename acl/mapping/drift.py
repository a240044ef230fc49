"""What a change of the legacy models or of the contract means for a mapping: compatible, lossy or breaking."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from acl.contract import Column, Field, Outline
from acl.contract.outline import Change, changes
from acl.errors import Source
from acl.mapping.model import Mapping as Declared
from acl.mapping.model import Operation
from acl.mapping.operations import Default, Each, Enum, Generated, LegacyOnly, When

__all__ = ["Drift", "Impact", "drift_of_contract", "drift_of_legacy"]

Impact = Literal["compatible", "lossy", "breaking"]
Side = Literal["legacy", "contract", "database"]


@dataclass(frozen=True, slots=True)
class Drift:
    """One change, and what it does to the mapping: `lines` are those of the declaration that have to do with it."""

    side: Side
    name: str
    what: str
    impact: Impact
    why: str
    lines: tuple[Source, ...] = ()

    def __str__(self) -> str:
        at = f" ({', '.join(map(str, self.lines))})" if self.lines else ""
        return f"{self.impact}: {self.side} {self.name}: {self.what}; {self.why}{at}"


@dataclass(frozen=True, slots=True)
class _Use:
    """What the mapping does with a column or a field: operations, and what stands on either side."""

    operations: tuple[Operation, ...] = ()
    columns: tuple[Column, ...] = ()
    fields: tuple[Field, ...] = ()

    def has(self, kind: type[Operation]) -> bool:
        return any(isinstance(one, kind) for one in self.operations)

    @property
    def only_legacy(self) -> bool:
        return bool(self.operations) and all(isinstance(one, LegacyOnly) for one in self.operations)


def drift_of_legacy(
    mapping: Declared, before: Outline, after: Outline, side: Side = "legacy"
) -> tuple[Drift, ...]:
    """What changed in the legacy outline since the mapping was declared or compiled."""
    uses = dict(_uses(mapping, legacy=True))
    return _judged(side, list(changes(before, after)), uses, _legacy_impact)


def drift_of_contract(mapping: Declared, before: Outline, after: Outline) -> tuple[Drift, ...]:
    """What changed in the contract's outline since the mapping was declared or compiled."""
    uses = dict(_uses(mapping, legacy=False))
    return _judged("contract", list(changes(before, after)), uses, _contract_impact)


def _judged(side: Side, found: list[Change], uses: Mapping[str, _Use], judge: Any) -> tuple[Drift, ...]:
    added = {change.name: change.after for change in found if change.attribute == "added"}
    answer = []
    for change in found:
        use = _nearest(uses, change.name)
        impact, why = judge(change, use)
        if change.attribute == "dropped":
            twin = _renamed(change, added)
            why += f"; is it {twin} now?" if twin else ""
        lines = tuple(dict.fromkeys(one.where for one in use.operations))
        answer.append(Drift(side, change.name or "the table", _said(change), impact, why, lines))
    order: tuple[Impact, ...] = ("breaking", "lossy", "compatible")
    return tuple(sorted(answer, key=lambda one: order.index(one.impact)))


def _nearest(uses: Mapping[str, _Use], name: str) -> _Use:
    """What is done with a name, or with the object that it is a part of."""
    while name and name not in uses:
        name = name.rpartition(".")[0].removesuffix("[]")
    return uses.get(name, _Use())


def _renamed(change: Change, added: Mapping[str, Any]) -> str:
    """The one new name that has the attributes of a dropped one."""
    parent = change.name.rpartition(".")[0]
    twins = [
        name for name, told in added.items() if told == change.before and name.rpartition(".")[0] == parent
    ]
    return twins[0] if len(twins) == 1 else ""


def _said(change: Change) -> str:
    match change.attribute:
        case "dropped":
            return "it is gone"
        case "added":
            kind = change.after.get("kind", "children")
            return f"it is new ({kind}{', null' if change.after.get('null') else ''})"
        case "null":
            return "it may be null now" if change.after else "it may not be null any more"
        case attribute:
            return f"{attribute} was {change.before!r}, is {change.after!r}"


def _legacy_impact(change: Change, use: _Use) -> tuple[Impact, str]:
    match change.attribute:
        case "dropped":
            return "breaking", "rows have no such column any more"
        case "added":
            null = change.after.get("null") or change.after.get("kind") is None
            if null or change.after.get("optional"):
                return "compatible", "nothing maps it yet: take it into the snapshot, map it or drop it"
            return "breaking", "a row that is created has no value for it"
        case "null" if change.after:
            if use.only_legacy:
                return "compatible", "no document carries it"
            if use.has(Default) or (use.fields and all(field.null for field in use.fields)):
                return "compatible", "the contract has a word for it"
            return "breaking", "the contract has no word for null"
        case "null":
            if any(isinstance(one, LegacyOnly) and one.on_create is None for one in use.operations):
                return "breaking", "a row that is created has no value for it"
            if any(field.null for field in use.fields):
                return "breaking", "documents may say null"
            return "compatible", "no document says null"
        case "max_length":
            return _length_impact(change, use)
        case "choices":
            return _choices_impact(change, use)
        case "bits" | "digits":
            if change.after > change.before:
                return "compatible", "there is room for more"
            return "lossy", "a larger number cannot be written back"
        case "unique" if change.after:
            return (
                ("compatible", "no document carries it")
                if use.only_legacy
                else ("lossy", "a document whose value is taken cannot be written")
            )
        case "unique":
            return "compatible", "fewer rows are refused"
        case "decimals":
            return "lossy", "values with another number of decimals are refused or rounded"
        case "model":
            return "compatible", "the class has another name"
        case "table" | "column":
            return "breaking", "statements name what is not there"
        case "target" if use.only_legacy:
            return "compatible", "no document carries it"
        case "target":
            return "breaking", "its keys are of another table: ids would be looked up in the wrong map"
        case _:
            if use.only_legacy and any(
                isinstance(getattr(one, "on_create", 0), Generated) for one in use.operations
            ):
                return "compatible", "no document carries it, and the mapping does not write it"
            return "breaking", "its values are of another kind"


def _length_impact(change: Change, use: _Use) -> tuple[Impact, str]:
    limits = [field.max_length for field in use.fields if field.kind == "text" and not field.choices]
    if use.only_legacy or not limits:
        return "compatible", "no document carries text of that length"
    new = change.after
    if (new is None or (change.before is not None and new > change.before)) and any(
        limit is not None and (new is None or new > limit) for limit in limits
    ):
        return "lossy", "the contract refuses the longer text"
    if new is not None and any(limit is None or limit > new for limit in limits):
        return "lossy", "the column has no room for all that the contract allows"
    return "compatible", "both sides have room"


def _choices_impact(change: Change, use: _Use) -> tuple[Impact, str]:
    before, after = set(change.before or ()), set(change.after or ())
    fresh, gone = after - before, before - after
    listed = any(field.choices for field in use.fields)
    if fresh and (use.has(Enum) or use.has(When) or listed):
        return "breaking", f"{', '.join(sorted(map(repr, fresh)))} has no partner in the contract"
    if before and not after and (use.has(Enum) or use.has(When) or listed):
        return "lossy", "any other value is refused"
    if gone and not use.only_legacy and (use.has(Enum) or use.has(When) or listed):
        return "lossy", f"{', '.join(sorted(map(repr, gone)))} may still be written back"
    return "compatible", "the mapping does not look at them"


def _contract_impact(change: Change, use: _Use) -> tuple[Impact, str]:
    match change.attribute:
        case "dropped":
            return "breaking", "documents have no such field any more"
        case "added":
            if change.after.get("optional"):
                return "compatible", "documents may leave it out; map it, or say contract_only(...)"
            return "breaking", "documents must have it, and nothing makes it"
        case "null" if change.after:
            if any(column.null for column in use.columns) or not (use.columns or use.has(Each)):
                return "compatible", "the column may be NULL, or there is none"
            return "breaking", "a null could not be written back"
        case "null":
            if any(column.null for column in use.columns) and not use.has(Default):
                return "breaking", "rows with NULL have no document any more"
            return "compatible", "rows have no NULL there"
        case "max_length":
            return _contract_length_impact(change, use)
        case "choices":
            before, after = set(change.before or ()), set(change.after or ())
            if before - after and after:
                return "breaking", f"{', '.join(sorted(map(repr, before - after)))} cannot be said any more"
            return "lossy", "what is new has no partner in the legacy model"
        case "rules":
            return "lossy", "values that were translated may be refused, or new ones allowed"
        case "optional":
            if change.after:
                return "lossy", "documents may leave it out: the way back reads its default"
            return "compatible", "the mapping always makes it"
        case "default":
            return "lossy", "documents that leave it out mean something else now"
        case _:
            return "breaking", "its values are of another kind"


def _contract_length_impact(change: Change, use: _Use) -> tuple[Impact, str]:
    room = [column.max_length for column in use.columns if column.kind == "text" and not column.choices]
    new = change.after
    shorter = new is not None and (change.before is None or new < change.before)
    if shorter and any(size is None or size > new for size in room):
        return "lossy", "the contract refuses longer text that rows hold"
    if not shorter and any(size is not None and (new is None or new > size) for size in room):
        return "lossy", "the column has no room for all that the contract allows"
    return "compatible", "both sides have room"


def _uses(mapping: Declared, legacy: bool, columns: str = "", paths: str = "") -> Iterator[tuple[str, _Use]]:
    """What the mapping does with each name of an outline."""
    found: dict[str, list[Operation]] = {}
    for one in mapping.operations:
        names = one.columns if legacy else (*one.paths(mapping.shape), *one.targets)
        for name in dict.fromkeys(names):
            found.setdefault(name, []).append(one)
        for at, part in one.parts(mapping.table, mapping.shape):
            yield from _uses(part, legacy, columns, f"{paths}{at}.") if not legacy else ()
        for inner in one.inner:
            yield from _uses(inner, legacy, f"{columns}{one.columns[0]}[].", f"{paths}{one.path}[].")
    prefix = columns if legacy else paths
    for name, operations in found.items():
        is_list = legacy and any(isinstance(one, Each) for one in operations)
        use = _Use(
            tuple(operations),
            tuple(_present(mapping.table.column(column) for one in operations for column in one.columns)),
            tuple(
                _present(mapping.shape.field(path) for one in operations for path in one.paths(mapping.shape))
            ),
        )
        yield f"{prefix}{name}{'[]' if is_list else ''}", use


def _present(found: Iterable[Any]) -> Iterator[Any]:
    return (one for one in found if one is not None)
