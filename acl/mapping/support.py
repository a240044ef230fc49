"""The functions that translate one value. Generated modules carry a copy of those they use.

Each is total on its declared domain and raises on everything else; the message says what is wrong with the value.
They use the standard library and each other only, because their source is copied (see `compile`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from fractions import Fraction
from math import isfinite
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

__all__ = [
    "Exact",
    "amount",
    "as_date",
    "as_decimal",
    "as_instant",
    "as_local",
    "as_naive",
    "as_time",
    "as_uuid",
    "currency_of",
    "date_text",
    "decimal_text",
    "finite",
    "fits",
    "gathered",
    "instant",
    "joined",
    "local_text",
    "member",
    "minor",
    "minor_of",
    "money_of",
    "of_unit",
    "of_unit_whole",
    "or_null",
    "or_value",
    "part",
    "present",
    "resolved",
    "same",
    "several",
    "time_text",
    "to_unit",
    "to_unit_text",
    "unique",
    "uuid_text",
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


def time_text(value: Any) -> str:
    """A time of day -> "10:00:00"."""
    if type(value) is not time or value.tzinfo is not None:
        raise TypeError("not a time of day without a zone")
    return value.isoformat()


def as_time(text: Any) -> time:
    """ "10:00:00" -> a time of day; no other spelling."""
    if type(text) is not str:
        raise TypeError("a time of day is text")
    try:
        value = time.fromisoformat(text)
    except ValueError:
        raise ValueError("not a time as HH:MM:SS") from None
    if value.isoformat() != text:
        raise ValueError("not a time as HH:MM:SS")
    return value


def uuid_text(value: Any) -> str:
    """A UUID -> its text, in lower case with hyphens."""
    if not isinstance(value, UUID):
        raise TypeError("not a UUID")
    return str(value)


def as_uuid(text: Any) -> UUID:
    """The text of a UUID, in lower case with hyphens -> the UUID."""
    if type(text) is not str:
        raise TypeError("a UUID is text")
    try:
        value = UUID(text)
    except ValueError:
        raise ValueError("not a UUID") from None
    if str(value) != text:
        raise ValueError("not a UUID in lower case with hyphens")
    return value


def finite(value: Any) -> Any:
    """The number itself, if JSON can say it."""
    if type(value) not in (float, int):
        raise TypeError("not a number")
    if not isfinite(value):
        raise ValueError("JSON has no word for it")
    return value


def to_unit(value: Any, factor: str, plus: str, places: int) -> int:
    """value x factor + plus, in steps of 10**-places, rounded half to even."""
    if type(value) is not int and not (type(value) is Decimal and value.is_finite()):
        raise TypeError("not a finite whole or decimal number")
    exact = Fraction(value) * Fraction(factor) + Fraction(plus)
    return round(exact * Fraction(10) ** places)


def to_unit_text(value: Any, factor: str, plus: str, places: int) -> str:
    """The same as exact text: 100 pounds -> "45.36" at 2 places."""
    return amount(to_unit(value, factor, plus, places), places)


def of_unit(value: Any, factor: str, plus: str, places: int, digits: int) -> Decimal:
    """The way back of both, rounded half to even: "45.36" at 2 places -> Decimal("100.0") at 1 digit."""
    steps = value if type(value) is int and not places else minor(value, places)
    moved = Fraction(steps) / Fraction(10) ** places - Fraction(plus)
    exact = moved / Fraction(factor)
    return Decimal(amount(round(exact * Fraction(10) ** digits), digits))


def of_unit_whole(value: Any, factor: str, plus: str, places: int) -> int:
    """The same as a whole number."""
    return int(of_unit(value, factor, plus, places, 0))


def part(text: Any, on: str, count: int, place: int) -> str:
    """The part of the text at that place, if the separator makes as many as there should be."""
    if type(text) is not str:
        raise TypeError("not text")
    parts = text.split(on, count - 1)
    if len(parts) != count:
        raise ValueError(f"not {count} parts with {on!r} between them")
    return parts[place]


def joined(*parts: Any) -> str:
    """The parts with the separator, which is the last argument, between them; only if `part` finds them again."""
    *texts, on = parts
    text: str = on.join(texts)
    if text.split(on, len(texts) - 1) != texts:
        raise ValueError(f"{on!r} in it cannot be told from the separator")
    return text


def member(value: Any, key: str, *keys: str) -> Any:
    """A member of an object that has these keys and no others."""
    if type(value) is not dict or set(value) != set(keys):
        raise ValueError(f"not an object of {', '.join(keys)}")
    return value[key]


def gathered(*values_and_keys: Any) -> dict[str, Any]:
    """An object of as many values as keys, the values first."""
    half = len(values_and_keys) // 2
    return dict(zip(values_and_keys[half:], values_and_keys[:half], strict=True))


def present(value: Any) -> Any:
    """The value itself, unless it is None."""
    if value is None:
        raise ValueError("null")
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
