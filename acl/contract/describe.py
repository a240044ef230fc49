"""A contract type (msgspec Struct, dataclass, TypedDict) into its Shape."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, cast

import msgspec
from msgspec import inspect

from acl.contract.shape import NO_DEFAULT, Field, FieldKind, Shape
from acl.errors import ContractError

__all__ = ["describe"]

_OBJECTS = (inspect.StructType, inspect.DataclassType, inspect.TypedDictType)
_LISTS = (inspect.ListType, inspect.VarTupleType)
_LEAVES: dict[type[inspect.Type], FieldKind] = {
    inspect.IntType: "int",
    inspect.StrType: "text",
    inspect.BoolType: "bool",
    inspect.FloatType: "float",
    inspect.DecimalType: "decimal",
    inspect.DateTimeType: "datetime",
    inspect.DateType: "date",
    inspect.TimeType: "time",
    inspect.UUIDType: "uuid",
    inspect.DictType: "json",
    inspect.AnyType: "json",
}
_RULES = ("pattern", "min_length", "ge", "gt", "le", "lt", "multiple_of", "tz")
_Object = inspect.StructType | inspect.DataclassType | inspect.TypedDictType


def describe(contract: type) -> Shape:
    """The shape of a contract type, under the names that its documents use.

    Raises ContractError for a type that has no fields, or has one of a type that no document can carry.
    """
    try:
        info = inspect.type_info(contract)
    except (NameError, TypeError) as error:
        raise ContractError(
            f"{contract!r} cannot be described: {error}", "use a msgspec.Struct, at the top of a module"
        ) from error
    if not isinstance(info, _OBJECTS):
        raise ContractError(f"{contract!r} is no type with fields", "use a msgspec.Struct or a dataclass")
    return _shape(info)


def _shape(info: _Object) -> Shape:
    return Shape(info.cls.__name__, tuple(_leaves(info, prefix="", seen=(info.cls,))))


def _leaves(info: _Object, prefix: str, seen: tuple[type, ...]) -> Iterator[Field]:
    for field in info.fields:
        path = prefix + field.encode_name
        kind, null = _without_null(field.type, path)
        if isinstance(kind, inspect.UnionType):
            yield replace(_union(kind, path), null=null, default=_default(field))
        elif isinstance(kind, _OBJECTS) and not null and not _tagged(kind):
            if kind.cls in seen:
                raise ContractError(f"{path} contains itself", "contracts are trees")
            yield from _leaves(kind, path + ".", (*seen, kind.cls))
        else:
            null = null or isinstance(kind, inspect.AnyType)
            yield replace(_leaf(kind, path), null=null, default=_default(field))


def _union(kind: inspect.UnionType, path: str) -> Field:
    variants = [member for member in kind.types if _tagged(member)]
    if len(variants) != len([member for member in kind.types if not isinstance(member, inspect.NoneType)]):
        raise ContractError(f"{path} may be of several types", "use one type, or structs with a tag")
    tags = tuple(
        (member.tag, _shape(member)) for member in variants if isinstance(member, inspect.StructType)
    )
    first = variants[0]
    assert isinstance(first, inspect.StructType)
    return Field(
        path,
        "union",
        tag_field=str(first.tag_field),
        variants=tuple((tag, shape) for tag, shape in tags if tag is not None),
    )


def _tagged(kind: inspect.Type) -> bool:
    return isinstance(kind, inspect.StructType) and kind.tag is not None


def _leaf(kind: inspect.Type, path: str) -> Field:
    if isinstance(kind, inspect.Metadata):
        kind = kind.type
    if _tagged(kind):
        return _union(inspect.UnionType((kind,)), path)
    if isinstance(kind, _OBJECTS):
        return Field(path, "object", item=_shape(kind))
    if isinstance(kind, _LISTS):
        item = kind.item_type
        return Field(path, "list", item=_shape(item) if isinstance(item, _OBJECTS) else None)
    if isinstance(kind, inspect.LiteralType):
        return _choice(path, kind.values)
    if isinstance(kind, inspect.EnumType):
        return _choice(path, tuple(member.value for member in kind.cls))
    if type(kind) not in _LEAVES:
        raise ContractError(f"{path} is a {type(kind).__name__}", "use a type that JSON can carry one way")
    return Field(
        path, _LEAVES[type(kind)], max_length=getattr(kind, "max_length", None), rules=tuple(_rules(kind))
    )


def _rules(kind: inspect.Type) -> Iterator[tuple[str, str | int | float]]:
    for name in _RULES:
        value = getattr(kind, name, None)
        if value is not None:
            yield name, value


def _choice(path: str, values: tuple[Any, ...]) -> Field:
    if all(type(value) is str for value in values):
        return Field(path, "text", choices=values)
    if all(type(value) is int for value in values):
        return Field(path, "int", choices=values)
    raise ContractError(f"the values of {path} are of several types", "use all text or all numbers")


def _without_null(kind: inspect.Type, path: str) -> tuple[inspect.Type, bool]:
    if not isinstance(kind, inspect.UnionType):
        return kind, False
    rest = [member for member in kind.types if not isinstance(member, inspect.NoneType)]
    null = len(rest) < len(kind.types)
    if len(rest) == 1:
        return rest[0], null
    return inspect.UnionType(tuple(rest)), null


def _default(field: inspect.Field) -> object:
    if field.required:
        return NO_DEFAULT
    if field.default_factory is not msgspec.NODEFAULT:
        return cast(Any, field.default_factory)()
    return field.default if field.default is not msgspec.NODEFAULT else NO_DEFAULT
