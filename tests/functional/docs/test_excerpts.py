"""What the documentation shows of a terminal is what the commands answer."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from fakes.excerpts import Excerpt, answers, excerpts
from real_code import fetch

ROOT = Path(__file__).parents[3]


def differing(page: Path, folder: Path) -> list[tuple[str, str]]:
    """(command, the line that its answer does not have) for each excerpt that is not what the command answers."""
    found = excerpts(page)
    told = answers(found, folder)
    assert len(told) == len(found) > 0
    wrong = [(each.command, each.missing(text)) for each, text in zip(found, told, strict=True)]
    return [pair for pair in wrong if pair[1]]


def test_an_excerpt_that_is_not_the_answer_is_noticed(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("```console\n$ printf 'a\\nb\\nc\\n'\na\n...\nd\n$ echo 1\n2\n```\n")
    assert differing(page, tmp_path) == [("printf 'a\\nb\\nc\\n'", "d"), ("echo 1", "2")]


def test_lines_left_out_are_not_compared_and_order_is():
    assert Excerpt("x", (("a",), ("c", "d"))).missing("a\nb\nc\nd\n") == ""
    assert Excerpt("x", (("b",),)).missing("a\nb\n") == "b"
    assert Excerpt("x", (("a",), ("c",), ("b",))).missing("a\nb\nc\n") == "b"


def test_the_readme_shows_what_the_sample_gives(tmp_path):
    shutil.copytree(ROOT / "sample_monolith", tmp_path / "sample_monolith")
    assert differing(ROOT / "README.md", tmp_path) == []


@pytest.mark.real
def test_the_worked_example_shows_what_its_commands_give(tmp_path):
    project = fetch("label-studio", "1.13.1")
    shutil.copytree(project, tmp_path / project.name)
    assert differing(ROOT / "docs" / "worked-example.md", tmp_path) == []
