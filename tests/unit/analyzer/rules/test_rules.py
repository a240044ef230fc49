import re

from fakes.code_base import CodeBase, shop

from analyzer.boundaries import draw
from analyzer.coupling import couple, index_tables
from analyzer.model.facts import Access, Finding, Location, RawSQL
from analyzer.rules import RULES, find


def findings(code: CodeBase, **settings) -> list[Finding]:
    facts = code.facts(**settings)
    tables = index_tables(facts)
    boundaries, _ = draw(facts, tables, couple(facts, tables))
    return list(find(facts, tables, boundaries))


def codes(code: CodeBase, **settings) -> list[str]:
    return [finding.code for finding in findings(code, **settings)]


def test_a_project_without_crossings_has_no_findings():
    code = CodeBase().model("a.A").model("a.B", cascade="a.A").transaction("a.services.save", "a.A", "a.B")
    assert codes(code) == []


def test_a_transaction_inside_one_boundary_is_none():
    assert all(
        "services.py" not in str(f.locations) or "place" in f.message
        for f in findings(shop())
        if f.code == "STR002"
    )


def test_an_import_that_is_not_returned_hides_no_cycle():
    assert "STR005" not in codes(shop().imports("orders.views", "billing.models", deferred=True))


def test_every_code_is_explained():
    for code, rule in RULES.items():
        assert re.fullmatch(r"STR\d{3}", code)
        assert rule.title
        assert all(text.endswith(".") for text in (rule.why, rule.remedy))


def test_a_transaction_over_two_boundaries_is_one_finding():
    found = [f for f in findings(shop()) if f.code == "STR002"]
    assert len(found) == 1
    assert found[0].severity == "error"
    assert found[0].locations[0].file == "orders/services.py"


def test_a_cascade_to_reference_data_is_found_once():
    found = [f.message for f in findings(shop()) if f.code == "STR001" and "billing.Invoice" in f.message]
    assert found == ["foreign key billing.Invoice -> accounts.User deletes in cascade (billing -> accounts)"]


def test_a_table_written_from_outside_is_found_on_the_owners_side():
    found = [f for f in findings(shop()) if f.code == "STR006"]
    assert [f.message for f in found] == ["orders writes billing_invoice (orders -> billing)"]


def test_a_receiver_that_writes_across_is_found():
    assert "STR003" in codes(shop().receiver("support.signals.on_order", "orders.Order", "support.Ticket"))


def test_raw_sql_over_two_boundaries_is_found():
    place = Location("reports/sql.py", 3)
    raw = RawSQL(place, "monthly", tables_read=("orders_order", "support_ticket"))
    [found] = [f for f in findings(shop().add("raw_sql", raw)) if f.code == "STR004"]
    assert found.locations == (place,)
    assert "orders, support" in found.message


def test_raw_sql_that_could_not_be_parsed_is_found():
    assert "STR104" in codes(shop().add("raw_sql", RawSQL(Location("x.py", 1), "f", parsed=False)))


def test_a_table_that_only_raw_sql_names_is_a_finding_and_in_no_boundary():
    place = Location("reports/sql.py", 4)
    code = shop().add("accesses", Access(place, "reports.sql", "load", "staging_rows", "write", "raw"))
    facts = code.facts()
    tables = index_tables(facts)
    boundaries, _ = draw(facts, tables, couple(facts, tables))
    [found] = [f for f in find(facts, tables, boundaries) if f.code == "STR105"]
    assert found.locations == (place,)
    assert "staging_rows" in found.message
    assert not any("staging_rows" in b.tables for b in boundaries)


def test_a_deferred_import_that_closes_a_cycle_is_found():
    code = shop().imports("orders.services", "billing.services", deferred=True)
    assert "STR005" in codes(code.imports("billing.services", "orders.services"))


def test_problems_of_reading_become_findings_with_codes():
    problems = (
        Finding("unparsed-file", "warning", "cannot be parsed", (Location("bad.py", 2),)),
        Finding("something-new", "note", "odd", (Location("odd.py", 1),), "look at it"),
    )
    found = {f.code: f for f in findings(shop(), problems=problems)}
    assert found["STR101"].locations == (Location("bad.py", 2),)
    assert found["STR103"].remedy == "look at it"


def test_generic_code_is_noted_and_blocks_nobody():
    code = shop()
    labels = [f"{app}.Extra{i}" for app in ("billing", "orders") for i in range(21)]
    for label in labels:
        code.model(label, cascade=f"{label.partition('.')[0]}.{'Invoice' if 'billing' in label else 'Order'}")
    found = findings(code.transaction("core.base.save", *labels))
    assert [f.message for f in found if f.code == "STR008"] == ["save may write any of 42 tables"]
    assert len([f for f in found if f.code == "STR002"]) == 1
