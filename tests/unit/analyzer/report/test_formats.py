"""The reports that other programs read: SARIF, GitHub's workflow commands, Mermaid."""

from __future__ import annotations

import json
import re

from fakes.code_base import shop

from analyzer.model.facts import Finding, Location
from analyzer.pipeline import conclude
from analyzer.report import mermaid, sarif, workflow_commands

ODD = Finding(
    "STR006",
    "error",
    "50% of a,b:\nwrites c",
    (Location("dir with space/ä,b:c.py", 0), Location("x.py", 7)),
    "Do not.",
)


def test_a_message_cannot_end_an_annotation_or_start_another():
    lines = workflow_commands([ODD], "src/").splitlines()
    assert lines == [
        "::error file=src/dir with space/ä%2Cb%3Ac.py,line=1,title=STR006%3A table written from several boundaries"
        "::50%25 of a,b:%0Awrites c. Do not.",
        "::error file=src/x.py,line=7,title=STR006%3A table written from several boundaries"
        "::50%25 of a,b:%0Awrites c. Do not.",
    ]


def test_a_note_is_a_notice():
    note = Finding("STR005", "note", "late", (Location("x.py", 1),))
    assert workflow_commands([note]).startswith("::notice file=x.py,line=1,")


def test_sarif_names_each_rule_once_and_points_at_it():
    other = Finding("STR001", "warning", "cascades", (Location("y.py", 2),))
    run = json.loads(sarif([(ODD, "f1"), (other, ""), (ODD, "f2")]))["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["STR001", "STR006"]
    assert [rules[r["ruleIndex"]]["id"] for r in run["results"]] == ["STR006", "STR001", "STR006"]
    assert [r.get("partialFingerprints") for r in run["results"]] == [
        {"strangler/v1": "f1"},
        None,
        {"strangler/v1": "f2"},
    ]


def test_sarif_s_places_are_uris_below_the_repository_with_lines_from_one():
    result = json.loads(sarif([(ODD, "")], "src/"))["runs"][0]["results"][0]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {
        "uri": "src/dir%20with%20space/%C3%A4%2Cb%3Ac.py",
        "uriBaseId": "SRCROOT",
    }
    assert place["region"] == {"startLine": 1}
    assert result["relatedLocations"][0]["physicalLocation"]["region"] == {"startLine": 7}


def test_sarif_of_nothing_is_a_run_without_results():
    document = json.loads(sarif([]))
    assert document["version"] == "2.1.0"
    assert document["runs"][0]["results"] == []


def test_the_flowchart_has_a_box_for_each_boundary_and_arrows_with_counts():
    analysis = conclude(shop().facts())
    text = mermaid(analysis)
    assert text.startswith("flowchart LR\n")
    boxes = dict(re.findall(r'^  (b\d+)\["([\w-]+)<br/>', text, re.M))
    assert sorted(boxes.values()) == [b.name for b in analysis.boundaries]
    arrows = {
        (boxes[a], boxes[b]): int(n) for a, n, b in re.findall(r"^  (b\d+) -->\|(\d+)\| (b\d+)$", text, re.M)
    }
    assert arrows["orders", "billing"] >= 1
    assert all(one != other for one, other in arrows)
