"""What operators load into Prometheus and Grafana speaks of metrics that there are."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
RULES = ROOT / "deploy" / "prometheus" / "strangler.rules.yml"
DASHBOARD = ROOT / "deploy" / "grafana" / "strangler.json"
NAME = re.compile(r"\bstrangler_[a-z_]+\b")
TOLD = re.compile(r'"(strangler_[a-z_]+)"')


def told() -> set[str]:
    """The metrics that the code names, and the series of its histograms."""
    names = {name for file in (ROOT / "strangler").rglob("*.py") for name in TOLD.findall(file.read_text())}
    histograms = [name for name in names if name.endswith("_seconds")]
    return names | {f"{name}{end}" for name in histograms for end in ("_bucket", "_count", "_sum")}


@pytest.mark.parametrize(
    "file", [RULES, DASHBOARD, RULES.with_name("strangler.test.yml")], ids=lambda file: file.name
)
def test_every_metric_that_is_asked_for_is_told(file: Path) -> None:
    asked = set(NAME.findall(file.read_text()))
    assert len(asked) > 5
    assert asked <= told()


def test_every_alert_has_a_severity_that_is_known_and_says_what_happened() -> None:
    alerts = RULES.read_text().split("- alert: ")[1:]
    assert len(alerts) >= 10
    for alert in alerts:
        assert re.search(r"labels: \{severity: (critical|warning|info)\}", alert), alert
        assert "summary:" in alert
        assert "description:" in alert


def test_every_alert_is_tested() -> None:
    names = set(re.findall(r"- alert: (\w+)", RULES.read_text()))
    assert names == set(re.findall(r"alertname: (\w+)", RULES.with_name("strangler.test.yml").read_text()))


def test_the_panels_of_the_dashboard_do_not_lie_on_each_other() -> None:
    panels = json.loads(DASHBOARD.read_text())["panels"]
    taken = [
        (x, y)
        for panel in panels
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(taken) == len(set(taken))
    assert max(x for x, _ in taken) < 24
    assert len({panel["id"] for panel in panels}) == len(panels)


@pytest.mark.service
@pytest.mark.parametrize("command", [["check", "rules", RULES.name], ["test", "rules", "strangler.test.yml"]])
def test_prometheus_own_tool_agrees(command: list[str]) -> None:
    if shutil.which("promtool") is None:
        pytest.skip("promtool is not installed (Debian's package prometheus)")
    done = subprocess.run(
        ["promtool", *command], cwd=RULES.parent, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "SUCCESS" in done.stdout
