"""A contract type as JSON Schema 2020-12."""

from __future__ import annotations

from typing import Any

import msgspec

__all__ = ["json_schema"]


def json_schema(*contracts: type) -> dict[str, Any]:
    """One document for all the types: an entry of `$defs` for each, and the first as the document's own type."""
    references, components = msgspec.json.schema_components(contracts, ref_template="#/$defs/{name}")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **next(iter(references)),
        "$defs": dict(sorted(components.items())),
    }
