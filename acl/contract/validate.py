"""A document against its contract: every fault with its path, where msgspec itself stops at the first."""

from __future__ import annotations

from collections.abc import Iterator
from types import UnionType
from typing import Any, Union, get_args, get_origin, is_typeddict

import msgspec
from msgspec import structs

__all__ = ["faults"]


def faults(document: Any, contract: Any, at: str = "") -> list[tuple[str, Any, str]]:
    """(path, value, reason) of everything in a document that the contract refuses; empty when it obeys."""
    try:
        msgspec.convert(document, contract)
    except msgspec.ValidationError as error:
        return list(_within(document, contract, at)) or [(at, document, _plain(error))]
    return []


def _within(value: Any, contract: Any, at: str) -> Iterator[tuple[str, Any, str]]:
    """The faults inside an object or a list; none where the value itself is not one."""
    if get_origin(contract) is list and isinstance(value, list):
        (item,) = get_args(contract)
        for position, one in enumerate(value):
            yield from faults(one, item, f"{at}[{position}]")
    elif isinstance(value, dict) and (_is_struct(contract) or is_typeddict(contract)):
        for name, type_, required in _members(contract):
            path = f"{at}.{name}" if at else name
            if name in value:
                yield from faults(value[name], type_, path)
            elif required:
                yield path, None, "missing"
    else:
        yield from _within_union(value, contract, at)


def _within_union(value: Any, contract: Any, at: str) -> Iterator[tuple[str, Any, str]]:
    """The faults inside the one struct of `Struct | None`."""
    members = [one for one in get_args(contract) if _is_struct(one)]
    if get_origin(contract) not in (Union, UnionType):
        return
    if len(members) == 1 and isinstance(value, dict):
        yield from _within(value, members[0], at)


def _members(contract: Any) -> Iterator[tuple[str, Any, bool]]:
    """Name in documents, type, and whether it must be there; nothing of a tagged struct, which msgspec tells apart."""
    if is_typeddict(contract):
        for name, type_ in contract.__annotations__.items():
            yield name, type_, name in contract.__required_keys__
    elif not contract.__struct_config__.tag_field:
        for field in structs.fields(contract):
            yield field.encode_name, field.type, field.required


def _is_struct(contract: Any) -> bool:
    return isinstance(contract, type) and issubclass(contract, msgspec.Struct)


def _plain(error: msgspec.ValidationError) -> str:
    """The reason without the path, which stands beside it."""
    return str(error).partition(" - at ")[0]
