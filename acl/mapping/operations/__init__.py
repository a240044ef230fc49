"""The operations of the language, one idea a file. Each is data, its checks, and its steps."""

from acl.mapping.operations.children import Each
from acl.mapping.operations.default import Default
from acl.mapping.operations.enum import Enum
from acl.mapping.operations.identifier import Ref
from acl.mapping.operations.money import DecimalText, Money
from acl.mapping.operations.one_sided import ComputedField, ContractOnly, Generated, LegacyOnly
from acl.mapping.operations.parts import Flatten, Merge, Split
from acl.mapping.operations.rename import Rename
from acl.mapping.operations.tagged import Variant, When
from acl.mapping.operations.time import AsText, DateTime
from acl.mapping.operations.unit import Unit

__all__ = [
    "AsText",
    "ComputedField",
    "ContractOnly",
    "DateTime",
    "DecimalText",
    "Default",
    "Each",
    "Enum",
    "Flatten",
    "Generated",
    "LegacyOnly",
    "Merge",
    "Money",
    "Ref",
    "Rename",
    "Split",
    "Unit",
    "Variant",
    "When",
]
