from __future__ import annotations

import ast
import json
from pathlib import Path

from fakes.commands import Here
from fakes.observations import batch, join, site, view, write
from fakes.projects import FakeProject

from analyzer.runtime import RECORDER


def test_a_file_that_is_none_is_one_line(here: Here, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("no")
    answer = here.run("observe", "x")
    assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)
    assert "holds no observations" in answer.err


def test_options_that_exclude_each_other(here: Here) -> None:
    assert here.run("observe", "x", "--print-recorder").code == 2
    assert here.run("observe", "--output", "x").code == 2


def test_the_recorder_comes_out_as_one_file_of_the_standard_library(here: Here, tmp_path: Path) -> None:
    assert here.run("observe", "--print-recorder", "-o", "strangler_recorder.py").code == 0
    source = (tmp_path / "strangler_recorder.py").read_text()
    assert source == RECORDER.read_text()
    tree = ast.parse(source, feature_version=(3, 8))
    assert not [
        n for n in tree.body if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("django")
    ]


def test_without_a_file_it_says_how(here: Here) -> None:
    answer = here.run("observe")
    assert answer.code == 0
    assert "strangler_recorder.middleware" in answer.out


def test_the_summary(here: Here, tmp_path: Path) -> None:
    file = str(write(tmp_path, batch(), view(requests=1234, reads={"shop_shop": 1}), site(), join()))
    text = here.run("observe", file).out
    assert "1,234, of 1 the statements were looked at" in text
    assert "shops/" in text
    document = here.run("observe", file, "--format", "json").json
    assert document["views"][0]["reads"] == ["shop_shop"]
    assert document["joins"] == [["shop_item", "shop_shop"]]


PROJECT = {
    "shop/models.py": """
        from django.db import models

        class Shop(models.Model):
            pass

        class Item(models.Model):
            shop = models.ForeignKey(Shop, models.CASCADE)
    """,
    "shop/views.py": "def shops(request):\n    return request.render()\n",
    "site_/urls.py": """
        from django.urls import path
        from shop import views

        urlpatterns = [path("shops/", views.shops)]
    """,
}


def test_analyze_refuses_a_file_that_is_none_in_one_line(here: Here, tmp_path: Path) -> None:
    FakeProject(tmp_path / "code", PROJECT)
    (tmp_path / "x").write_text("no")
    for option in ("--runtime", "--access-log"):
        answer = here.run("analyze", "code", "--no-cache", option, "x")
        assert (answer.code, answer.out, answer.err.count("\n")) == (2, "", 1)


def test_analyze_with_observations_is_the_same_from_the_cache_and_not_kept_there(
    here: Here, tmp_path: Path
) -> None:
    FakeProject(tmp_path / "code", PROJECT)
    file = write(
        tmp_path,
        batch(),
        view(requests=9, writes={"shop_item": 1}),
        site(line=2, table="shop_item", mode="write"),
    )
    bare = ("analyze", "code", "--cache-dir", str(tmp_path / "cache"), "--format", "json")
    before = here.run(*bare).out
    observed = [here.run(*bare, "--runtime", str(file)).out for _ in range(2)]
    cold = here.run("analyze", "code", "--no-cache", "--format", "json", "--runtime", str(file)).out
    assert observed == [cold, cold]
    assert here.run(*bare).out == before
    document = json.loads(cold)
    assert document["observed"]["requests"] == 9
    assert document["routes"][0]["tables_written"] == ["shop_item"]
    assert [a["rule"] for a in document["accesses"]] == ["observed"]
    text = here.run("analyze", "code", "--no-cache", "--runtime", str(file)).out
    assert (
        "observed: 9 requests on 1 URL pattern; 0.0% of 1 pairs of a view and a table had been found" in text
    )
