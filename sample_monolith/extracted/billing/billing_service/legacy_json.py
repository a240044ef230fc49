"""The JSON that clients of the monolith have parsed since its first release. Field for field and byte for byte.

Invoices reach this module as legacy rows, which the mapping made of contract documents; here they are only printed.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from starlette.responses import Response

from billing_service.errors import ApiError

__all__ = ["Query", "envelope", "invoice_as_json", "invoice_with_lines", "json_response"]

_PER_PAGE, _MAX_PER_PAGE = 20, 100
Row = dict[str, Any]


class Query:
    """A query string as Django reads it: the last of several values counts, and links repeat them all."""

    def __init__(self, query_string: bytes) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in parse_qsl(
            query_string.decode("latin-1"), keep_blank_values=True, errors="replace"
        ):
            self._values.setdefault(name, []).append(value)

    def get(self, name: str) -> str:
        return self._values.get(name, [""])[-1]

    def positive(self, name: str, default: int) -> int:
        """A positive number of at most nine digits, or the default when there is none; raises ApiError."""
        value = self.get(name)
        if not value:
            return default
        if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
            raise ApiError(400, f"{name} must be a positive number")
        return int(value)

    @property
    def per_page(self) -> int:
        return min(self.positive("per_page", _PER_PAGE), _MAX_PER_PAGE)

    def link(self, path: str, page: int) -> str:
        """The same list, another page."""
        return f"{path}?{urlencode({**self._values, 'page': [str(page)]}, doseq=True)}"


def invoice_as_json(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "invoice_no": row["invoice_no"],
        "tenant_id": row["tenant_id"],
        "customer_id": row["customer_id"],
        "order_id": row["order_id"],
        "bill_to": row["bill_to"],
        "status": row["status"],
        "issued": row["issued"].isoformat(),
        "due": row["due"].isoformat(),
        "paid_on": row["paid_on"].isoformat() if row["paid_on"] else None,
        "currency": row["currency"],
        "net_cents": row["net_cents"],
        "tax_cents": row["tax_cents"],
        "total_cents": row["total_cents"],
        "po_number": row["po_number"],
        "notes": row["notes"],
        "exported": row["exported"],
    }


def invoice_with_lines(row: Row) -> dict[str, Any]:
    lines = sorted(row["lines"], key=lambda line: line["position"])
    return {**invoice_as_json(row), "lines": [_line_as_json(line) for line in lines]}


def _line_as_json(line: Row) -> dict[str, Any]:
    return {
        "position": line["position"],
        "product_id": line["product_id"],
        "sku": line["sku"],
        "description": line["description"],
        "quantity": line["quantity"],
        "unit_cents": line["unit_cents"],
        "tax_percent": str(line["tax_percent"]),
        "amount_cents": line["amount_cents"],
    }


def envelope(query: Query, path: str, count: int, page: int, pages: int, rows: list[Row]) -> dict[str, Any]:
    """A page of a list."""
    return {
        "count": count,
        "page": page,
        "pages": pages,
        "per_page": query.per_page,
        "next": query.link(path, page + 1) if page < pages else None,
        "previous": query.link(path, page - 1) if page > 1 else None,
        "results": [invoice_as_json(row) for row in rows],
    }


def json_response(data: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """JSON with the separators and the escapes of Django's JsonResponse."""
    return Response(json.dumps(data), status, headers, media_type="application/json")
