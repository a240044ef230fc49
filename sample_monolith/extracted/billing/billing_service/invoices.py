"""Invoices in the service's database: read by tenant, filtered and in pages; paid."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import msgspec

__all__ = ["Document", "Filter", "Invoices", "NotOpen", "Payment", "as_they_are"]

Document = dict[str, Any]
_NEWEST_FIRST = "ORDER BY issued_on DESC, sequence DESC"


def as_they_are(document: Document) -> Document:
    """A document as it was stored: what every good release answers."""
    return document


@dataclass(frozen=True, slots=True)
class Filter:
    """Which invoices of a tenant a list shows. None filters nothing; ids and states are the contract's."""

    tenant: str
    state: str | None = None
    customer: str | None = None

    def where(self) -> tuple[str, list[str]]:
        """The condition and its parameters."""
        chosen = [("tenant", self.tenant), ("state", self.state), ("customer", self.customer)]
        given = [(name, value) for name, value in chosen if value is not None]
        return " AND ".join(f"{name} = ?" for name, _ in given), [value for _, value in given]


@dataclass(frozen=True, slots=True)
class Payment:
    """The payment of an invoice's whole total."""

    method: str
    reference: str | None
    received_on: date
    recorded_by: str


class NotOpen(Exception):
    """Only an open invoice can be paid; `state` is what this one is."""

    def __init__(self, state: str) -> None:
        super().__init__(state)
        self.state = state


class Invoices:
    """The invoices of an open database. `shown` is applied to every document that is read."""

    def __init__(
        self, connection: sqlite3.Connection, shown: Callable[[Document], Document] = as_they_are
    ) -> None:
        self._connection = connection
        self._shown = shown

    def get(self, tenant: str, invoice: str) -> Document | None:
        """One invoice, if the tenant has it."""
        found = self._connection.execute(
            "SELECT document FROM invoices WHERE id = ? AND tenant = ?", (invoice, tenant)
        ).fetchone()
        return self._shown(msgspec.json.decode(found[0])) if found else None

    def count(self, chosen: Filter) -> int:
        """How many invoices the filter lets pass."""
        where, values = chosen.where()
        (count,) = self._connection.execute(f"SELECT count(*) FROM invoices WHERE {where}", values).fetchone()
        return int(count)

    def page(self, chosen: Filter, limit: int, offset: int) -> list[Document]:
        """The invoices at that place in the list, newest first."""
        where, values = chosen.where()
        found = self._connection.execute(
            f"SELECT document FROM invoices WHERE {where} {_NEWEST_FIRST} LIMIT ? OFFSET ?",
            [*values, limit, offset],
        )
        return [self._shown(msgspec.json.decode(document)) for (document,) in found]

    def after(
        self, chosen: Filter, cursor: tuple[str, int] | None, limit: int
    ) -> tuple[list[Document], tuple[str, int] | None]:
        """The invoices behind the cursor, and the cursor behind them, None at the end of the list."""
        where, values = chosen.where()
        parameters: list[object] = [*values]
        if cursor is not None:
            where += " AND (issued_on, sequence) < (?, ?)"
            parameters += cursor
        found = self._connection.execute(
            f"SELECT issued_on, sequence, document FROM invoices WHERE {where} {_NEWEST_FIRST} LIMIT ?",
            [*parameters, limit + 1],
        ).fetchall()
        last = found[limit - 1][:2] if len(found) > limit else None
        return [self._shown(msgspec.json.decode(document)) for _, _, document in found[:limit]], last

    def pay(self, tenant: str, invoice: str, payment: Payment) -> Document | None:
        """Record the payment of the whole total, and answer the paid invoice; None if the tenant has no such one.

        Raises NotOpen.
        """
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            document = self._paid(tenant, invoice, payment)
            self._connection.execute("COMMIT")
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        return document and self._shown(document)

    def _paid(self, tenant: str, invoice: str, payment: Payment) -> Document | None:
        found = self._connection.execute(
            "SELECT document FROM invoices WHERE id = ? AND tenant = ?", (invoice, tenant)
        ).fetchone()
        if not found:
            return None
        document: Document = msgspec.json.decode(found[0])
        if document["state"] != "open":
            raise NotOpen(document["state"])
        now = datetime.now(UTC).isoformat()[:-6] + "Z"
        received_on = payment.received_on.isoformat()
        document |= {"state": "paid", "paid_on": received_on, "updated_at": now}
        self._connection.execute(
            "INSERT INTO payments VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                str(uuid4()),
                invoice,
                payment.method,
                document["total"]["amount"],
                document["total"]["currency"],
                received_on,
                payment.reference,
                payment.recorded_by,
                now,
            ),
        )
        self._connection.execute(
            "UPDATE invoices SET state = 'paid', document = ?, written_here = 1 WHERE id = ?",
            (msgspec.json.encode(document).decode(), invoice),
        )
        return document
