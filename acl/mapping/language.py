"""The language in which a mapping is declared: plain functions that an editor completes and a type checker reads.

    from acl.mapping.language import each, enum, mapping, money, ref, rename

    invoice = mapping(
        "invoice", billing_invoice, Invoice,
        ref("id", "id", ids="invoices"),
        rename("invoice_no", "number"),
        money(("total_cents", "currency"), "total", scale=100),
        enum("status", "state", {"P": "paid", "O": "open", "V": "void"}),
        each("lines", "lines", key="position", using=line),
    )

The legacy side always comes first. Every function answers an operation; `mapping` checks them all, when the module
is imported, and raises MappingError with every problem, its line, and what to write instead.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from collections.abc import Mapping as MappingABC
from dataclasses import replace
from typing import Any, Final, TypeVar

from acl.contract import Shape, Table, describe
from acl.errors import Source
from acl.mapping import operations
from acl.mapping.build import build
from acl.mapping.model import Mapping, Operation, Row

__all__ = [
    "BY_DATABASE",
    "BY_PARENT",
    "case",
    "computed",
    "contract_only",
    "date",
    "datetime",
    "decide",
    "decimal",
    "default",
    "each",
    "enum",
    "flatten",
    "legacy_only",
    "mapping",
    "merge",
    "money",
    "nest",
    "ref",
    "rename",
    "split",
    "time",
    "unit",
    "uuid",
    "when",
]

BY_DATABASE: Final = operations.Generated("database")
"""For `legacy_only`: an automatic key, or a column with a default in the database; left out on create."""
BY_PARENT: Final = operations.Generated("parent")
"""For `legacy_only`: a child's key of its parent, which whoever writes the children knows."""

LegacyCode = TypeVar("LegacyCode", str, int)
ContractCode = TypeVar("ContractCode", str, int)


def mapping(
    name: str,
    legacy: Table,
    contract: type | Shape,
    *declared: Operation | Iterable[Operation],
    version: int = 1,
) -> Mapping:
    """Declare that rows of `legacy` and documents of `contract` correspond as the operations say.

    Raises MappingError unless every column and every field is mapped or deliberately dropped, and each operation
    fits both sides; ContractError for a contract that cannot be described.
    """
    shape = contract if isinstance(contract, Shape) else describe(contract)
    flat = [one for item in declared for one in ([item] if isinstance(item, Operation) else item)]
    type_ = None if isinstance(contract, Shape) else contract
    return build(Mapping(name, version, legacy, shape, tuple(flat), _caller(), type_))


def rename(column: str, path: str) -> Operation:
    """The same value; `path` may lead into objects: `rename("zip", "address.postcode")`."""
    return operations.Rename(where=_caller(), columns=(column,), path=path)


def nest(path: str, *inner: Operation | Iterable[Operation]) -> tuple[Operation, ...]:
    """Operations whose paths start inside the object at `path`; the way back flattens it."""
    flat = [one for item in inner for one in ([item] if isinstance(item, Operation) else item)]
    return tuple(operation.under(path) for operation in flat)


def enum(
    column: str,
    path: str,
    values: MappingABC[LegacyCode, ContractCode],
    *,
    preferred: MappingABC[ContractCode, LegacyCode] | None = None,
) -> Operation:
    """Legacy code -> contract value. Where codes share a value, `preferred` says {value: code to write back}."""
    return operations.Enum(
        where=_caller(),
        columns=(column,),
        path=path,
        pairs=tuple(values.items()),
        preferred=tuple((preferred or {}).items()),
    )


def money(columns: str | tuple[str, str], path: str, *, scale: int = 100) -> Operation:
    """(minor units, currency) <-> {"amount": "12.34", "currency": "EUR"}; one column alone <-> "12.34".

    `scale` is the number of minor units in one unit: a power of ten.
    """
    places = len(str(scale)) - 1
    if scale != 10**places:
        raise ValueError(f"scale={scale} is not a power of ten; cents are scale=100")
    names = (columns,) if isinstance(columns, str) else columns
    return operations.Money(where=_caller(), columns=names, path=path, places=places)


def decimal(column: str, path: str) -> Operation:
    """A decimal column <-> exact text with the column's decimals, "19.00"."""
    return operations.DecimalText(where=_caller(), columns=(column,), path=path)


def datetime(column: str, path: str, *, zone: str | None = None) -> Operation:
    """Naive local time of `zone`, or without one an aware time, <-> "2024-06-01T10:00:00Z"."""
    return operations.DateTime(where=_caller(), columns=(column,), path=path, zone=zone)


def date(column: str, path: str) -> Operation:
    """A date <-> "2024-06-01"."""
    return operations.AsText(where=_caller(), columns=(column,), path=path, kind="date")


def time(column: str, path: str) -> Operation:
    """A time of day <-> "10:00:00"."""
    return operations.AsText(where=_caller(), columns=(column,), path=path, kind="time")


def uuid(column: str, path: str) -> Operation:
    """A UUID <-> its text, in lower case with hyphens."""
    return operations.AsText(where=_caller(), columns=(column,), path=path, kind="uuid")


def unit(column: str, path: str, *, factor: str, places: int = 0, offset: str = "0") -> Operation:
    """A quantity in two units: contract = legacy x factor + offset, at `places` decimals; the way back is rounded
    at the column's decimals.

    Factor and offset are exact numbers as text, "0.45359237" or "5/9". Whether the rounding loses something is
    computed from them; `check` shows a value that does not come back.
    """
    return operations.Unit(
        where=_caller(), columns=(column,), path=path, factor=factor, offset=offset, places=places
    )


def split(
    column: str,
    paths: tuple[str, ...],
    *,
    on: str | None = None,
    apart: Callable[[Any], Sequence[Any]] | None = None,
    together: Callable[..., Any] | None = None,
) -> Operation:
    """One column <-> several fields: the text between separators, or what `apart` makes and `together` undoes.

    The two functions must stand alone, as for `computed`.
    """
    return operations.Split(
        where=_caller(), columns=(column,), fields=paths, on=on, apart=apart, together=together
    )


def merge(
    columns: tuple[str, ...],
    path: str,
    *,
    on: str | None = None,
    together: Callable[..., Any] | None = None,
    apart: Callable[[Any], Sequence[Any]] | None = None,
) -> Operation:
    """Several columns <-> one field: their text with a separator between, or what `together` makes, `apart` undoes."""
    return operations.Merge(
        where=_caller(), columns=columns, path=path, on=on, apart=apart, together=together
    )


def flatten(column: str, members: MappingABC[str, str]) -> Operation:
    """A JSON column that holds one object <-> a field for each of its members: {member: field}."""
    return operations.Flatten(where=_caller(), columns=(column,), members=tuple(members.items()))


def case(code: str | int, tag: str | int, *inner: Operation | Iterable[Operation]) -> operations.Variant:
    """For `when`: the discriminator's code, the contract's tag, and operations whose paths start inside the object."""
    flat = [one for item in inner for one in ([item] if isinstance(item, Operation) else item)]
    return operations.Variant(_caller(), code, tag, tuple(flat))


def when(
    column: str,
    path: str,
    *cases: operations.Variant,
    otherwise: MappingABC[str, str | int | bool | None] | None = None,
) -> Operation:
    """A tagged union: `column` says which case holds. The columns of the others are NULL, or as `otherwise` says."""
    used = dict.fromkeys(name for one in cases for name in one.columns)
    return operations.When(
        where=_caller(),
        columns=(column, *(name for name in used if name != column)),
        path=path,
        variants=cases,
        otherwise=tuple((otherwise or {}).items()),
    )


def default(column: str, path: str, value: str | int | bool) -> Operation:
    """Null on the side that may be null <-> `value` on the side that may not."""
    return operations.Default(where=_caller(), columns=(column,), path=path, value=value)


def ref(column: str, path: str, *, ids: str) -> Operation:
    """Legacy key <-> new id, through the id map of that kind; resolved for a batch at once."""
    return operations.Ref(where=_caller(), columns=(column,), path=path, ids=ids)


def each(children: str, path: str, *, key: str, using: Mapping) -> Operation:
    """Child rows <-> a list of objects, through the mapping `using`; `key` is the column that tells siblings apart."""
    return operations.Each(where=_caller(), columns=(children,), path=path, key=key, using=using)


def legacy_only(column: str, *, on_create: object = None) -> Operation:
    """A column that no document carries: kept on update; on create `on_create`, BY_DATABASE or BY_PARENT."""
    return operations.LegacyOnly(where=_caller(), columns=(column,), on_create=on_create)


def contract_only(path: str, *, value: str | int | bool | None = None) -> Operation:
    """A field that no column carries: always `value`; ignored on the way back."""
    return operations.ContractOnly(where=_caller(), path=path, value=value)


def computed(path: str, function: Callable[[Row], Any]) -> Operation:
    """A field made from the whole legacy row, forward only.

    The function must stand alone (its parameter and builtins, nothing else), because its source is copied into the
    compiled module.
    """
    return operations.ComputedField(where=_caller(), path=path, function=function)


def decide(operation: Operation, question: str) -> Operation:
    """A proposal that a person has still to confirm: it works, but `acl check` fails until it is unwrapped."""
    return replace(operation, question=question)


def _caller() -> Source:
    frame = sys._getframe(2)
    return Source(frame.f_code.co_filename, frame.f_lineno)
