"""The report under axe-core, the accessibility engine, in a real browser: no serious violation on any tab."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from fakes import browser
from fakes.code_base import shop

from analyzer.pipeline import conclude
from analyzer.report import page
from analyzer.report.html import TABS

AXE = os.environ.get("STRANGLER_AXE", "")

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(not AXE, reason="STRANGLER_AXE does not name axe-core's axe.min.js"),
    pytest.mark.skipif(
        browser.CHROMIUM is None or browser.DRIVER is None,
        reason="Chromium and chromedriver are not installed",
    ),
]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_tab_has_a_serious_violation(tmp_path: Path, scheme: str) -> None:
    report = tmp_path / "report.html"
    report.write_text(page(conclude(shop().facts()), "src"), "utf-8")
    with browser.Browser(dark=scheme == "dark") as window:
        for name, _ in TABS:
            window.open("about:blank")
            window.open(f"{report.as_uri()}#{name}")
            assert _violations(window) == [], name


def test_the_engine_finds_what_is_wrong(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.html"
    wrong.write_text(
        '<!doctype html><html lang="en"><title>x</title><p style="color:#eee;background:#fff">pale'
    )
    with browser.Browser() as window:
        window.open(wrong.as_uri())
        assert [found[0] for found in _violations(window)] == ["color-contrast"]


def _violations(window: browser.Browser) -> list[Any]:
    window.run(Path(AXE).read_text("utf-8"))
    found = window.run_async(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']}).then((result) => done(result.violations"
        ".map((v) => [v.id, v.impact, v.nodes.length, v.nodes[0].html.slice(0, 200)])));"
    )
    return [violation for violation in found if violation[1] in ("serious", "critical")]
