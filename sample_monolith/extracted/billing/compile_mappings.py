"""Writes billing_service/compiled_invoice.py and the contract's JSON Schema anew from their declarations."""

from __future__ import annotations

import json
from pathlib import Path

from acl import compile_source
from acl.contract import json_schema
from billing_service.contract import Invoice, InvoicePage, NewPayment
from billing_service.mappings import invoice

HERE = Path(__file__).resolve().parent
COMPILED = HERE / "billing_service" / "compiled_invoice.py"
SCHEMA = HERE / "billing_service" / "contract.v1.json"


def compiled() -> str:
    """What belongs into COMPILED."""
    return compile_source(invoice, width=110)


def schema() -> str:
    """What belongs into SCHEMA."""
    return json.dumps(json_schema(Invoice, InvoicePage, NewPayment), indent=2) + "\n"


if __name__ == "__main__":
    COMPILED.write_text(compiled(), encoding="utf-8")
    SCHEMA.write_text(schema(), encoding="utf-8")
