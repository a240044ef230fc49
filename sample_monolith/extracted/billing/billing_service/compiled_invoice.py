"""Mapping invoice, version 1: billing_invoice <-> Invoice.

Compiled by acl from mappings.py. Do not edit it: change the declaration, and
compile again. It imports the standard library only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

__all__ = ["FINGERPRINT", "MAPPING", "VERSION", "put", "to_contract", "to_legacy"]

Row = dict[str, Any]
Document = dict[str, Any]
Resolve = Callable[[str, Iterable[Any]], Mapping[Any, Any]]

MAPPING = "invoice"
VERSION = 1
FINGERPRINT = "10c0e2a267fd3d5b"
_STATUS_TO_STATE = {"O": "open", "P": "paid", "V": "void"}
_STATE_TO_STATUS = {"open": "O", "paid": "P", "void": "V"}


def to_contract(rows: Iterable[Row], resolve: Resolve) -> tuple[list[Document], list[int]]:
    """Translate a batch; answers the documents, and the positions of the rows that are refused."""
    batch = list(rows)
    wanted_invoices: list[Any] = []
    wanted_tenants: list[Any] = []
    wanted_customers: list[Any] = []
    wanted_orders: list[Any] = []
    wanted_subscriptions: list[Any] = []
    wanted_products: list[Any] = []
    for row in batch:
        try:
            wanted_invoices.append(row["id"])
            wanted_tenants.append(row["tenant_id"])
            wanted_customers.append(row["customer_id"])
            wanted_orders.append(row["order_id"])
            wanted_subscriptions.append(row["subscription_id"])
            wanted_products.extend([line["product_id"] for line in row["lines"]])
        except Exception:  # it is refused below
            continue
    invoices = resolved(resolve, "invoices", wanted_invoices)
    tenants = resolved(resolve, "tenants", wanted_tenants)
    customers = resolved(resolve, "customers", wanted_customers)
    orders = resolved(resolve, "orders", wanted_orders)
    subscriptions = resolved(resolve, "subscriptions", wanted_subscriptions)
    products = resolved(resolve, "products", wanted_products)
    documents: list[Document] = []
    refused: list[int] = []
    for position, row in enumerate(batch):
        try:
            documents.append(_document(row, invoices, tenants, customers, orders, subscriptions, products))
        except Exception:
            refused.append(position)
    return documents, refused


def _document(
    row: Row,
    invoices: Mapping[Any, Any],
    tenants: Mapping[Any, Any],
    customers: Mapping[Any, Any],
    orders: Mapping[Any, Any],
    subscriptions: Mapping[Any, Any],
    products: Mapping[Any, Any],
) -> Document:
    return {
        "id": invoices[row["id"]],
        "number": row["invoice_no"],
        "tenant": tenants[row["tenant_id"]],
        "recipient": {
            "customer": customers[row["customer_id"]],
            "name": row["bill_to"],
        },
        "order": None if row["order_id"] is None else orders[row["order_id"]],
        "subscription": None if row["subscription_id"] is None else subscriptions[row["subscription_id"]],
        "state": _STATUS_TO_STATE[row["status"]],
        "issued_on": date_text(row["issued"]),
        "due_on": date_text(row["due"]),
        "paid_on": None if row["paid_on"] is None else date_text(row["paid_on"]),
        "net": {
            "amount": amount(row["net_cents"], 2),
            "currency": row["currency"],
        },
        "tax": {
            "amount": amount(row["tax_cents"], 2),
            "currency": row["currency"],
        },
        "total": {
            "amount": amount(row["total_cents"], 2),
            "currency": row["currency"],
        },
        "purchase_order": row["po_number"],
        "notes": row["notes"],
        "exported": row["exported"],
        "created_at": instant(row["created_at"]),
        "updated_at": instant(row["updated_at"]),
        "lines": [
            {
                "position": line["position"],
                "product": None if line["product_id"] is None else products[line["product_id"]],
                "sku": line["sku"],
                "description": line["description"],
                "quantity": line["quantity"],
                "unit_price": amount(line["unit_cents"], 2),
                "tax_percent": decimal_text(line["tax_percent"], 2),
                "amount": amount(line["amount_cents"], 2),
            }
            for line in several(row["lines"])
        ],
    }


def to_legacy(documents: Iterable[Document], resolve: Resolve) -> tuple[list[Row], list[int]]:
    """Translate a batch; answers the rows, and the positions of the documents that are refused."""
    batch = list(documents)
    wanted_invoices: list[Any] = []
    wanted_tenants: list[Any] = []
    wanted_customers: list[Any] = []
    wanted_orders: list[Any] = []
    wanted_subscriptions: list[Any] = []
    wanted_products: list[Any] = []
    for document in batch:
        try:
            wanted_invoices.append(document["id"])
            wanted_tenants.append(document["tenant"])
            wanted_customers.append(document["recipient"]["customer"])
            wanted_orders.append(document["order"])
            wanted_subscriptions.append(document["subscription"])
            wanted_products.extend([line["product"] for line in document["lines"]])
        except Exception:  # it is refused below
            continue
    invoices = resolved(resolve, "invoices", wanted_invoices)
    tenants = resolved(resolve, "tenants", wanted_tenants)
    customers = resolved(resolve, "customers", wanted_customers)
    orders = resolved(resolve, "orders", wanted_orders)
    subscriptions = resolved(resolve, "subscriptions", wanted_subscriptions)
    products = resolved(resolve, "products", wanted_products)
    rows: list[Row] = []
    refused: list[int] = []
    for position, document in enumerate(batch):
        try:
            rows.append(_row(document, invoices, tenants, customers, orders, subscriptions, products))
        except Exception:
            refused.append(position)
    return rows, refused


def _row(
    document: Document,
    invoices: Mapping[Any, Any],
    tenants: Mapping[Any, Any],
    customers: Mapping[Any, Any],
    orders: Mapping[Any, Any],
    subscriptions: Mapping[Any, Any],
    products: Mapping[Any, Any],
) -> Row:
    return {
        "id": invoices[document["id"]],
        "invoice_no": document["number"],
        "tenant_id": tenants[document["tenant"]],
        "customer_id": customers[document["recipient"]["customer"]],
        "bill_to": document["recipient"]["name"],
        "order_id": None if document["order"] is None else orders[document["order"]],
        "subscription_id": (
            None if document["subscription"] is None else subscriptions[document["subscription"]]
        ),
        "status": _STATE_TO_STATUS[document["state"]],
        "issued": as_date(document["issued_on"]),
        "due": as_date(document["due_on"]),
        "paid_on": None if document["paid_on"] is None else as_date(document["paid_on"]),
        "net_cents": minor(document["net"]["amount"], 2),
        "currency": same(
            document["net"]["currency"],
            document["tax"]["currency"],
            document["total"]["currency"],
        ),
        "tax_cents": minor(document["tax"]["amount"], 2),
        "total_cents": minor(document["total"]["amount"], 2),
        "po_number": document["purchase_order"],
        "notes": document["notes"],
        "exported": document["exported"],
        "created_at": as_instant(document["created_at"]),
        "updated_at": as_instant(document["updated_at"]),
        "lines": unique(
            [
                {
                    "position": line["position"],
                    "product_id": None if line["product"] is None else products[line["product"]],
                    "sku": line["sku"],
                    "description": line["description"],
                    "quantity": line["quantity"],
                    "unit_cents": minor(line["unit_price"], 2),
                    "tax_percent": as_decimal(line["tax_percent"], 2),
                    "amount_cents": minor(line["amount"], 2),
                }
                for line in several(document["lines"])
            ],
            "position",
        ),
    }


def put(row: Row, existing: Row) -> Row:
    """Keep in `row`, an answer of to_legacy, what only the `existing` row knows; children by key."""
    line_by_key = {line["position"]: line for line in existing["lines"]}
    for line in row["lines"]:
        old_line = line_by_key.get(line["position"])
        if old_line is not None:
            line["id"] = old_line["id"]
            line["invoice_id"] = old_line["invoice_id"]
    return row


def amount(value: Any, places: int) -> str:
    """1234 minor units with 2 places -> "12.34"."""
    if type(value) is not int:
        raise TypeError("not a whole number of minor units")
    if not places:
        return str(value)
    text = str(value)
    if len(text) < places + 2:  # too few digits, perhaps, or a sign among them
        text = ("-" if value < 0 else "") + str(abs(value)).rjust(places + 1, "0")
    return f"{text[:-places]}.{text[-places:]}"


def minor(text: Any, places: int) -> int:
    """ "12.34" -> 1234 minor units with 2 places; only the text that `amount` would print."""
    if type(text) is not str:
        raise TypeError("an amount is text")
    try:
        value = int(text.replace(".", ""))
    except ValueError:
        raise ValueError(f"not an amount with {places} decimals") from None
    if amount(value, places) != text:
        raise ValueError(f"not an amount with {places} decimals")
    return value


def decimal_text(value: Any, places: int) -> str:
    """Decimal("19") with 2 places -> "19.00"; never rounds."""
    if type(value) is not Decimal:
        raise TypeError("not a finite decimal number")
    text: str = str(value)
    if text[-1 - places : -places] == "." and "E" not in text and value:
        return text  # it has as many decimals as it should
    if not value.is_finite():
        raise TypeError("not a finite decimal number")
    text = f"{value:.{places}f}"
    if Decimal(text) != value:
        raise ValueError(f"more than {places} decimals")
    return text[1:] if text[0] == "-" and not value else text


def as_decimal(text: Any, places: int) -> Decimal:
    """ "19.00" with 2 places -> Decimal("19.00"); only the text that `decimal_text` would print."""
    minor(text, places)
    return Decimal(text)


def instant(value: Any) -> str:
    """An aware datetime -> "2024-06-01T10:00:00Z"."""
    if type(value) is not datetime or value.tzinfo is None:
        raise TypeError("not an aware date and time")
    there = value if value.tzinfo is UTC else value.astimezone(UTC)
    return there.isoformat()[:-6] + "Z"


def as_instant(text: Any) -> datetime:
    """An ISO instant with an offset -> an aware datetime in UTC."""
    if type(text) is not str:
        raise TypeError("an instant is text")
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("not an ISO 8601 instant") from None
    if value.tzinfo is None:
        raise ValueError("an instant without its offset from UTC")
    return value if value.tzinfo is UTC else value.astimezone(UTC)


def date_text(value: Any) -> str:
    """A date -> "2024-06-01"."""
    if type(value) is not date:
        raise TypeError("not a date")
    return value.isoformat()


def as_date(text: Any) -> date:
    """ "2024-06-01" -> a date; no other spelling."""
    if type(text) is not str or len(text) != 10:
        raise ValueError("not a date as YYYY-MM-DD")
    try:
        value = date.fromisoformat(text)
    except ValueError:
        raise ValueError("not a date as YYYY-MM-DD") from None
    if value.isoformat() != text:
        raise ValueError("not a date as YYYY-MM-DD")
    return value


class Exact(dict[Any, Any]):
    """A dict that does not take True or 1.0 for 1."""

    def __getitem__(self, key: Any) -> Any:
        if type(key) not in (int, str):
            raise KeyError(key)
        return super().__getitem__(key)


def resolved(resolve: Any, kind: str, keys: list[Any]) -> Mapping[Any, Any]:
    """What the id map answers for a batch, in which a bad key spoils no good one."""
    answer: Mapping[Any, Any]
    if set(map(type, keys)) <= {int, str, type(None)}:
        answer = resolve(kind, set(keys) - {None})
        return answer
    sound = {key for key in keys if type(key) in (int, str)}
    return Exact(resolve(kind, sound))


def same(*values: Any) -> Any:
    """What several fields agree on; None when none of them has a value."""
    agreed = None
    for value in values:
        if value is None or value == agreed:
            continue
        if agreed is not None:
            raise ValueError(f"one column cannot hold both {agreed!r} and {value!r}")
        agreed = value
    return agreed


def several(value: Any) -> list[Any]:
    """The value itself, if it is a list."""
    if type(value) is not list:
        raise TypeError("not a list")
    return value


def unique(rows: list[dict[str, Any]], key: str) -> list[dict[str, Any]]:
    """The rows themselves, if no two have the same key."""
    if len({row[key] for row in rows}) != len(rows):
        raise ValueError(f"two items have the same {key}")
    return rows


# Both sides as they were when this was compiled; `strangler acl check` tells what has changed since.
LEGACY: dict[str, dict[str, Any]] = {
    "": {"table": "billing_invoice", "model": "billing.Invoice"},
    "id": {"kind": "int", "primary_key": True},
    "created_at": {"kind": "datetime"},
    "updated_at": {"kind": "datetime"},
    "tenant_id": {"kind": "int", "target": "accounts.Tenant"},
    "invoice_no": {"kind": "text", "max_length": 20},
    "customer_id": {"kind": "int", "target": "orders.Customer"},
    "order_id": {"kind": "int", "null": True, "target": "orders.Order", "unique": True},
    "subscription_id": {"kind": "int", "null": True, "target": "billing.Subscription"},
    "status": {"kind": "text", "max_length": 1, "choices": ["O", "P", "V"]},
    "issued": {"kind": "date"},
    "due": {"kind": "date"},
    "paid_on": {"kind": "date", "null": True},
    "currency": {"kind": "text", "max_length": 3},
    "net_cents": {"kind": "int"},
    "tax_cents": {"kind": "int"},
    "total_cents": {"kind": "int"},
    "bill_to": {"kind": "text", "max_length": 160},
    "po_number": {"kind": "text", "null": True, "max_length": 40},
    "notes": {"kind": "text", "null": True},
    "exported": {"kind": "bool"},
    "lines[]": {"table": "billing_invoiceline", "model": "billing.InvoiceLine", "column": "invoice_id"},
    "lines[].id": {"kind": "int", "primary_key": True},
    "lines[].invoice_id": {"kind": "int", "target": "billing.Invoice"},
    "lines[].product_id": {"kind": "int", "null": True, "target": "catalog.Product"},
    "lines[].position": {"kind": "int"},
    "lines[].sku": {"kind": "text", "max_length": 32},
    "lines[].description": {"kind": "text", "max_length": 200},
    "lines[].quantity": {"kind": "int"},
    "lines[].unit_cents": {"kind": "int"},
    "lines[].tax_percent": {"kind": "decimal", "decimals": 2},
    "lines[].amount_cents": {"kind": "int"},
}
CONTRACT: dict[str, dict[str, Any]] = {
    "id": {"kind": "uuid"},
    "number": {"kind": "text", "max_length": 20},
    "tenant": {"kind": "uuid"},
    "recipient.customer": {"kind": "uuid"},
    "recipient.name": {"kind": "text", "max_length": 160},
    "order": {"kind": "uuid", "null": True},
    "subscription": {"kind": "uuid", "null": True},
    "state": {"kind": "text", "choices": ["open", "paid", "void"]},
    "issued_on": {"kind": "date"},
    "due_on": {"kind": "date"},
    "paid_on": {"kind": "date", "null": True},
    "net.amount": {"kind": "decimal"},
    "net.currency": {"kind": "text", "max_length": 3, "rules": [["min_length", 3]]},
    "tax.amount": {"kind": "decimal"},
    "tax.currency": {"kind": "text", "max_length": 3, "rules": [["min_length", 3]]},
    "total.amount": {"kind": "decimal"},
    "total.currency": {"kind": "text", "max_length": 3, "rules": [["min_length", 3]]},
    "purchase_order": {"kind": "text", "null": True, "max_length": 40},
    "notes": {"kind": "text", "null": True},
    "exported": {"kind": "bool"},
    "created_at": {"kind": "datetime"},
    "updated_at": {"kind": "datetime"},
    "lines": {"kind": "list"},
    "lines[].position": {"kind": "int"},
    "lines[].product": {"kind": "uuid", "null": True},
    "lines[].sku": {"kind": "text", "max_length": 32},
    "lines[].description": {"kind": "text", "max_length": 200},
    "lines[].quantity": {"kind": "int"},
    "lines[].unit_price": {"kind": "decimal"},
    "lines[].tax_percent": {"kind": "decimal"},
    "lines[].amount": {"kind": "decimal"},
}
