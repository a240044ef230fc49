from __future__ import annotations

import ast
from pathlib import Path

from fakes.commands import Here
from fakes.observations import batch, join, site, view, write

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
