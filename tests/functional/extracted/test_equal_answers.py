"""An old client cannot tell the sides apart: status, body and headers that matter are the same, byte for byte."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import Any

import httpx
import pytest

from .conftest import Pair, browser_of

LIST = "/api/billing/invoices/"
HEADERS = ("content-type", "allow", "www-authenticate")


def ask_both(pair: Pair, method: str, path: str, **options: Any) -> httpx.Response:
    """The service's answer, after it was found equal to the monolith's."""
    old = pair.client.request(method, pair.monolith + path, **options)
    new = pair.client.request(method, pair.service + path, **options)
    assert (new.status_code, new.content) == (old.status_code, old.content), (method, path)
    assert [new.headers.get(name) for name in HEADERS] == [old.headers.get(name) for name in HEADERS]
    return new


def tokens(pair: Pair) -> dict[str, dict[str, str]]:
    """One token's header by tenant."""
    with closing(sqlite3.connect(pair.legacy)) as database:
        found = database.execute(
            "SELECT t.slug, min(k.key) FROM accounts_apitoken k JOIN accounts_tenant t ON t.id = k.tenant_id"
            " WHERE k.is_active GROUP BY t.slug ORDER BY t.slug"
        ).fetchall()
    assert len(found) > 1
    return {slug: {"Authorization": f"Token {key}"} for slug, key in found}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 401),
        ({"Authorization": "Token nobody"}, 401),
        ({"Authorization": "Token"}, 401),
        ({"Authorization": "Basic abc"}, 401),
        ({"Authorization": "Bearer abc"}, 401),
        ({"Cookie": "sessionid=0123456789abcdef0123456789abcdef"}, 401),
    ],
)
def test_a_stranger_is_turned_away_alike(pair: Pair, headers: dict[str, str], status: int) -> None:
    for path in (LIST, f"{LIST}1/", f"{LIST}999999/"):
        assert ask_both(pair, "GET", path, headers=headers).status_code == status
    assert ask_both(pair, "POST", f"{LIST}1/pay/", headers=headers).status_code == status


def test_another_tenants_invoice_is_not_found(pair: Pair) -> None:
    with closing(sqlite3.connect(pair.legacy)) as database:
        owners = dict(
            database.execute(
                "SELECT i.id, t.slug FROM billing_invoice i JOIN accounts_tenant t ON t.id = i.tenant_id"
            ).fetchall()
        )
    for slug, headers in tokens(pair).items():
        stranger = next(key for key, owner in owners.items() if owner != slug)
        assert ask_both(pair, "GET", f"{LIST}{stranger}/", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "query",
    [
        "status=X",
        "status=o",
        "page=0",
        "page=-1",
        "page=x",
        "page=9999999999",
        "page=99",
        "per_page=0",
        "per_page=1.5",
        "customer=abc",
        "customer=-1",
        "customer=12345678901234567890",
    ],
)
def test_a_bad_filter_or_page_is_refused_alike(pair: Pair, query: str) -> None:
    headers = next(iter(tokens(pair).values()))
    assert ask_both(pair, "GET", f"{LIST}?{query}", headers=headers).status_code in {400, 404}


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_method_that_is_not_offered_is_refused_alike(pair: Pair, method: str) -> None:
    headers = next(iter(tokens(pair).values()))
    assert ask_both(pair, method, LIST, headers=headers).status_code == 405
    assert ask_both(pair, method, f"{LIST}1/", headers=headers).status_code == 405


def test_every_invoice_is_answered_alike(pair: Pair) -> None:
    seen = 0
    for headers in tokens(pair).values():
        path: str | None = f"{LIST}?per_page=100"
        while path:
            page = ask_both(pair, "GET", path, headers=headers).json()
            for invoice in page["results"]:
                detail = ask_both(pair, "GET", f"{LIST}{invoice['id']}/", headers=headers).json()
                assert detail["lines"]
                assert invoice.items() <= detail.items()
                seen += 1
            path = page["next"]
    with closing(sqlite3.connect(pair.legacy)) as database:
        assert database.execute("SELECT count(*) FROM billing_invoice").fetchone() == (seen,)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "page=2",
        "per_page=7&page=3",
        "per_page=1000",
        "status=P",
        "status=V&per_page=3",
        "status=O&status=P&page=1",
        "customer=1",
        "customer=999999",
        "page=&status=",
        "page=1&utm=%C3%A4+b&utm=%FF&empty=&page=1",
        "unknown",
    ],
)
def test_every_list_is_answered_alike(pair: Pair, query: str) -> None:
    for headers in tokens(pair).values():
        answer = ask_both(pair, "GET", f"{LIST}?{query}" if query else LIST, headers=headers)
        assert "results" in answer.json() or answer.status_code == 404


def test_other_safe_methods_are_answered_alike(pair: Pair) -> None:
    headers = next(iter(tokens(pair).values()))
    for method in ("HEAD", "OPTIONS"):
        assert ask_both(pair, method, LIST, headers=headers).status_code == 200
        assert ask_both(pair, method, f"{LIST}999999/", headers=headers).status_code in {200, 404}


def test_a_browsers_session_is_known_on_both_sides(pair: Pair) -> None:
    with browser_of("alice", pair) as browser:
        old, new = (browser.get(side + LIST) for side in (pair.monolith, pair.service))
    assert (new.status_code, new.content) == (200, old.content)
    assert old.json()["count"] > 0


def test_a_browsers_write_needs_the_same_csrf_token_on_both_sides(pair: Pair) -> None:
    refused: list[dict[str, str]] = [
        {},
        {"X-CSRFToken": "short"},
        {"X-CSRFToken": "x" * 64},
        {"X-CSRFToken": "-" * 32},
        {"Origin": "https://elsewhere.example"},
    ]
    with browser_of("alice", pair) as browser:
        for headers in refused:
            old, new = (
                browser.post(f"{side}{LIST}999999/pay/", headers=headers)
                for side in (pair.monolith, pair.service)
            )
            assert (new.status_code, new.content) == (403, old.content)
        good = {"X-CSRFToken": browser.cookies["csrftoken"]}
        old, new = (
            browser.post(f"{side}{LIST}999999/pay/", headers=good) for side in (pair.monolith, pair.service)
        )
    assert (new.status_code, new.content) == (404, old.content)
