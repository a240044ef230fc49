"""An old and a new client at once, payments, and the demo's bad releases."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import httpx
import msgspec
import pytest

from .conftest import BILLING, Pair, backfill, serving

LIST = "/api/billing/invoices/"
CONTRACT = "application/vnd.strangler.billing.v1+json"


def query(pair: Pair, statement: str) -> list[Any]:
    with closing(sqlite3.connect(pair.legacy)) as database:
        return database.execute(statement).fetchall()


def token(pair: Pair, username: str = "alice", tenant: str = "acme") -> dict[str, str]:
    return {"Authorization": f"Token demo-token-{username}-{tenant}"}


def open_invoices(pair: Pair) -> list[int]:
    return [
        key
        for (key,) in query(
            pair,
            "SELECT i.id FROM billing_invoice i JOIN accounts_tenant t ON t.id = i.tenant_id"
            " WHERE t.slug = 'acme' AND i.status = 'O' ORDER BY i.id",
        )
    ]


def test_the_contract_is_refused_to_strangers_and_in_its_own_words(pair: Pair) -> None:
    answer = pair.client.get(f"{pair.service}/v1/invoices")
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.headers["www-authenticate"] == "Token"
    for path, status in [
        ("?state=gone", 400),
        ("?limit=0", 400),
        ("?cursor=1", 400),
        ("/00000000-0000-0000-0000-000000000000", 404),
    ]:
        answer = pair.client.get(f"{pair.service}/v1/invoices{path}", headers=token(pair))
        assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_a_payment_that_cannot_be_is_refused_alike_and_changes_nothing(writable: Pair) -> None:
    invoice = open_invoices(writable)[0]
    bodies: list[tuple[bytes, int]] = [
        (b"{", 400),
        (b"[]", 400),
        (b"\xff", 400),
        (b'{"method": "X"}', 400),
        (b'{"reference": 5}', 400),
        (b'{"reference": "' + b"x" * 61 + b'"}', 400),
        (b'{"paid_on": "someday"}', 400),
        (b'{"paid_on": 5}', 400),
    ]
    for body, status in bodies:
        old, new = (
            writable.client.post(f"{side}{LIST}{invoice}/pay/", content=body, headers=token(writable))
            for side in (writable.monolith, writable.service)
        )
        assert (new.status_code, new.content) == (status, old.content)
    state = writable.client.get(f"{writable.service}{LIST}{invoice}/", headers=token(writable)).json()[
        "status"
    ]
    assert state == "O"


def test_whoever_may_not_bill_may_not_record_payments(writable: Pair) -> None:
    clerks = query(
        writable,
        "SELECT k.key FROM accounts_apitoken k JOIN accounts_user u ON u.id = k.user_id"
        " JOIN accounts_membership m ON m.user_id = k.user_id AND m.tenant_id = k.tenant_id"
        " JOIN accounts_role r ON r.id = m.role_id WHERE NOT r.can_bill AND NOT u.is_superuser",
    )
    assert clerks, "the seed has a token of somebody who may not bill"
    for (key,) in clerks:
        headers = {"Authorization": f"Token {key}"}
        old, new = (
            writable.client.post(f"{side}{LIST}1/pay/", headers=headers)
            for side in (writable.monolith, writable.service)
        )
        assert (new.status_code, new.content) == (403, old.content)
        assert (
            writable.client.post(f"{writable.service}/v1/invoices/x/payments", headers=headers).status_code
            == 403
        )


def test_a_payment_is_answered_alike_once_and_the_second_time(writable: Pair) -> None:
    invoice, other = open_invoices(writable)[:2]
    payment = {"method": "C", "reference": "R-1", "paid_on": "2026-02-03"}
    for key, body in [(invoice, payment), (invoice, payment), (other, {})]:
        old, new = (
            writable.client.post(f"{side}{LIST}{key}/pay/", json=body, headers=token(writable))
            for side in (writable.monolith, writable.service)
        )
        assert (new.status_code, new.content) == (old.status_code, old.content)
    answer = writable.client.get(f"{writable.service}{LIST}{invoice}/", headers=token(writable)).json()
    assert (answer["status"], answer["paid_on"]) == ("P", "2026-02-03")
    with closing(sqlite3.connect(writable.database)) as database:
        payments = database.execute("SELECT method, reference, recorded_by FROM payments").fetchall()
    assert payments == [("card", "R-1", "alice"), ("bank_transfer", None, "alice")]


def test_a_payment_in_the_contracts_words_is_seen_by_old_clients(writable: Pair) -> None:
    invoice = open_invoices(writable)[0]
    headers = token(writable)
    new = {**headers, "Accept": CONTRACT}
    document = writable.client.get(f"{writable.service}{LIST}{invoice}/", headers=new).json()
    payments = f"{writable.service}/v1/invoices/{document['id']}/payments"
    assert writable.client.post(payments, json={"method": "cash"}, headers=headers).status_code == 400
    paid = writable.client.post(
        payments, json={"method": "card", "received_on": "2026-02-03"}, headers=headers
    )
    assert (paid.status_code, paid.json()["state"]) == (201, "paid")
    assert (
        writable.client.post(
            payments, json={"method": "card", "received_on": "2026-02-03"}, headers=headers
        ).status_code
        == 409
    )
    assert writable.client.get(f"{writable.service}{LIST}{invoice}/", headers=headers).json()["status"] == "P"


def test_the_services_own_writes_survive_the_next_copy(writable: Pair) -> None:
    invoice = open_invoices(writable)[0]
    writable.client.post(
        f"{writable.service}{LIST}{invoice}/pay/", headers=token(writable)
    ).raise_for_status()
    code, summary = backfill(writable.legacy, writable.database)
    assert (code, summary["kept"]) == (0, 1)
    assert (
        writable.client.get(f"{writable.service}{LIST}{invoice}/", headers=token(writable)).json()["status"]
        == "P"
    )


def test_an_old_and_a_new_client_read_the_same_invoices_at_once(pair: Pair) -> None:
    old = pair.client.get(f"{pair.service}{LIST}?per_page=100", headers=token(pair)).json()["results"]
    accept = {"Accept": f"text/html, {CONTRACT};q=0.9"}
    new = pair.client.get(f"{pair.service}{LIST}?per_page=100", headers=token(pair) | accept)
    assert new.headers["content-type"] == CONTRACT
    own = pair.client.get(f"{pair.service}/v1/invoices?limit=100", headers=token(pair))
    assert own.json()["items"] == new.json()["items"]
    words = {"O": "open", "P": "paid", "V": "void"}
    for legacy, contract in zip(old, own.json()["items"], strict=True):
        cents = round(float(contract["total"]["amount"]) * 100)
        assert (contract["number"], contract["state"], cents, contract["total"]["currency"]) == (
            legacy["invoice_no"],
            words[legacy["status"]],
            legacy["total_cents"],
            legacy["currency"],
        )


def test_the_contracts_pages_hold_every_invoice_once(pair: Pair) -> None:
    seen: list[str] = []
    path: str | None = "/v1/invoices?limit=7&state=paid"
    while path:
        page = pair.client.get(pair.service + path, headers=token(pair)).json()
        assert {item["state"] for item in page["items"]} == {"paid"}
        seen += [item["id"] for item in page["items"]]
        path = page["next"]
    (expected,) = query(
        pair,
        "SELECT count(*) FROM billing_invoice i JOIN accounts_tenant t ON t.id = i.tenant_id"
        " WHERE t.slug = 'acme' AND i.status = 'P'",
    )
    assert (len(seen), len(set(seen))) == (expected[0], expected[0])


def test_the_contract_is_published_as_json_schema(pair: Pair) -> None:
    schema = pair.client.get(f"{pair.service}/v1/schema").json()
    assert schema == msgspec.json.decode((BILLING / "billing_service" / "contract.v1.json").read_bytes())


@pytest.mark.parametrize("release", ["errors", "slow", "wrong"])
def test_a_bad_release_passes_the_health_check_and_is_bad(pair: Pair, release: str) -> None:
    path, headers = f"{LIST}?per_page=1&status=P", token(pair)
    good = pair.client.get(pair.monolith + path, headers=headers)
    arguments = ("--database", pair.database, "--monolith", pair.monolith, "--broken", release)
    with serving(BILLING / "run.py", *arguments) as service, httpx.Client() as client:
        assert client.get(f"{service}/healthz").json() == {"status": "ok"}
        answers = [client.get(service + path, headers=headers) for _ in range(4)]
    statuses = [answer.status_code for answer in answers]
    if release == "errors":
        assert statuses == [200, 500, 200, 500]
    elif release == "slow":
        assert [answer.content for answer in answers] == [good.content] * 4
        assert all(answer.elapsed.total_seconds() >= 0.3 for answer in answers)
    else:
        assert statuses == [200] * 4
        expected, shown = good.json()["results"][0], answers[0].json()["results"][0]
        assert {key for key in expected if expected[key] != shown[key]} == {"total_cents"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--port", "{taken}", "--database", "{folder}/x.db"), "cannot listen on 127.0.0.1:"),
        (("--database", "{folder}/missing/x.db"), "cannot open "),
    ],
)
def test_what_prevents_a_start_is_said_in_one_line(
    pair: Pair, tmp_path: Any, arguments: tuple[str, ...], message: str
) -> None:
    import subprocess
    import sys

    filled = [one.format(taken=pair.service.rpartition(":")[2], folder=tmp_path) for one in arguments]
    done = subprocess.run(
        [sys.executable, BILLING / "run.py", *filled], capture_output=True, text=True, check=False, timeout=20
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
