"""The functions that translate one value. Generated modules carry a copy of those they use.

Each is total on its declared domain and raises on everything else; the message says what is wrong with the value.
They use the standard library and each other only, because their source is copied (see `compile`).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

__all__ = [
    "amount",
    "as_date",
    "as_decimal",
    "as_instant",
    "as_local",
    "as_naive",
    "currency_of",
    "date_text",
    "decimal_text",
    "fits",
    "instant",
    "local_text",
    "minor",
    "minor_of",
    "money_of",
    "or_null",
    "or_value",
    "same",
    "several",
    "unique",
]


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


def money_of(value: Any, currency: Any, places: int) -> dict[str, Any]:
    """1234 and "EUR" -> {"amount": "12.34", "currency": "EUR"}."""
    return {"amount": amount(value, places), "currency": currency}


def minor_of(money: Any, places: int) -> int:
    """The minor units of {"amount": "12.34", "currency": "EUR"}."""
    return minor(money["amount"], places)


def currency_of(money: Any) -> Any:
    """The currency of {"amount": "12.34", "currency": "EUR"}."""
    return money["currency"]


def decimal_text(value: Any, places: int) -> str:
    """Decimal("19") with 2 places -> "19.00"; never rounds."""
    if type(value) is not Decimal or not value.is_finite():
        raise TypeError("not a finite decimal number")
    text = f"{value:.{places}f}"
    if Decimal(text) != value:
        raise ValueError(f"more than {places} decimals")
    return text[1:] if text[0] == "-" and not value else text


def as_decimal(text: Any, places: int) -> Decimal:
    """ "19.00" with 2 places -> Decimal("19.00"); only the text that `decimal_text` would print."""
    minor(text, places)
    return Decimal(text)


def local_text(value: Any, zone: ZoneInfo) -> str:
    """A naive local time of the zone -> the instant, "2024-06-01T10:00:00Z". A repeated hour is its first pass."""
    if type(value) is not datetime or value.tzinfo is not None:
        raise TypeError("not a naive date and time")
    first = value.replace(tzinfo=zone, fold=0)
    before, after = first.utcoffset(), first.replace(fold=1).utcoffset()
    if before is not None and after is not None and before < after:
        raise ValueError(f"the clocks of {zone.key} skip this time")
    return first.astimezone(UTC).isoformat()[:-6] + "Z"


def as_local(text: Any, zone: ZoneInfo) -> datetime:
    """An ISO instant with an offset -> the naive local time of the zone."""
    return as_instant(text).astimezone(zone).replace(tzinfo=None, fold=0)


def as_naive(text: Any) -> datetime:
    """An ISO date and time without an offset -> a naive datetime."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is not None:
        raise ValueError("a naive time has no offset from UTC")
    return value


def instant(value: Any) -> str:
    """An aware datetime -> "2024-06-01T10:00:00Z"."""
    if type(value) is not datetime or value.tzinfo is None:
        raise TypeError("not an aware date and time")
    return value.astimezone(UTC).isoformat()[:-6] + "Z"


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
    return value.astimezone(UTC)


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


def or_value(value: Any, default: Any) -> Any:
    """The value, or `default` for None."""
    return default if value is None else value


def or_null(value: Any, default: Any) -> Any:
    """The value, or None for `default`."""
    return None if value == default else value


def fits(text: Any, size: int) -> Any:
    """The text itself, if the legacy column has room for it."""
    if len(text) > size:
        raise ValueError(f"longer than the {size} characters that the column holds")
    return text


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
