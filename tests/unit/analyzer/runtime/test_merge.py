from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from fakes.observations import atomic, batch, join, site, view, write
from fakes.projects import FakeProject

from analyzer.model import schema
from analyzer.model.facts import Access, Facts, Location
from analyzer.pipeline import conclude
from analyzer.runtime import Evidence, lay_over

FILES = {
    "shop/models.py": """
        from django.db import models

        class Shop(models.Model):
            name = models.CharField(max_length=9)

        class Item(models.Model):
            shop = models.ForeignKey(Shop, models.CASCADE)

        class Log(models.Model):
            text = models.TextField()
    """,
    "shop/views.py": """
        from shop.models import Item, Log, Shop

        def shops(request):
            note(request, Shop.objects.count())

        def note(request, count):
            request.something.unknown_to_all(count)

        def logs(request):
            Log.objects.create(text="x")
    """,
    "site_/urls.py": """
        from django.urls import path
        from shop import views

        urlpatterns = [path("shops/", views.shops, name="shops"), path("logs/", views.logs)]
    """,
}
VIEW = {"reads": {"shop_shop": 1}, "writes": {}}


@pytest.fixture
def facts(tmp_path: Path) -> Facts:
    return FakeProject(tmp_path / "code", FILES).facts()


def seen(facts: Facts, folder: Path, *lines: dict[str, Any]) -> Facts:
    return lay_over(facts, Evidence([write(folder, batch(), *lines)]))


def missed(facts: Facts, code: str = "STR111") -> list[str]:
    assert facts.observed is not None
    return [finding.message for finding in facts.observed.missed if finding.code == code]


def test_what_was_claimed_and_seen_changes_nothing(facts: Facts, tmp_path: Path) -> None:
    merged = seen(facts, tmp_path, view(**VIEW), site(line=5))
    assert (merged.accesses, merged.routes, merged.joins) == (facts.accesses, facts.routes, facts.joins)
    assert merged.observed is not None
    assert merged.observed.missed == ()


def test_tables_that_no_model_describes_are_left_out(facts: Facts, tmp_path: Path) -> None:
    merged = seen(
        facts, tmp_path, view(reads={"pg_class": 1}), site(table="pg_class"), join(tables=["a", "b"])
    )
    assert merged.accesses == facts.accesses
    assert merged.joins == facts.joins
    assert not missed(merged)


def test_a_place_outside_the_project_makes_no_access(facts: Facts, tmp_path: Path) -> None:
    merged = seen(
        facts, tmp_path, view(writes={"shop_item": 1}), site(file="other.py", table="shop_item", mode="write")
    )
    assert merged.accesses == facts.accesses
    assert missed(merged) == [
        "view shop.views.shops wrote shop_item, at other.py:7: other.py is not among the analysed files"
    ]


def test_blocks_that_a_library_opened_are_no_transactions_of_the_project(
    facts: Facts, tmp_path: Path
) -> None:
    assert seen(facts, tmp_path, atomic(opened="library")).transactions == facts.transactions


def test_an_access_that_only_the_recorder_saw_is_added_and_told(facts: Facts, tmp_path: Path) -> None:
    merged = seen(
        facts,
        tmp_path,
        view(reads={"shop_shop": 1}, writes={"shop_item": 2}),
        site(line=5),
        site(line=8, function="note", table="shop_item", mode="write", n=2),
    )
    assert set(merged.accesses) - set(facts.accesses) == {
        Access(Location("shop/views.py", 8), "shop.views", "note", "shop_item", "write", rule="observed")
    }
    assert merged.routes[0].tables_written == ("shop_item",)
    assert missed(merged) == [
        "view shop.views.shops wrote shop_item, at shop/views.py:8: nothing in this file was known to touch it"
    ]
    observed = merged.observed
    assert observed is not None
    assert (observed.pairs_seen, observed.pairs_foreseen, observed.claims, observed.claims_confirmed) == (
        2,
        1,
        1,
        1,
    )
    assert "STR111" in Counter(finding.code for finding in conclude(merged).findings)


def test_a_view_that_reaches_a_known_place_by_an_unknown_way(facts: Facts, tmp_path: Path) -> None:
    merged = seen(
        facts, tmp_path, view(writes={"shop_log": 1}), site(line=11, table="shop_log", mode="write")
    )
    assert merged.accesses == facts.accesses
    assert missed(merged) == [
        "view shop.views.shops wrote shop_log, at shop/views.py:11: no way from the view to this place was found"
    ]


def test_a_library_or_a_template_is_told_at_the_route(facts: Facts, tmp_path: Path) -> None:
    merged = seen(
        facts, tmp_path, view(reads={"shop_item": 1}), site(file="", line=0, function="", table="shop_item")
    )
    assert missed(merged) == [
        "view shop.views.shops read shop_item: no project code stood between: a library or a template did it"
    ]


def test_a_transaction_around_a_whole_request_stands_at_its_url_pattern(facts: Facts, tmp_path: Path) -> None:
    merged = seen(facts, tmp_path, atomic(opened="request", file="", line=0, function=""))
    assert [(str(span.location), span.function, span.tables_written) for span in merged.transactions] == [
        ("site_/urls.py:5", "shops", ("shop_item", "shop_shop"))
    ]


def test_joins_and_cowrites(facts: Facts, tmp_path: Path) -> None:
    merged = seen(facts, tmp_path, join(line=5), atomic(line=5))
    assert [(j.table_a, j.table_b, str(j.location)) for j in merged.joins] == [
        ("shop_item", "shop_shop", "shop/views.py:5")
    ]
    assert [span.tables_written for span in merged.transactions] == [("shop_item", "shop_shop")]
    assert missed(merged, "STR112") == ["shop_item is joined with shop_shop, at shop/views.py:5"]
    assert missed(merged, "STR113") == [
        "shop_item and shop_shop are written in one transaction, at shop/views.py:5"
    ]


def test_a_recorder_that_started_in_another_folder(facts: Facts, tmp_path: Path) -> None:
    merged = seen(facts, tmp_path, view(), site(file="src/shop/views.py", line=8, table="shop_item"))
    assert Location("shop/views.py", 8) in {access.location for access in merged.accesses}


def test_a_pattern_that_is_not_known(facts: Facts, tmp_path: Path) -> None:
    merged = seen(facts, tmp_path, view(route="plugins/", view="plugins.all", requests=12))
    assert missed(merged, "STR114") == [
        "the URL pattern 'plugins/' (view plugins.all) served 12 requests and is not known"
    ]


def test_traffic_comes_from_the_access_log_where_there_is_one(facts: Facts, tmp_path: Path) -> None:
    file = write(tmp_path, batch(), view(requests=7))
    log = tmp_path / "access.log"
    log.write_text(
        '- - - [x] "GET /logs/ HTTP/1.1" 500 1 "-" "-" 0.004\n- - - [x] "GET /else HTTP/1.1" 404 1\n'
    )
    recorded, logged = (
        lay_over(facts, Evidence([file])).observed,
        lay_over(facts, Evidence([file], [log])).observed,
    )
    assert recorded is not None
    assert logged is not None
    assert [(t.position, t.requests, t.errors) for t in recorded.traffic] == [(0, 7, 1)]
    assert [(t.position, t.requests, t.errors, t.seconds) for t in logged.traffic] == [(1, 1, 1, 0.004)]
    assert (logged.requests, logged.unmatched) == (2, 1)


def test_the_analysis_with_observations_is_written_and_read(facts: Facts, tmp_path: Path) -> None:
    analysis = conclude(seen(facts, tmp_path, view(**VIEW), join(), atomic(), site(table="shop_item")))
    data = schema.write(analysis)
    assert schema.read(data) == analysis
    assert (
        schema.write(conclude(seen(facts, tmp_path, view(**VIEW), join(), atomic(), site(table="shop_item"))))
        == data
    )
    assert b'"observed"' not in schema.write(conclude(facts))
