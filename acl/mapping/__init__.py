"""The declarative mapping: `language` to declare, `compile_source` to compile, `explain` to understand. Pure."""

from acl.mapping.check import Covered, Report, check
from acl.mapping.compile import compile_source, compiles_to
from acl.mapping.interpret import Flaw, explain, interpret
from acl.mapping.model import Direction, Document, Mapping, Resolve, Row

__all__ = [
    "Covered",
    "Direction",
    "Document",
    "Flaw",
    "Mapping",
    "Report",
    "Resolve",
    "Row",
    "check",
    "compile_source",
    "compiles_to",
    "explain",
    "interpret",
]
