"""OpenTelemetry spans and pg_stat_statements."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from fakes.observations import batch, view, write

from analyzer.errors import BadObservations
from analyzer.model.facts import Facts, Location, Model, Route
from analyzer.runtime import Evidence, lay_over, read_evidence
from analyzer.runtime.observations import Key


def span(number: int, parent: int = 0, ms: int = 5, **attributes: Any) -> dict[str, Any]:
    kinds = {str: "stringValue", int: "intValue"}
    return {
        "traceId": "t",
        "spanId": str(number),
        "parentSpanId": str(parent) if parent else "",
        "startTimeUnixNano": "1000000000",
        "endTimeUnixNano": str(1_000_000_000 + ms * 1_000_000),
        "attributes": [
            {"key": k.replace("__", "."), "value": {kinds[type(v)]: v}} for k, v in attributes.items()
        ],
    }


def document(*spans: dict[str, Any]) -> dict[str, Any]:
    return {"resourceSpans": [{"scopeSpans": [{"spans": list(spans)}]}]}


REQUEST = {"http__route": "shops/", "http__method": "GET", "http__status_code": 503}
READ = {"db__system": "postgresql", "db__statement": 'SELECT * FROM "Shop_Shop"'}
SHOPS = Key("shops/", "", "", "GET")


@pytest.mark.parametrize(
    "text",
    [
        '{"resourceSpans": []}',
        '{"resourceSpans": 7}',
        json.dumps(document(span(1, **READ))),
        "{\n",
        "query,calls\n",
        "query,calls\nselect 1,many\n",
    ],
)
def test_a_file_without_anything_of_use_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "file").write_text(text)
    with pytest.raises(BadObservations, match="holds no"):
        read_evidence(tmp_path / "file")


def test_a_statement_without_its_request_and_a_circle_of_parents_count_as_skipped(tmp_path: Path) -> None:
    spans = [span(1, **REQUEST), span(2, 99, **READ), span(3, 4, **READ), span(4, 3)]
    (tmp_path / "spans").write_text(json.dumps(document(*spans)))
    found = read_evidence(tmp_path / "spans")
    assert found.skipped == 2
    assert not found.views[SHOPS].tables


@pytest.mark.parametrize("indent", [None, 2])
def test_statements_belong_to_the_request_above_them(tmp_path: Path, indent: int | None) -> None:
    new = {"http__route": "/shops/", "http__request__method": "GET", "http__response__status_code": 200}
    written = {"db__query__text": "UPDATE shop_item SET x = 1", "db__system__name": "postgresql"}
    spans = [
        span(5, 3, **READ),
        span(3, 1),
        span(1, ms=40, **REQUEST),
        span(7, ms=4, **new),
        span(8, 7, **written),
    ]
    (tmp_path / "spans").write_text(json.dumps(document(*spans), indent=indent))
    view_ = read_evidence(tmp_path / "spans").views[SHOPS]
    assert (view_.requests, view_.sampled, view_.errors, view_.queries) == (2, 2, 1, 2)
    assert dict(view_.tables) == {("shop_shop", "read"): 1, ("shop_item", "write"): 1}
    assert view_.seconds == pytest.approx(0.044)


def test_spans_without_statements_say_nothing_about_tables(tmp_path: Path) -> None:
    (tmp_path / "spans").write_text(json.dumps(document(span(1, **REQUEST))))
    assert read_evidence(tmp_path / "spans").views[SHOPS].sampled == 0


STATEMENTS = """userid,query,calls,total_exec_time
10,"SELECT * FROM shop_shop s JOIN shop_item i ON i.shop_id = s.id
WHERE s.id = $1",12,3.5
10,"INSERT INTO shop_item (a) VALUES ($1,$2)",3,0.1
10,<insufficient privilege>,4,1
10,"DELETE FROM shop_shop",,1
"""


def test_a_dump_of_the_database(tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_text(STATEMENTS)
    found = read_evidence(tmp_path / "dump.csv", read_evidence(write(tmp_path, batch(), view())))
    assert found.requests == 1
    assert found.skipped == 1
    assert dict(found.database) == {
        ("shop_shop", "read"): 12,
        ("shop_item", "read"): 12,
        ("shop_item", "write"): 3,
    }
    assert dict(found.database_joins) == {("shop_item", "shop_shop"): 12}


def test_what_no_code_was_known_to_do_is_told_without_a_place(tmp_path: Path) -> None:
    (tmp_path / "dump.csv").write_text(STATEMENTS)
    place = Location("shop/models.py", 1)
    models = tuple(
        Model(f"shop.{n}", n, "shop", "shop.models", f"shop_{n.lower()}", place) for n in ("Shop", "Item")
    )
    facts = Facts("code", models=models, routes=(Route("shops/", "shop.views.shops", place),))
    observed = lay_over(facts, Evidence([tmp_path / "dump.csv"])).observed
    assert observed is not None
    assert [finding.message for finding in observed.missed] == [
        "the database read shop_item in 12 statements, and no code was known to",
        "the database read shop_shop in 12 statements, and no code was known to",
        "the database wrote shop_item in 3 statements, and no code was known to",
        "shop_item is joined with shop_shop, and no code was known to",
    ]
