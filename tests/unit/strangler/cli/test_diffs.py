from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from fakes.commands import Here

from strangler.store import Differing, Example, open_state


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    made = Here(tmp_path, monkeypatch, capsys)
    service = ["--path", "/api/invoices/", "--service", "http://127.0.0.1:9", "--yes"]
    assert made.run("routes", "add", "billing", *service, "--method", "GET").code == 0
    with closing(open_state(f"sqlite:///{tmp_path / 'strangler.db'}")) as state:
        state.differences.add(
            Differing("billing", path, count, 10.0, 20.0, (Example("GET /api/invoices/", "1", "2"),))
            for path, count in (("$.results[*].total", 3), ("$.results[*].links.self", 1200), ("status", 1))
        )
    return made


def test_what_is_not_there_is_told(here: Here) -> None:
    assert here.run("diffs", "show", "billing", "$.nothing").code == 2
    assert "strangler diffs list" in here.run("diffs", "show", "billing", "$.nothing").err
    assert here.run("diffs", "list", "nobody").code == 2
    assert "is not the path of a difference" in here.run("diffs", "ignore", "billing", "results", "--yes").err
    assert here.run("diffs", "ignore", "billing", "$.a", "--undo", "--yes").code == 2


def test_a_list_names_the_most_frequent_path_first(here: Here) -> None:
    answer = here.run("diffs", "list")
    paths = [line.split()[1] for line in answer.out.splitlines()[1:]]
    assert paths == ["$.results[*].links.self", "$.results[*].total", "status"]
    assert "1,200" in answer.out
    told = here.run("diffs", "list", "billing", "--format", "json").json
    assert [one["count"] for one in told["differences"]] == [1200, 3, 1]


def test_an_example_shows_both_sides(here: Here) -> None:
    answer = here.run("diffs", "show", "billing", "status")
    assert answer.code == 0
    assert [line.split() for line in answer.out.splitlines()[-3:]] == [
        ["request", "GET", "/api/invoices/"], ["old", "1"], ["new", "2"],
    ]  # fmt: skip


def test_what_is_ignored_is_not_told_any_more_until_that_is_undone(here: Here) -> None:
    assert (
        here.run("diffs", "ignore", "billing", "$.results[*].links", "--reason", "absolute", "--yes").code
        == 0
    )
    assert "links" not in here.run("diffs", "list").out
    assert "absolute" in here.run("routes", "history").out
    here.run("diffs", "ignore", "billing", "$.results[*].links", "--undo", "--yes")
    assert "links" in here.run("diffs", "list").out


def test_what_is_forgotten_is_counted_anew(here: Here) -> None:
    assert (
        here.run("diffs", "forget", "billing", "status").out == "forgot what differed at status in billing\n"
    )
    assert "status" not in here.run("diffs", "list").out
    here.run("diffs", "forget", "billing")
    assert "No difference is kept" in here.run("diffs", "list").err
