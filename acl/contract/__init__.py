"""What each side looks like: legacy tables on the one hand, contract types on the other. Pure."""

from acl.contract.describe import describe
from acl.contract.names import did_you_mean
from acl.contract.outline import Outline, fingerprint, outline_of_contract, outline_of_legacy
from acl.contract.schema import json_schema
from acl.contract.shape import NO_DEFAULT, Field, Shape
from acl.contract.table import Children, Column, Table

__all__ = [
    "NO_DEFAULT",
    "Children",
    "Column",
    "Field",
    "Outline",
    "Shape",
    "Table",
    "describe",
    "did_you_mean",
    "fingerprint",
    "json_schema",
    "outline_of_contract",
    "outline_of_legacy",
]
