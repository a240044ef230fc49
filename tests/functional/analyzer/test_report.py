"""``strangler analyze`` on the sample monolith, as a person would call it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analyzer.model import schema

ROOT = Path(__file__).parents[3]
SAMPLE = ROOT / "sample_monolith"


def strangler(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """One run of the command line, without a terminal."""
    clean = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "FORCE_COLOR")}
    return subprocess.run(
        [sys.executable, "-c", "from strangler.cli import main; main()", *arguments],
        cwd=cwd,
        env=clean | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        check=False,
        timeout=120,
    )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``analysis.json`` and ``report.html`` of the sample."""
    folder = tmp_path_factory.mktemp("reports")
    for kind, name in (("json", "analysis.json"), ("html", "report.html")):
        done = strangler("analyze", str(SAMPLE), "--format", kind, "-o", name, cwd=folder)
        assert done.returncode == 0, done.stderr
        assert done.stdout == b""
    return folder


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["/nowhere/at/all"], "/nowhere/at/all"),
        ([str(SAMPLE), "--format", "pdf"], "there is no format 'pdf'"),
        ([str(SAMPLE), "--boundary", "biling"], "Did you mean billing?"),
        ([str(SAMPLE), "--boundary", "billing", "--format", "json"], "printed as text"),
        ([str(SAMPLE), "-o", "missing/folder/report.txt"], "missing/folder/report.txt: cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(tmp_path, arguments, said):
    done = strangler("analyze", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert done.stdout == b""
    error = done.stderr.decode()
    assert said in error
    assert "Traceback" not in error
    assert len(error.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_empty_folder_is_no_project(tmp_path):
    assert strangler("analyze", str(tmp_path), cwd=tmp_path).returncode == 2


def test_the_report_is_plain_when_piped_and_the_answer_comes_first(tmp_path):
    done = strangler("analyze", str(SAMPLE), cwd=tmp_path)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "\x1b" not in text
    assert text.startswith("Extract next: ")
    assert "ORM sites resolved" in text
    assert len(text.splitlines()) <= 50
    assert done.stderr.decode().startswith("analysed ")


def test_colour_can_be_forced_and_forbidden(tmp_path):
    colour = re.compile(rb"\x1b\[3\dm")
    assert colour.search(strangler("analyze", str(SAMPLE), cwd=tmp_path, FORCE_COLOR="1").stdout)
    forbidden = strangler("analyze", str(SAMPLE), cwd=tmp_path, FORCE_COLOR="1", NO_COLOR="1")
    assert not colour.search(forbidden.stdout)


def test_two_runs_write_the_same_bytes(tmp_path, written):
    again = strangler("analyze", str(SAMPLE), "--format", "json", cwd=tmp_path, PYTHONHASHSEED="7")
    assert again.stdout == (written / "analysis.json").read_bytes()
    page = strangler("analyze", str(SAMPLE), "--format", "html", cwd=tmp_path, PYTHONHASHSEED="8")
    assert page.stdout == (written / "report.html").read_bytes()


def test_the_file_can_be_read_back_and_names_no_place_of_this_machine(written):
    data = (written / "analysis.json").read_bytes()
    analysis = schema.read(data)
    assert schema.write(analysis) == data
    assert str(ROOT).encode() not in data
    assert {b.name for b in analysis.boundaries} >= {"billing", "notifications", "support"}


def test_a_boundary_has_its_page(tmp_path, written):
    done = strangler("analyze", str(SAMPLE), "--boundary", "billing", cwd=tmp_path)
    text = done.stdout.decode()
    assert done.returncode == 0
    assert "billing.Payment" in text
    assert re.search(r"\w+/\w+\.py:\d+", text)


def test_billing_owns_the_urls_of_its_invoices(written):
    analysis = schema.read((written / "analysis.json").read_bytes())
    [billing] = [b for b in analysis.boundaries if b.name == "billing"]
    views = {analysis.facts.routes[position].view for position in billing.routes}
    assert any(view.startswith("billing.") for view in views)


def test_the_page_needs_no_network(written):
    class Reader(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.links: list[str] = []
            self.tags: set[str] = set()

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.add(tag)
            self.links += [value or "" for name, value in attrs if name in ("src", "href", "action", "data")]

    text = (written / "report.html").read_text("utf-8")
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert all(link.startswith("#") for link in reader.links)
    assert not {"link", "iframe", "img", "object", "embed", "base", "form"} & reader.tags
    assert len(text) < 3_000_000


def test_the_suggested_boundaries_are_near_the_intended_ones(written):
    truth = tomllib.loads((SAMPLE / "TRUTH.toml").read_text("utf-8"))
    intended = {model: b["name"] for b in truth["boundary"] for model in b["models"]}
    found = {
        model: b.name
        for b in schema.read((written / "analysis.json").read_bytes()).boundaries
        for model in b.models
    }
    models = sorted(intended)
    assert adjusted_rand([intended[m] for m in models], [found[m] for m in models]) >= 0.9


def test_every_code_can_be_looked_up(tmp_path, written):
    codes = {f["code"] for f in json.loads((written / "analysis.json").read_bytes())["findings"]}
    assert codes
    for code in codes:
        assert strangler("rule", code, cwd=tmp_path).stdout.decode().startswith(code)
    assert strangler("rule", "STR999", cwd=tmp_path).returncode == 2


def adjusted_rand(one: list[str], other: list[str]) -> float:
    """Hubert and Arabie, "Comparing partitions", J. Classification 2 (1985)."""
    from collections import Counter
    from math import comb

    both = sum(comb(n, 2) for n in Counter(zip(one, other, strict=True)).values())
    rows = sum(comb(n, 2) for n in Counter(one).values())
    columns = sum(comb(n, 2) for n in Counter(other).values())
    expected = rows * columns / comb(len(one), 2)
    return (both - expected) / ((rows + columns) / 2 - expected)
