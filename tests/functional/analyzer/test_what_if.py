"""The tab What if in a real browser: the page's figures are those of the command line, whatever is moved."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import unquote

import pytest
from fakes.browser import CHROMIUM, DRIVER, Browser
from fakes.code_base import shop

from analyzer.boundaries.bill import cost
from analyzer.model.pins import read_pins
from analyzer.model.plan import Analysis
from analyzer.pipeline import Options, analyze, conclude
from analyzer.report import page

SAMPLE = Path(__file__).parents[3] / "sample_monolith"

pytestmark = [
    pytest.mark.service,
    pytest.mark.skipif(
        CHROMIUM is None or DRIVER is None, reason="Chromium and chromedriver are not installed"
    ),
]

ROWS = """
return [...document.querySelectorAll('#whatif-plan tbody tr')].map((row) => [...row.cells].map((c) => c.textContent));
"""
MOVE = """
const [label, name] = arguments;
const select = document.querySelector('[aria-label="boundary of ' + CSS.escape(label) + '"]');
select.dispatchEvent(new Event('focus'));
if (![...select.options].some((o) => o.value === name)) throw new Error('no ' + name);
select.value = name;
select.dispatchEvent(new Event('change'));
"""
TOML = "return document.querySelector('#whatif-tools a').href;"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with Browser() as found:
        yield found


def opened(browser: Browser, analysis: Analysis, folder: Path) -> None:
    report = folder / "report.html"
    report.write_text(page(analysis, "src"), "utf-8")
    browser.open("about:blank")
    browser.open(f"{report.as_uri()}#whatif")


def saved(browser: Browser) -> str:
    return unquote(browser.run(TOML).partition(",")[2])


def shown(browser: Browser) -> dict[str, list[str]]:
    return {row[0]: row[1:] for row in browser.run(ROWS)}


def told(analysis: Analysis) -> dict[str, list[str]]:
    """The same table from the analyzer's own plan."""
    steps = {step.boundary: step for step in analysis.order}
    found = {}
    for b in analysis.boundaries:
        m, step = b.metrics, steps.get(b.name)
        kinds = Counter(item.kind for item in b.bill)
        blockers = kinds["transaction"] + kinds["shared_write"] + kinds["signal"]
        figures: list[Any] = [m.tables, len(b.routes), f"{m.cohesion:.2f}", m.leaks_in, m.leaks_out]
        figures += [f"{m.purity:.2f}", m.distributed_writes, blockers, f"{cost(b.bill):.0f}"]
        figures += [f"{step.value:.2f}", f"{step.risk:.2f}"] if step else ["", ""]
        found[b.name] = [b.verdict, *map(str, figures)]
    return found


def close(one: dict[str, list[str]], other: dict[str, list[str]]) -> bool:
    """Equal but for the last digit shown, which two languages round differently at a half."""
    if one.keys() != other.keys():
        return False
    pairs = [(a, b) for name in one for a, b in zip(one[name], other[name], strict=True) if a != b]
    return all(
        a and b and a[0].isdigit() and abs(float(a) - float(b)) <= (0.0101 if "." in a else 1)
        for a, b in pairs
    )


def test_an_unedited_page_shows_the_draft(browser, tmp_path):
    analysis = conclude(shop().facts())
    opened(browser, analysis, tmp_path)
    assert shown(browser) == told(analysis)
    assert browser.console() == []


def test_a_hundred_random_moves_give_the_figures_of_the_command_line(browser, tmp_path):
    analysis = analyze(SAMPLE)
    opened(browser, analysis, tmp_path)
    random, labels = (
        Random(20),
        [m.label for m in analysis.facts.models if not m.library and not m.abstract and not m.proxy],
    )
    rounds = 0
    for _ in range(100):
        names = [name for name in shown(browser) if name != "framework"]
        browser.run(MOVE, random.choice(labels), random.choice([*names, "new boundary …"]))
        pins = read_pins(tomllib.loads(saved(browser)), "page")
        expected = told(conclude(analysis.facts, Options(pins=pins)))
        assert close(shown(browser), expected), (shown(browser), expected)
        rounds += 1
    assert rounds == 100
    assert browser.console() == []


def test_boundaries_are_renamed_merged_shared_and_restored(browser, tmp_path):
    analysis = conclude(shop().facts())
    opened(browser, analysis, tmp_path)
    before = shown(browser)
    press = """
    const [from, to, text] = arguments;
    const tools = document.getElementById('whatif-tools');
    tools.querySelector('select').value = from;
    tools.querySelector('input').value = to;
    [...tools.querySelectorAll('button')].find((b) => b.textContent.startsWith(text)).click();
    """
    browser.run(press, "billing", "money", "Rename")
    assert {"money", "orders"} <= shown(browser).keys()
    browser.run(press, "orders", "money", "Rename")
    assert "orders" not in shown(browser)
    assert set(read_pins(tomllib.loads(saved(browser)), "x").boundaries["money"]) >= {
        "orders.Order",
        "billing.Invoice",
    }
    browser.run(press, "support", "", "Share")
    assert shown(browser)["support"][0] == "shared reference data"
    assert "shared = true" in saved(browser)
    browser.run(press, "money", "no good name", "Rename")
    assert "money" in shown(browser)
    browser.run(press, "money", "", "Undo")
    assert shown(browser) == before
