"""The sample monolith, run by its real server under the recorder, visited, and analysed with what was written."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from analyzer.model.plan import Analysis
from analyzer.pipeline import analyze
from analyzer.runtime import RECORDER, Evidence, Observations, read_evidence

SAMPLE = Path(__file__).resolve().parents[3] / "sample_monolith"
ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")
SETTINGS = """\
from saas.settings import *
MIDDLEWARE = ["strangler_recorder.middleware", *MIDDLEWARE]
STRANGLER_RECORDER = {{"FILE": {file!r}, "SAMPLE": 1, "INTERVAL": 600}}
"""
PAGES = (
    "/", "/orders/", "/customers/", "/catalog/", "/inventory/", "/support/", "/reports/", "/audit/",
    "/api/orders/", "/api/billing/invoices/", "/api/me/", "/admin/", "/admin/orders/order/", "/no/such/page",
)  # fmt: skip


@dataclass(frozen=True)
class Visit:
    """What the recorder wrote, an access log of the same pages, and their status codes."""

    file: Path
    log: Path
    statuses: dict[str, int]


@pytest.fixture(scope="module")
def visit(tmp_path_factory: pytest.TempPathFactory) -> Visit:
    folder = tmp_path_factory.mktemp("recorded")
    shutil.copy(RECORDER, folder)
    file, log = folder / "seen.jsonl", folder / "access.log"
    (folder / "observed_settings.py").write_text(SETTINGS.format(file=str(file)))
    command = [str(SAMPLE / "run.py"), "--port", "0", "--database", str(folder / "a.db"), "--orders", "30"]
    environment = {
        **os.environ,
        "PYTHONWARNINGS": "",
        "PYTHONPATH": str(folder),
        "DJANGO_SETTINGS_MODULE": "observed_settings",
        "SAAS_MEDIA": str(folder / "media"),
    }
    running = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    )
    try:
        statuses = _browse(_address(running))
    finally:
        running.send_signal(signal.SIGINT)  # the recorder writes what it has when the interpreter ends
        running.communicate(timeout=20)
    line = '127.0.0.1 - - [20/Nov/2026:10:00:00 +0000] "GET {} HTTP/1.1" {} 512 "-" "curl" 0.020\n'
    log.write_text("".join(line.format(path, status) for path, status in statuses.items()))
    return Visit(file, log, statuses)


def _address(running: subprocess.Popen[str]) -> str:
    assert running.stdout is not None
    lines = []
    for line in running.stdout:
        lines.append(line)
        if "Serving" in line and (found := ADDRESS.search(line)):
            return found[0]
    raise AssertionError(f"the sample did not start: {lines}")


def _browse(address: str) -> dict[str, int]:
    with httpx.Client(base_url=address, timeout=30) as browser:
        form = {"username": "admin", "password": "demo-password"}
        form["csrfmiddlewaretoken"] = _token(browser.get("/accounts/login/").text)
        browser.post("/accounts/login/", data=form)
        statuses = {page: browser.get(page).status_code for page in PAGES}
        order = {"customer": 1, "items": [{"product": 1, "quantity": 1}]}
        token = {"x-csrftoken": browser.cookies["csrftoken"]}
        browser.post("/api/orders/", json=order, headers=token)
        return statuses


def _token(page: str) -> str:
    found = re.search(r'csrfmiddlewaretoken" value="([^"]+)', page)
    assert found
    return found[1]


@pytest.fixture(scope="module")
def seen(visit: Visit) -> Observations:
    return read_evidence(visit.file)


@pytest.fixture(scope="module")
def analysis(visit: Visit) -> Analysis:
    return analyze(SAMPLE, evidence=Evidence([visit.file]))


def test_nothing_of_what_was_sent_is_in_the_file(visit: Visit) -> None:
    text = visit.file.read_text()
    for secret in ("demo-password", "admin@", "no/such/page", "WHERE", "127.0.0.1", str(SAMPLE)):
        assert secret not in text


def test_the_recorder_lost_and_broke_nothing(visit: Visit, seen: Observations) -> None:
    assert (seen.dropped, seen.failures, seen.skipped) == (0, 0, 0)
    assert set(visit.statuses.values()) == {200, 404}
    assert seen.requests == seen.sampled == len(PAGES) + 3


def test_the_file_is_for_its_owner_only(visit: Visit) -> None:
    assert visit.file.stat().st_mode & 0o777 == 0o600


def test_every_page_is_counted_on_its_url_pattern(visit: Visit, analysis: Analysis) -> None:
    observed = analysis.facts.observed
    assert observed is not None
    served = {analysis.facts.routes[each.position].route for each in observed.traffic}
    assert served == {page.lstrip("/") for page, status in visit.statuses.items() if status == 200} | {
        "accounts/login/"
    }
    assert observed.unmatched == 1
    assert not [f for f in observed.missed if f.code == "STR114"]


def test_the_access_log_tells_the_same_traffic_with_nothing_installed(visit: Visit) -> None:
    observed = analyze(SAMPLE, evidence=Evidence(access_logs=[visit.log])).facts.observed
    assert observed is not None
    assert observed.requests == len(PAGES)
    assert observed.unmatched == 1
    assert {(each.requests, each.errors) for each in observed.traffic} == {(1, 0)}


def test_statements_are_put_down_to_the_line_that_ran_them(seen: Observations) -> None:
    """Every place that was recorded is a line of the sample, in the function that it names."""
    places = {site for _, site, *_ in seen.sites if site.file}
    assert len(places) > 10
    for site in places:
        lines = (SAMPLE / site.file).read_text().splitlines()
        assert f"def {site.function.rpartition('.')[2]}" in "\n".join(lines[: site.line])


def test_what_the_static_analysis_did_not_know_is_merged_with_its_evidence(analysis: Analysis) -> None:
    bare = analyze(SAMPLE)
    known = {(a.location.file, a.table, a.mode) for a in bare.facts.accesses}
    added = [access for access in analysis.facts.accesses if access.rule == "observed"]
    assert all((a.location.file, a.table, a.mode) not in known for a in added)
    observed = analysis.facts.observed
    assert observed is not None
    assert 0 < observed.pairs_foreseen <= observed.pairs_seen
    home = next(route for route in analysis.facts.routes if route.route == "")
    assert {"orders_order", "notifications_notification"} <= set(home.tables_read)
    told = [f for f in analysis.findings if f.code == "STR111"]
    missing = observed.pairs_seen - observed.pairs_foreseen
    assert bool(told) == bool(missing)
    assert any("request" in reason for step in analysis.order for reason in step.reasons)
