"""Two versions of a JSON Schema (2020-12, and the dialect of OpenAPI 3.0): what a change does to whom.

A schema says which documents there may be. A change *narrows* it, *widens* it, or does both. Whoever sends documents by
the old schema is broken by a narrower one (requests); whoever reads them by the old schema, by a wider one (responses
and events). Where the convention differs from the letter (an object may have a new optional property), a rule says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["RULES", "Difference", "Direction", "Level", "Schemas", "compare", "worst_first"]

Direction = Literal["request", "response"]
Level = Literal["breaking", "warning", "compatible"]
Schema = Mapping[str, Any] | bool

RULES: dict[str, tuple[Level, Level, str]] = {
    # rule: in a request, in a response, what has happened
    "type-narrowed": ("breaking", "compatible", "a type is not allowed any more"),
    "type-widened": ("compatible", "breaking", "a further type is allowed"),
    "type-changed": ("breaking", "breaking", "the type is another one"),
    "null-forbidden": ("breaking", "compatible", "null is not allowed any more"),
    "null-allowed": ("compatible", "breaking", "null is allowed"),
    "value-removed": ("breaking", "compatible", "a value of the enumeration is gone"),
    "value-added": ("compatible", "breaking", "the enumeration has a new value"),
    "enum-set": ("breaking", "compatible", "only certain values are allowed"),
    "enum-unset": ("compatible", "breaking", "any value is allowed"),
    "bound-tightened": ("breaking", "compatible", "a bound is tighter, or new"),
    "bound-loosened": ("compatible", "breaking", "a bound is looser, or gone"),
    "pattern-set": ("breaking", "compatible", "text must match a pattern or format"),
    "pattern-unset": ("compatible", "breaking", "text need not match a pattern or format any more"),
    "pattern-changed": ("breaking", "breaking", "text must match another pattern or format"),
    "property-removed-required": ("warning", "breaking", "a property that was always there is gone"),
    "property-removed-optional": ("warning", "warning", "an optional property is gone"),
    "property-removed-closed": ("breaking", "breaking", "a property is gone, and others are forbidden"),
    "property-added-required": ("breaking", "compatible", "a new property must be there"),
    "property-added-optional": ("compatible", "compatible", "a new property may be there"),
    "property-added-closed": (
        "compatible",
        "breaking",
        "a new property, where readers were told to expect no others",
    ),
    "property-became-required": ("breaking", "compatible", "a property must be there"),
    "property-became-optional": ("compatible", "breaking", "a property may be missing"),
    "object-closed": ("breaking", "compatible", "other properties are forbidden"),
    "object-opened": ("compatible", "breaking", "other properties are allowed"),
    "branch-removed": ("breaking", "compatible", "an alternative is gone"),
    "branch-added": ("compatible", "breaking", "there is a new alternative"),
    "demand-added": ("breaking", "compatible", "a further schema must hold"),
    "demand-removed": ("compatible", "breaking", "a schema need not hold any more"),
    "default-changed": ("warning", "compatible", "leaving it out means something else"),
    "keyword-changed": ("breaking", "breaking", "a keyword changed whose effect is not judged"),
    "reference-lost": ("breaking", "breaking", "a reference leads nowhere"),
}

_BOUNDS = {
    # keyword: whether a greater number is tighter
    "minimum": True,
    "exclusiveMinimum": True,
    "minLength": True,
    "minItems": True,
    "minProperties": True,
    "minContains": True,
    "maximum": False,
    "exclusiveMaximum": False,
    "maxLength": False,
    "maxItems": False,
    "maxProperties": False,
    "maxContains": False,
}
_NO_BOUND = {"minLength": 0, "minItems": 0, "minProperties": 0}
_PATTERNS = ("pattern", "format", "contentEncoding", "contentMediaType")
_ANNOTATIONS = {
    *("title", "description", "examples", "example", "deprecated", "$comment", "$id", "$schema", "$anchor"),
    *("$defs", "definitions", "externalDocs", "xml", "readOnly", "writeOnly", "discriminator"),
}
_JUDGED = {
    *_BOUNDS, *_PATTERNS, *_ANNOTATIONS,
    *("$ref", "type", "nullable", "enum", "const", "multipleOf", "uniqueItems", "properties", "required"),
    *("additionalProperties", "items", "prefixItems", "anyOf", "oneOf", "allOf", "default"),
}  # fmt: skip
_ALL_TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One change: where, by which rule, and how bad that is for this direction."""

    level: Level
    rule: str
    direction: Direction
    at: str
    before: Any
    after: Any

    def __str__(self) -> str:
        told = f": {self.before!r} -> {self.after!r}" if (self.before, self.after) != (None, None) else ""
        said = RULES[self.rule][2] if self.rule in RULES else self.rule.replace("-", " ")
        return f"{self.level}: {self.at}: {said}{told} ({self.direction}, {self.rule})"


@dataclass(frozen=True, slots=True)
class Schemas:
    """The two documents in which references are looked up."""

    old: Mapping[str, Any]
    new: Mapping[str, Any]


def compare(
    old: Schema, new: Schema, schemas: Schemas, direction: Direction, at: str = ""
) -> list[Difference]:
    """Every difference of two schemas, the worst first, as one who sends or reads by the old one sees it."""
    walk = _Walk(schemas, direction)
    return worst_first(walk.differences(old, new, at or "$"))


def worst_first(found: Iterable[Difference]) -> list[Difference]:
    """Each difference once, the breaking ones first."""
    order: tuple[Level, ...] = ("breaking", "warning", "compatible")
    return sorted({repr(one): one for one in found}.values(), key=lambda one: order.index(one.level))


class _Walk:
    def __init__(self, schemas: Schemas, direction: Direction) -> None:
        self._schemas = schemas
        self._direction: Direction = direction
        self._open: set[tuple[str, str]] = set()

    def differences(self, old: Schema, new: Schema, at: str) -> Iterator[Difference]:
        """Everything that changed at a place and below it."""
        names = (_reference(old), _reference(new))
        if names[0] and names[1]:
            if names in self._open:
                return
            self._open.add(names)
        try:
            first, second = _resolved(old, self._schemas.old), _resolved(new, self._schemas.new)
            if first is None or second is None:
                yield self._one("reference-lost", at, names[0], names[1])
            else:  # equal ones too: what they refer to may have changed
                yield from self._of_objects(first, second, at)
        finally:
            if names[0] and names[1]:
                self._open.discard(names)

    def _of_objects(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        for part in (
            self._types, self._values, self._bounds, self._patterns, self._properties, self._items,
            self._branches, self._demands, self._rest,
        ):  # fmt: skip
            yield from part(old, new, at)

    def _one(self, rule: str, at: str, before: Any = None, after: Any = None) -> Difference:
        in_request, in_response, _ = RULES[rule]
        level = in_request if self._direction == "request" else in_response
        return Difference(level, rule, self._direction, at, before, after)

    def _types(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        before, after = _types_of(old), _types_of(new)
        if "null" in before - after and after and len(after) < len(_ALL_TYPES):
            yield self._one("null-forbidden", at)
        if "null" in after - before and before and len(before) < len(_ALL_TYPES):
            yield self._one("null-allowed", at)
        before, after = _without_null(before, after)
        if before == after:
            return
        told = ("/".join(sorted(before)), "/".join(sorted(after)))
        if _covers(after, before):
            yield self._one("type-widened", at, *told)
        elif _covers(before, after):
            yield self._one("type-narrowed", at, *told)
        else:
            yield self._one("type-changed", at, *told)

    def _values(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        before, after = _values_of(old), _values_of(new)
        if before is None and after is None:
            return
        if before is None:
            yield self._one("enum-set", at, None, after)
        elif after is None:
            yield self._one("enum-unset", at, before, None)
        else:
            for value in before:
                if not _among(value, after):
                    yield self._one("value-removed", at, value, None)
            for value in after:
                if not _among(value, before):
                    yield self._one("value-added", at, None, value)

    def _bounds(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        for name, greater_is_tighter in _BOUNDS.items():
            before, after = (_number(one.get(name, _NO_BOUND.get(name))) for one in (old, new))
            if before == after:
                continue
            tighter = before is None or (after is not None and (after > before) is greater_is_tighter)
            rule = "bound-tightened" if tighter else "bound-loosened"
            yield self._one(rule, f"{at}.{name}", before, after)
        if bool(old.get("uniqueItems")) != bool(new.get("uniqueItems")):
            rule = "bound-tightened" if new.get("uniqueItems") else "bound-loosened"
            yield self._one(rule, f"{at}.uniqueItems")
        before, after = old.get("multipleOf"), new.get("multipleOf")
        if before != after:
            yield from self._multiples(before, after, f"{at}.multipleOf")

    def _multiples(self, before: Any, after: Any, at: str) -> Iterator[Difference]:
        tighter = before is None or (after is not None and after % before == 0)
        looser = after is None or (before is not None and before % after == 0)
        if not looser:
            yield self._one("bound-tightened", at, before, after)
        if not tighter:
            yield self._one("bound-loosened", at, before, after)

    def _patterns(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        for name in _PATTERNS:
            before, after = old.get(name), new.get(name)
            if before != after:
                rule = (
                    "pattern-set"
                    if before is None
                    else "pattern-unset"
                    if after is None
                    else "pattern-changed"
                )
                yield self._one(rule, f"{at}.{name}", before, after)

    def _properties(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        hidden = "readOnly" if self._direction == "request" else "writeOnly"
        before = {name: one for name, one in _members(old) if not _flag(one, hidden, self._schemas.old)}
        after = {name: one for name, one in _members(new) if not _flag(one, hidden, self._schemas.new)}
        was_needed, is_needed = set(old.get("required", ())), set(new.get("required", ()))
        for name, schema in before.items():
            place = f"{at}.{name}"
            if name not in after:
                yield self._one(_removed(name in was_needed, new), place)
                continue
            if name in is_needed - was_needed:
                yield self._one("property-became-required", place)
            if name in was_needed - is_needed:
                yield self._one("property-became-optional", place)
            yield from self.differences(schema, after[name], place)
        for name in after:
            if name not in before:
                yield self._one(self._added(name in is_needed, old), f"{at}.{name}")
        for name in sorted((is_needed - was_needed) - set(before) - set(after)):
            yield self._one("property-became-required", f"{at}.{name}")
        for name in sorted((was_needed - is_needed) - set(before) - set(after)):
            yield self._one("property-became-optional", f"{at}.{name}")
        yield from self._others(
            old.get("additionalProperties", True), new.get("additionalProperties", True), at
        )

    def _added(self, needed: bool, old: Mapping[str, Any]) -> str:
        if needed and self._direction == "request":
            return "property-added-required"
        if old.get("additionalProperties") is False:
            return "property-added-closed"
        return "property-added-required" if needed else "property-added-optional"

    def _others(self, old: Schema, new: Schema, at: str) -> Iterator[Difference]:
        if isinstance(old, bool) and old == new:
            return
        if new is False:
            yield self._one("object-closed", at)
        elif old is False:
            yield self._one("object-opened", at)
        else:
            yield from self.differences(old, new, f"{at}.*")

    def _items(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        first, second = old.get("prefixItems", []), new.get("prefixItems", [])
        for place in range(max(len(first), len(second))):
            before = first[place] if place < len(first) else old.get("items", True)
            after = second[place] if place < len(second) else new.get("items", True)
            yield from self.differences(before, after, f"{at}[{place}]")
        if "items" in old or "items" in new:
            yield from self.differences(old.get("items", True), new.get("items", True), f"{at}[]")

    def _branches(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        before, after = _alternatives(old), _alternatives(new)
        if not before and not after:
            return
        if not before or not after:
            yield self._one("demand-added" if not before else "demand-removed", at)
            return
        pairs, gone, fresh = self._paired(before, after)
        for number, (first, second) in enumerate(pairs):
            name = self._name(first, self._schemas.old) or str(number)
            yield from self.differences(first, second, f"{at}<{name}>")
        for one in gone:
            yield self._branch("branch-removed", "null-forbidden", one, self._schemas.old, at)
        for one in fresh:
            yield self._branch("branch-added", "null-allowed", one, self._schemas.new, at)

    def _branch(self, rule: str, null_rule: str, one: Schema, root: Mapping[str, Any], at: str) -> Difference:
        resolved = _resolved(one, root) or {}
        if resolved.get("type") == "null":
            return self._one(null_rule, at)
        return self._one(rule, f"{at}<{self._name(one, root) or '?'}>")

    def _paired(
        self, before: list[Schema], after: list[Schema]
    ) -> tuple[list[tuple[Schema, Schema]], list[Schema], list[Schema]]:
        """Alternatives that belong together: equal ones, those of one name, and one that is left over on each side."""
        pairs: list[tuple[Schema, Schema]] = []
        gone, fresh = list(before), list(after)
        for same in (self._equal, self._named_alike):
            for first in list(gone):
                twin = next((second for second in fresh if same(first, second)), None)
                if twin is not None:
                    pairs.append((first, twin))
                    gone.remove(first)
                    fresh.remove(twin)
        if len(gone) == len(fresh) == 1 and not (self._named(gone[0]) or self._named(fresh[0], new=True)):
            pairs.append((gone.pop(), fresh.pop()))
        return pairs, gone, fresh

    def _equal(self, old: Schema, new: Schema) -> bool:
        return old == new

    def _named(self, one: Schema, new: bool = False) -> str:
        return self._name(one, self._schemas.new if new else self._schemas.old)

    def _named_alike(self, old: Schema, new: Schema) -> bool:
        name = self._named(old)
        return bool(name) and name == self._named(new, new=True)

    def _name(self, one: Schema, root: Mapping[str, Any]) -> str:
        """What tells an alternative apart: its tag, its reference's name, or its only type."""
        resolved = _resolved(one, root) or {}
        for schema in dict(_members(resolved)).values():
            values = _values_of(schema) if isinstance(schema, Mapping) else None
            if values is not None and len(values) == 1 and isinstance(values[0], str):
                return values[0]
        name = _reference(one).rpartition("/")[2]
        type_ = resolved.get("type")
        return name or (type_ if isinstance(type_, str) else "")

    def _demands(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        before, after = list(old.get("allOf", ())), list(new.get("allOf", ()))
        pairs, gone, fresh = self._paired(before, after)
        for first, second in pairs:
            yield from self.differences(first, second, at)
        for _ in gone:
            yield self._one("demand-removed", at)
        for _ in fresh:
            yield self._one("demand-added", at)

    def _rest(self, old: Mapping[str, Any], new: Mapping[str, Any], at: str) -> Iterator[Difference]:
        if old.get("default") != new.get("default"):
            yield self._one("default-changed", at, old.get("default"), new.get("default"))
        for name in dict.fromkeys([*old, *new]):
            known = name in _JUDGED or name.startswith("x-")
            if not known and old.get(name) != new.get(name):
                yield self._one("keyword-changed", f"{at}.{name}", old.get(name), new.get(name))


def _removed(needed: bool, new: Mapping[str, Any]) -> str:
    if new.get("additionalProperties") is False:
        return "property-removed-closed"
    return "property-removed-required" if needed else "property-removed-optional"


def _reference(schema: Schema) -> str:
    return str(schema["$ref"]) if isinstance(schema, Mapping) and "$ref" in schema else ""


def _resolved(schema: Schema, root: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The schema that references lead to, with what stands beside them; None when one leads nowhere."""
    seen: set[str] = set()
    beside: dict[str, Any] = {}
    while isinstance(schema, Mapping) and "$ref" in schema:
        name = str(schema["$ref"])
        beside = {**{key: value for key, value in schema.items() if key != "$ref"}, **beside}
        found = _looked_up(name, root)
        if name in seen or found is None:
            return None
        seen.add(name)
        schema = found
    if isinstance(schema, bool):
        return {} if schema else {"enum": []}
    return {**schema, **beside}


def _looked_up(name: str, root: Mapping[str, Any]) -> Any:
    if not name.startswith("#"):
        return None
    node: Any = root
    for part in name[1:].strip("/").split("/") if name not in {"#", "#/"} else []:
        key = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(node, Mapping) or key not in node:
            return None
        node = node[key]
    return node if isinstance(node, Mapping | bool) else None


def _types_of(schema: Mapping[str, Any]) -> frozenset[str]:
    said = schema.get("type")
    if said is None:
        return _ALL_TYPES
    types = {said} if isinstance(said, str) else {str(one) for one in said}
    return frozenset(types | {"null"} if schema.get("nullable") is True else types)


def _without_null(before: frozenset[str], after: frozenset[str]) -> tuple[frozenset[str], frozenset[str]]:
    return before - {"null"}, after - {"null"}


def _covers(wide: Iterable[str], narrow: Iterable[str]) -> bool:
    """Whether every type of `narrow` is allowed by `wide`: an integer is a number."""
    return all(one in wide or (one == "integer" and "number" in wide) for one in narrow)


def _values_of(schema: Mapping[str, Any]) -> list[Any] | None:
    if "const" in schema:
        return [schema["const"]]
    values = schema.get("enum")
    return list(values) if isinstance(values, list) else None


def _among(value: Any, values: list[Any]) -> bool:
    """As JSON compares: true is not 1."""
    return any(one == value and isinstance(one, bool) == isinstance(value, bool) for one in values)


def _number(value: Any) -> Any:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _members(schema: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    properties = schema.get("properties", {})
    return properties.items() if isinstance(properties, Mapping) else ()


def _flag(schema: Any, name: str, root: Mapping[str, Any]) -> bool:
    resolved = _resolved(schema, root) if isinstance(schema, Mapping | bool) else None
    return bool(resolved and resolved.get(name))


def _alternatives(schema: Mapping[str, Any]) -> list[Schema]:
    return list(schema.get("anyOf") or schema.get("oneOf") or ())
