"""Findings as the lines that GitHub's workflow runner turns into annotations on a change."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.model.facts import Finding
from analyzer.rules import RULES

_LEVELS = {"error": "error", "warning": "warning", "note": "notice"}


def workflow_commands(findings: Iterable[Finding], prefix: str = "") -> str:
    """One line for each place of each finding. ``prefix`` is put before every path."""
    return "".join(
        f"::{_LEVELS[finding.severity]} file={_property(prefix + place.file)},line={max(1, place.line)},"
        f"title={_property(f'{finding.code}: {RULES[finding.code].title}')}::"
        f"{_data(f'{finding.message}. {finding.remedy}')}\n"
        for finding in findings
        for place in finding.locations
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
