"""The laws of a mapping, on a declaration in which every operation occurs."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from fakes.acl_orders import a_document, a_row, legacy_keys, new_ids, order
from hypothesis import given, settings
from hypothesis import strategies as st

from acl.mapping import compile_source, explain, interpret
from acl.mapping.interpret import put
from acl.translate import load

compiled = load(compile_source(order), "order")
BERLIN = ZoneInfo("Europe/Berlin")

ids = st.integers(1, 10**9)
cents = st.integers(-(10**12), 10**12)
text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
dates = st.dates(date(1900, 1, 1), date(2200, 1, 1))
times = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1))
currencies = st.sampled_from(["EUR", "USD", "GBP"])
junk = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=15),
    st.decimals(),
    st.dates(),
    st.datetimes(timezones=st.sampled_from([None, UTC, BERLIN])),
    st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["amount", "currency", "position"]), st.text(max_size=4), max_size=2),
)


def said_once(local: datetime) -> bool:
    """Neither skipped nor repeated by the clocks of Berlin."""
    offsets = {local.replace(tzinfo=BERLIN, fold=fold).utcoffset() for fold in (0, 1)}
    return len(offsets) == 1


@st.composite
def lines(draw: st.DrawFn) -> list[dict[str, Any]]:
    positions = draw(st.lists(st.integers(0, 99), unique=True, max_size=4))
    return [
        {
            "id": draw(ids),
            "order_id": 1,
            "position": position,
            "product_id": draw(st.none() | ids),
            "label": draw(text.map(lambda label: label[:8])),
            "unit_cents": draw(cents),
            "vat": Decimal(draw(st.integers(-9999, 9999))).scaleb(-2),
        }
        for position in positions
    ]


words = text.filter(lambda word: " " not in word)
payments = st.one_of(
    st.builds(lambda number, bank: ("C", number, bank, ""), text, ids),
    st.builds(lambda iban: ("T", None, None, iban), text),
    st.just((None, None, None, "")),
)


@st.composite
def rows(draw: st.DrawFn) -> dict[str, Any]:
    """Rows of the declared domain, without the values that the operations declare to be lossy."""
    return a_row(
        id=draw(ids),
        order_no=draw(text),
        customer_id=draw(ids),
        agent_id=draw(st.none() | ids),
        status=draw(st.sampled_from("OPV")),
        kind=draw(st.sampled_from([None, 1, 2])),
        currency=draw(currencies),
        net_cents=draw(cents),
        total_cents=draw(cents),
        refund_cents=draw(st.none() | cents),
        points=draw(cents),
        placed=draw(times.filter(said_once)),
        seen=draw(st.none() | times.map(lambda value: value.replace(tzinfo=UTC))),
        due=draw(dates),
        street=draw(text),
        zip=draw(text),
        note=draw(st.none() | text.filter(bool)),
        coupon=draw(text),
        gift=draw(st.booleans()),
        weight=draw(st.floats(allow_nan=False, allow_infinity=False)),
        extra=draw(st.none() | st.dictionaries(st.text(max_size=3), st.integers(), max_size=2)),
        exported=draw(st.booleans()),
        search=draw(st.none() | text),
        opens=draw(st.none() | st.times()),
        pounds=draw(st.integers(0, 10**6)),
        person=f"{draw(words)} {draw(text)}",
        vat_id=draw(text.filter(lambda vat_id: len(vat_id) > 1)),
        options={"color": draw(text), "size": draw(st.integers())},
        **dict(zip(("method", "card_no", "card_bank_id", "iban"), draw(payments), strict=True)),
        lines=draw(lines()),
    )


def amounts(currency: str) -> st.SearchStrategy[dict[str, str]]:
    return cents.map(
        lambda value: {
            "amount": str(Decimal(value).scaleb(-2).quantize(Decimal("0.01"))),
            "currency": currency,
        }
    )


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents of the declared domain: made by hand, not by the mapping."""
    currency = draw(currencies)
    instants = times.map(lambda value: value.replace(tzinfo=UTC).isoformat().replace("+00:00", "Z"))
    placed = draw(times.filter(said_once)).replace(tzinfo=BERLIN).astimezone(UTC)
    return a_document(
        id=f"orders-{draw(ids)}",
        number=draw(text),
        customer=f"customers-{draw(ids)}",
        agent=draw(st.none() | ids.map("agents-{}".format)),
        state=draw(st.sampled_from(["open", "paid", "void"])),
        sort=draw(st.sampled_from([None, "shop", "online"])),
        net=draw(amounts(currency)),
        total=draw(amounts(currency)),
        refund=draw(st.none() | amounts(currency)),
        points=str(draw(cents)),
        placed_at=placed.isoformat().replace("+00:00", "Z"),
        seen_at=draw(st.none() | instants),
        due_on=draw(dates).isoformat(),
        address={"street": draw(text), "postcode": draw(text)},
        note=draw(text),
        coupon=draw(st.none() | text.filter(lambda coupon: coupon != "none")),
        gift=draw(st.booleans()),
        weight=draw(st.floats(allow_nan=False, allow_infinity=False)),
        first_name=draw(words),
        last_name=draw(text),
        payment=draw(
            st.none()
            | st.fixed_dictionaries({"type": st.just("transfer"), "iban": text})
            | st.fixed_dictionaries(
                {"type": st.just("card"), "number": text, "bank": ids.map("banks-{}".format)}
            )
        ),
        lines=[
            {
                "position": position,
                "product": draw(st.none() | ids.map("products-{}".format)),
                "label": draw(text.map(lambda label: label[:8])),
                "unit_price": draw(amounts(currency))["amount"],
                "vat": draw(amounts(currency))["amount"],
            }
            for position in draw(st.lists(st.integers(0, 99), unique=True, max_size=3))
        ],
    )


def spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a document, by the keys that lead to it."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(spot for key, one in inner for spot in spots(one, (*path, key)))]


@st.composite
def damaged(draw: st.DrawFn, whole: st.SearchStrategy[dict[str, Any]]) -> Any:
    """Something that was of the domain, until some of its values were replaced, repeated or lost."""
    answer: Any = draw(whole)
    for _ in range(draw(st.integers(1, 3))):
        *parents, last = draw(st.sampled_from(spots(answer))) or (None,)
        if last is None:
            return draw(junk)
        holder = answer
        for parent in parents:
            holder = holder[parent]
        damage = draw(st.sampled_from(["lose", "replace", "repeat"]))
        if damage == "lose":
            del holder[last]
        elif damage == "replace":
            holder[last] = draw(junk)
        elif isinstance(holder, list):
            holder.append(holder[last])
    return answer


def comparable(answer: object) -> str:
    """NaN is not NaN, but prints alike."""
    return repr(answer)


@given(st.lists(damaged(rows()) | rows(), max_size=4))
def test_compiled_code_equals_the_interpreter_on_any_row(batch: list[Any]) -> None:
    assert comparable(compiled.to_contract(batch, new_ids)) == comparable(
        interpret(order, "to_contract", batch, new_ids)
    )


@given(st.lists(damaged(documents()) | documents(), max_size=4))
def test_compiled_code_equals_the_interpreter_on_any_document(batch: list[Any]) -> None:
    assert comparable(compiled.to_legacy(batch, legacy_keys)) == comparable(
        interpret(order, "to_legacy", batch, legacy_keys)
    )


@given(rows())
def test_get_put_what_was_read_and_written_back_is_unchanged(row: dict[str, Any]) -> None:
    ((document,), refused) = compiled.to_contract([row], new_ids)
    ((back,), refused_back) = compiled.to_legacy([document], legacy_keys)
    assert (refused, refused_back) == ([], [])
    assert put(order, back, row) == row
    assert compiled.put(back, row) == row


@given(documents())
def test_put_get_what_was_written_is_read_again(document: dict[str, Any]) -> None:
    ((row,), refused) = compiled.to_legacy([document], legacy_keys)
    ((back,), refused_back) = compiled.to_contract([row], new_ids)
    assert (refused, refused_back) == ([], [])
    forward_only = {"label": back["label"]}
    assert back == {**document, **forward_only}


@given(rows(), rows())
def test_put_gives_the_same_row_in_the_interpreter_and_in_compiled_code(
    new: dict[str, Any], existing: dict[str, Any]
) -> None:
    ((document,), _) = compiled.to_contract([new], new_ids)
    ((row,), _) = compiled.to_legacy([document], legacy_keys)
    assert put(order, row, existing) == compiled.put(row, existing)


@given(rows())
def test_every_bad_field_is_explained_and_no_other(row: dict[str, Any]) -> None:
    bad = {"status": "X", "net_cents": "12", "due": None, "customer_id": "nobody", "placed": "now"}
    (flaws,) = explain(order, "to_contract", [{**row, **bad}], new_ids)
    assert isinstance(flaws, tuple)
    assert {flaw.path: flaw.value for flaw in flaws} == bad  # paths of a row are its columns


@given(times.map(lambda value: value.replace(microsecond=0)), st.integers(-3, 3))
@settings(max_examples=200)
def test_every_local_time_comes_back_unless_the_clocks_skip_it(local: datetime, hours: int) -> None:
    # Around the ends of March and October, where the clocks of Berlin change since 1996.
    sunday = datetime(1996 + local.year % 60, 3 if local.day % 2 else 10, 31, 2, local.minute)
    local = sunday - timedelta(days=(sunday.weekday() + 1) % 7) + timedelta(hours=hours)
    document, refused = compiled.to_contract([a_row(placed=local)], new_ids)
    skipped = local.replace(tzinfo=BERLIN).astimezone(UTC).astimezone(BERLIN).replace(tzinfo=None) != local
    assert bool(refused) == skipped
    if not refused:
        assert compiled.to_legacy(document, legacy_keys)[0][0]["placed"] == local
