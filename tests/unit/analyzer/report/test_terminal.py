import re
from dataclasses import replace

import pytest
from fakes.code_base import CodeBase, shop
from rich.text import Text

from analyzer.model.facts import Facts, Finding, Location
from analyzer.model.plan import Analysis, Boundary
from analyzer.pipeline import conclude
from analyzer.report import boundary_page, report, wrapped
from analyzer.report.summary import is_blocker


@pytest.fixture
def analysis() -> Analysis:
    return conclude(shop().facts(orm_sites=40, orm_sites_resolved=39))


def named(analysis: Analysis, name: str) -> Boundary:
    return next(b for b in analysis.boundaries if b.name == name)


def test_hostile_names_cannot_repaint_the_terminal():
    code = shop().model("orders.\x1b[2J\u202e[red]Evil", cascade="accounts.User orders.Order")
    code.transaction("orders.services.\x1b]0;owned\x07", "billing.Invoice", "orders.Order")
    analysis = conclude(code.facts(project="\x1b[31m[bold]shop"))
    text = report(analysis).plain + "".join(boundary_page(analysis, b).plain for b in analysis.boundaries)
    assert not {"\x1b", "\x07", "\u202e"} & set(text)
    assert "[bold]shop" in text


def test_an_empty_project_is_reported_not_crashed_on():
    text = report(conclude(Facts("empty"))).plain
    assert text.startswith("No model was found")
    assert "no ORM sites" in text


def test_a_single_cluster_says_do_not_split():
    code = CodeBase().model("a.A").model("a.B", cascade="a.A").transaction("a.services.save", "a.A", "a.B")
    assert "do not split this" in report(conclude(code.facts())).plain


def test_the_answer_comes_first(analysis):
    assert report(analysis).plain.startswith("Extract next: support (2 couplings to cut, no blockers)")


def test_a_boundary_that_is_blocked_is_not_to_be_extracted_next():
    code = CodeBase()
    for app in ("a", "b"):
        for name in "XYZ":
            code.model(f"{app}.{name}", cascade=f"{app}.X" if name != "X" else "")
        for _ in range(3):
            code.transaction(f"{app}.services.save", f"{app}.X", f"{app}.Y", f"{app}.Z")
        code.route(f"{app}/", f"{app}.views.show", read=f"{app}.X")
    code.transaction("a.services.both", "a.X", "b.X")
    text = report(conclude(code.facts())).plain
    assert re.match(r"Extract nothing yet: untangle [ab] first \(2 blockers, 2 couplings in all\)", text)
    assert "routes import" not in text
    assert "strangler analyze . --format html -o report.html" in text


def test_nothing_is_said_to_be_worth_something_for_url_patterns_that_nobody_found():
    code = shop()
    problem = Finding("unfollowed-include", "warning", "include('x.urls')", (Location("urls.py", 3),))
    lines = report(conclude(code.facts(routes=(), problems=(problem,)))).plain.splitlines()
    assert "value: 0 URL patterns" not in "\n".join(lines)
    assert lines[1].startswith("No URL pattern was found")
    assert lines[2] == "1 include could not be followed (STR106): its URL patterns are missing."
    assert lines[3].strip().startswith("value: URL patterns unknown, ")
    routed = report(conclude(code.facts())).plain
    assert "No URL pattern" not in routed


def test_one_screen(analysis):
    assert len(report(analysis).plain.splitlines()) <= 45


def test_coverage_is_part_of_the_result(analysis):
    assert "97.5% of 40 ORM sites resolved" in report(analysis).plain


def test_the_table_stands_in_the_order_of_extraction(analysis):
    text = report(analysis).plain
    names = [step.boundary for step in analysis.order] + ["accounts"]
    rows = [line.split()[0] for line in text.splitlines() if line.split()[:1] and line.split()[0] in names]
    assert rows[:4] == names


def test_the_next_commands_name_the_project_as_the_reader_did(analysis):
    text = report(analysis, "my shop").plain
    assert "strangler analyze 'my shop' --format json -o analysis.json" in text
    assert "strangler routes import analysis.json --boundary support --service http://127.0.0.1:9001" in text
    assert "strangler routes shadow support 10" in text


def test_a_boundarys_page_has_members_bill_and_lines(analysis):
    text = boundary_page(analysis, named(analysis, "billing")).plain
    assert text.startswith("billing: extract after 2 blockers")
    assert "billing.Payment" in text
    assert "STR002" in text
    assert "orders/services.py:" in text


def test_reference_data_gets_no_commands(analysis):
    assert "routes import" not in boundary_page(analysis, named(analysis, "accounts")).plain


@pytest.mark.parametrize("width", [40, 80])
def test_a_terminals_lines_are_broken_between_words_and_commands_are_not(analysis, width):
    text = report(analysis)
    lines = wrapped(text, width).plain.splitlines()
    broken = [line for line in lines if len(line) > width]
    assert all(line.startswith("  strangler ") or " " not in line.strip() for line in broken)
    assert " ".join(wrapped(text, width).plain.split()) == " ".join(text.plain.split())
    assert wrapped(text, 10_000).plain == text.plain


def test_the_table_leaves_out_what_there_is_no_room_for(analysis):
    def table(width: int | None) -> list[str]:
        lines = report(analysis, width=width).plain.splitlines()
        start = next(i for i, line in enumerate(lines) if line.startswith("boundary"))
        return lines[start : start + 1 + len(analysis.boundaries)]

    assert all(len(line) <= 60 for line in table(60))
    assert table(60)[0].split() == ["boundary", "verdict", "tables", "routes", "in/out"]
    assert table(None)[0].split()[-1] == "sure"
    assert table(10)[0].split() == ["boundary", "verdict", "tables", "in/out"]


def test_a_remedy_stands_once_below_the_items_of_its_kind(analysis):
    lines = [line.strip() for line in report(analysis).plain.splitlines()]
    remedies = {item.remedy for b in analysis.boundaries for item in b.bill}
    assert all(lines.count(remedy) <= 1 for remedy in remedies)


def test_a_boundarys_page_names_every_place_of_its_bill(analysis):
    billing = named(analysis, "billing")
    text = boundary_page(analysis, billing).plain
    assert all(
        str(place) in text for item in billing.bill if item.kind != "route" for place in item.locations
    )


def test_further_lines_hang_below_the_first():
    line = Text("  STR002  save writes billing: billing_invoice")
    assert wrapped(line, 30).plain.splitlines() == [
        "  STR002  save writes billing:",
        " " * 10 + "billing_invoice",
    ]
    assert wrapped(Text("one two three"), 9).plain == "one two\n  three"


def test_what_is_left_out_is_counted_as_what_it_is(analysis):
    """The next boundary of this one has blockers, and couplings that block nothing."""
    billing = named(analysis, "billing")
    first = replace(
        analysis, boundaries=(billing,), order=tuple(s for s in analysis.order if s.boundary == "billing")
    )
    blocking = [item for item in billing.bill if is_blocker(item)]
    others = [item for item in billing.bill if item.kind != "route" and not is_blocker(item)]
    text = report(first).plain
    assert (len(blocking), len(others)) == (2, 2)
    assert "  and 2 couplings that block nothing: strangler analyze . --boundary billing" in text


def test_a_bill_is_told_in_words(analysis):
    assert "(2 cascades" in report(analysis).plain or "(1 cascade" in report(analysis).plain
    assert not re.search(r"\b([2-9]|\d\d+) (cascade|join|read|import|fk)\b", report(analysis).plain)
