"""Findings as SARIF 2.1.0 (OASIS, 2020), which code-scanning services and editors read."""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any
from urllib.parse import quote

import msgspec

from analyzer.model.facts import Finding, Location
from analyzer.rules import RULES, Rule

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def sarif(findings: Iterable[tuple[Finding, str]], prefix: str = "") -> bytes:
    """One run with a result for each finding; beside it stands its fingerprint, which may be empty.

    ``prefix`` is put before every path: the analysed folder as seen from the root of the repository.
    """
    listed = list(findings)
    codes = sorted({finding.code for finding, _ in listed})
    driver = {
        "name": "strangler",
        "version": version("strangler"),
        "rules": [_rule(RULES[code]) for code in codes],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, mark, prefix, codes.index(finding.code)) for finding, mark in listed],
    }
    document = {"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}
    return msgspec.json.format(msgspec.json.encode(document), indent=1) + b"\n"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.why},
        "help": {"text": rule.remedy},
        "defaultConfiguration": {"level": rule.severity},
    }


def _result(finding: Finding, mark: str, prefix: str, index: int) -> dict[str, Any]:
    places = [_place(place, prefix) for place in finding.locations]
    result: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": f"{finding.message}. {finding.remedy}"},
        "locations": places[:1],
    }
    if places[1:]:
        result["relatedLocations"] = [{"id": i, **place} for i, place in enumerate(places[1:])]
    if mark:
        result["partialFingerprints"] = {"strangler/v1": mark}
    return result


def _place(place: Location, prefix: str) -> dict[str, Any]:
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(prefix + place.file), "uriBaseId": "SRCROOT"},
            "region": {"startLine": max(1, place.line)},
        }
    }
