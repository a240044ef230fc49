import re
from pathlib import Path

import pytest

SAMPLE = str(Path(__file__).parents[4] / "sample_monolith")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--format", "pdf"], "there is no format 'pdf'"),
        (["--state", "sqlite:///none.db"], "none.db"),
        (["--history", "strangler.toml"], "not a day of progress"),
    ],
)
def test_what_cannot_be_told_is_one_line_and_exit_2(run, tmp_path, arguments, told):
    (tmp_path / "strangler.toml").write_text("[upstreams]\n")
    answer = run("progress", SAMPLE, *arguments)
    assert answer.code == 2
    assert told in answer.err
    assert answer.out == ""


def test_before_the_first_route_all_is_left(run):
    answer = run("progress", SAMPLE)
    assert answer.code == 0
    assert answer.out.startswith("0% of ")
    assert "No history yet" in answer.out


def test_what_moved_is_seen_recorded_and_drawn(run, tmp_path):
    analysis = str(tmp_path / "analysis.json")
    run("analyze", SAMPLE, "--format", "json", "-o", analysis)
    add = ["--boundary", "billing", "--service", "http://127.0.0.1:9001"]
    assert run("routes", "import", analysis, *add).code == 0
    run("routes", "writer", "billing", "monolith")
    assert run("routes", "canary", "billing", "50").code == 0
    old = {"date": "2026-01-01", "endpoints": 300, "left": 300, "lines": 9999, "tables": 40}
    (tmp_path / "strangler-progress.jsonl").write_text(str(old).replace("'", '"') + "\n")
    answer = run("progress", SAMPLE, "--record")
    assert re.search(r"^billing +\d+ +\d+ +\d+% +- +monolith", answer.out, re.M)
    assert "since 2026-01-01: 300 -> " in answer.out
    assert len((tmp_path / "strangler-progress.jsonl").read_text().splitlines()) == 2
    found = run("progress", SAMPLE, "--format", "json").json
    [billing] = [part for part in found["boundaries"] if part["name"] == "billing"]
    assert 0 < billing["moved"] <= billing["endpoints"] / 2
    assert found["history"][0]["date"] == "2026-01-01"
    page = run("progress", SAMPLE, "--format", "html").out
    assert "Content-Security-Policy" in page
    assert page.count("<circle") == 4
    assert "<script" not in page
