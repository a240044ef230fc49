"""The report in a real browser: its script runs under its own policy, and does what it says."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fakes.code_base import shop

from analyzer.pipeline import conclude
from analyzer.report import page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page(conclude(shop().facts()), "src"), "utf-8")
    return path


def browse(report: Path, tmp_path: Path, place: str = "") -> tuple[str, str]:
    """The document after its script ran, and what the browser's console said."""
    assert CHROMIUM is not None
    done = subprocess.run(
        [
            CHROMIUM,
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--enable-logging=stderr",
            f"--user-data-dir={tmp_path / 'profile'}",
            "--dump-dom",
            f"{report.as_uri()}{place}",
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    console = "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)
    return done.stdout, console


def shown(dom: str) -> list[str]:
    return re.findall(r'<section id="(\w+)" class="tab here"', dom)


def test_nothing_is_blocked_or_thrown(report, tmp_path):
    dom, console = browse(report, tmp_path)
    assert console == ""
    assert '<html lang="en" class="js"' in dom
    assert shown(dom) == ["summary"]


def test_the_address_holds_the_tab(report, tmp_path):
    assert shown(browse(report, tmp_path, "#findings")[0]) == ["findings"]


def test_a_link_to_a_boundary_opens_its_tab(report, tmp_path):
    assert shown(browse(report, tmp_path, "#b-billing")[0]) == ["boundaries"]


def test_the_address_holds_the_search(report, tmp_path):
    dom, _ = browse(report, tmp_path, "#boundaries?q=invoice")
    assert re.search(r'id="hits"[^>]*>[1-9] match', dom)
    assert 'id="b-support" class="item boundary" hidden' in dom


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "large.html"
    path.write_text(page(conclude(shop().facts()), "src", eager=0), "utf-8")
    return path


def test_a_large_page_unfolds_what_its_address_names(large, tmp_path):
    dom, console = browse(large, tmp_path, "#u-billing")
    assert console == ""
    part = re.search(r'<details id="u-billing" open="">(.*?)</details>', dom, re.S)
    assert part
    assert "later" not in part[1]
    assert "billing_invoice" in part[1]


def test_a_large_page_unfolds_its_matrix_when_it_is_looked_at(large, tmp_path):
    dom, console = browse(large, tmp_path, "#matrix!tables%7Corders_order%7Cbilling_invoice")
    assert console == ""
    panel = re.search(r'<aside id="evidence".*?</aside>', dom, re.S)
    assert panel
    assert "orders_order uses billing_invoice" in panel[0]
    assert (
        'data-grid="usage"'
        in re.search(r'class="later">.*?</script>', dom[dom.index('id="tables"') :], re.S)[0]
    )


def test_a_module_s_uses_of_a_table_have_their_lines(report, tmp_path):
    dom, console = browse(report, tmp_path, "#tables!usage%7Corders.services%7Corders_order")
    assert console == ""
    panel = re.search(r'<section id="tables".*?<aside class="evidence".*?</aside>', dom, re.S)
    assert panel
    assert "orders/services.py:" in panel[0][panel[0].index("<aside") :]


def test_a_list_that_holds_what_is_searched_for_opens(report, tmp_path):
    dom, _ = browse(report, tmp_path, "#inventory?q=invoice")
    assert '<details id="i-models" open="">' in dom
    assert '<details id="i-routes" open' not in dom or "invoice" in dom[dom.index('id="i-routes"') :]


def test_the_address_holds_the_chosen_cell_with_its_lines(report, tmp_path):
    dom, console = browse(report, tmp_path, "#matrix!boundaries%7Corders%7Cbilling")
    assert console == ""
    panel = re.search(r'<aside id="evidence".*?</aside>', dom, re.S)
    assert panel
    assert "orders uses billing" in panel[0]
    assert "orders/services.py:" in panel[0]
