"""What each side looks like: legacy tables on the one hand, contract types on the other. Pure."""

from acl.contract.describe import describe
from acl.contract.names import did_you_mean
from acl.contract.schema import json_schema
from acl.contract.shape import NO_DEFAULT, Field, Shape
from acl.contract.table import Children, Column, Table

__all__ = [
    "NO_DEFAULT",
    "Children",
    "Column",
    "Field",
    "Shape",
    "Table",
    "describe",
    "did_you_mean",
    "json_schema",
]
