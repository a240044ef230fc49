"""The operations of the language, one idea a file. Each is data, its checks, and its steps."""

from acl.mapping.operations.children import Each
from acl.mapping.operations.default import Default
from acl.mapping.operations.enum import Enum
from acl.mapping.operations.identifier import Ref
from acl.mapping.operations.money import DecimalText, Money
from acl.mapping.operations.one_sided import ComputedField, ContractOnly, Generated, LegacyOnly
from acl.mapping.operations.rename import Rename
from acl.mapping.operations.time import Date, DateTime

__all__ = [
    "ComputedField",
    "ContractOnly",
    "Date",
    "DateTime",
    "DecimalText",
    "Default",
    "Each",
    "Enum",
    "Generated",
    "LegacyOnly",
    "Money",
    "Ref",
    "Rename",
]
