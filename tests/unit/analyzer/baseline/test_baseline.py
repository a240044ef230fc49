from dataclasses import replace

import pytest
from fakes.code_base import CodeBase, shop

from analyzer.baseline import Baseline, accept, compare, couplings, read, write
from analyzer.errors import BadBaseline
from analyzer.model.facts import Finding, Location
from analyzer.model.pins import FRAMEWORK
from analyzer.pipeline import conclude
from analyzer.rules import crossings

FINDING = Finding("STR010", "warning", "a reads b", (Location("a.py", 3), Location("a.py", 9)))


def line(text: str = "x = 1"):
    return lambda place: text


def baseline(*findings: Finding, text: str = "x = 1") -> Baseline:
    return accept((), couplings(findings, line(text)))


def told(code: CodeBase):
    analysis = conclude(code.facts())
    return couplings(crossings(analysis), lambda place: f"line {place.line}")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "not a baseline"),
        (b"[]", "not a baseline"),
        (b'{"schema_version": 1, "boundaries": {}}', "couplings"),
        (b'{"schema_version": 9, "boundaries": {}, "couplings": []}', "of version 9, this reads 1"),
        (b'{"schema_version": 1, "boundaries": {}, "couplings": [], "more": 1}', "more"),
        (b"\xff\xfe", "not a baseline"),
    ],
)
def test_what_is_no_baseline_is_told(data, said):
    with pytest.raises(BadBaseline) as error:
        read(data, "b.json")
    assert said in str(error.value)
    assert str(error.value).startswith("b.json")


def test_a_coupling_that_moved_down_is_not_new():
    moved = replace(FINDING, locations=(Location("a.py", 33), Location("a.py", 39)))
    drift = compare(baseline(FINDING), couplings([moved], line("  x   = 1 ")))
    assert (drift.new, drift.gone) == ((), ())


def test_a_coupling_in_a_file_that_moved_is_not_new():
    moved = replace(FINDING, locations=(Location("b.py", 1), Location("c.py", 1)))
    assert compare(baseline(FINDING), couplings([moved], line())).new == ()


def test_one_more_of_the_same_is_new_and_is_the_last_one():
    more = replace(FINDING, locations=(*FINDING.locations, Location("z.py", 1)))
    drift = compare(baseline(FINDING), couplings([more], line()))
    assert [coupling.location.file for coupling in drift.new] == ["z.py"]


def test_another_line_that_does_the_same_is_new():
    drift = compare(baseline(FINDING), couplings([FINDING], line("y = 2")))
    assert len(drift.new) == 2
    assert sum(known.count for known in drift.gone) == 2


def test_what_is_gone_is_told_with_its_number():
    fewer = replace(FINDING, locations=FINDING.locations[:1])
    drift = compare(baseline(FINDING), couplings([fewer], line()))
    assert drift.new == ()
    assert [(known.message, known.count) for known in drift.gone] == [("a reads b", 1)]


def test_a_baseline_is_read_as_it_was_written_one_coupling_a_line():
    analysis = conclude(shop().facts())
    found = accept(analysis.boundaries, told(shop()))
    data = write(found)
    assert read(data, "b.json") == found
    assert data == write(accept(analysis.boundaries, reversed(told(shop()))))
    assert sum(row.startswith(b'{"fingerprint"') for row in data.splitlines()) == len(found.known)
    assert FRAMEWORK not in found.boundaries


def test_everything_that_crosses_is_a_coupling():
    code = shop().imports("orders.services", "billing.models").writes("support.views.pay", "billing.Payment")
    code.access("support.views.pay", "orders.Order").join("support.Ticket", "orders.Order")
    codes = {coupling.finding.code for coupling in told(code)}
    assert {"STR001", "STR002", "STR006", "STR007", "STR010", "STR011"} <= codes


def test_what_stays_inside_is_none():
    code = CodeBase().model("a.A").model("a.B", cascade="a.A").model("a.C", cascade="a.B")
    code.transaction("a.services.save", "a.A", "a.B", "a.C")
    assert told(code) == ()
