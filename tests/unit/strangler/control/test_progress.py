import pytest
from fakes.code_base import CodeBase, shop

from analyzer.pipeline import conclude
from strangler.control.progress import Day, Part, measure, read_days, whole, with_day, write_days
from strangler.errors import BadDocument
from strangler.routing import Group, Route, RouteTable

BILLING = Group("billing", "billing", share=25.0, writer="monolith")


def table(*routes: Route, groups: tuple[Group, ...] = (BILLING,)) -> RouteTable:
    return RouteTable(routes=routes, groups={group.name: group for group in groups})


def parts(table: RouteTable, traffic=None, code: CodeBase | None = None) -> dict[str, Part]:
    analysis = conclude((code or shop()).facts())
    return {part.name: part for part in measure(analysis, table, traffic or {})}


def test_a_route_of_no_group_moves_nothing():
    found = parts(table(Route("b", "/billing/")))
    assert (found["billing"].moved, found["billing"].writer) == (0, "")


def test_where_nothing_is_routed_nothing_has_moved():
    found = parts(RouteTable())
    assert {part.moved for part in found.values()} == {0}
    assert found["billing"].endpoints == 1
    assert found["billing"].tables == 3


def test_an_endpoint_moves_with_its_group_s_share():
    found = parts(table(Route("b", "/billing/", group="billing")))
    assert (found["billing"].moved, found["billing"].writer) == (0.25, "monolith")
    assert found["orders"].moved == 0


def test_the_first_route_of_a_pattern_counts():
    other = Group("other", "other", share=100.0)
    routes = (Route("a", "/billing/", group="billing"), Route("b", "/billing/", group="other"))
    assert parts(table(*routes, groups=(BILLING, other)))["billing"].moved == 0.25


def test_a_prefix_takes_what_begins_with_it():
    found = parts(table(Route("all", "/bil", kind="prefix", group="billing")))
    assert (found["billing"].moved, found["orders"].moved) == (0.25, 0)


def test_traffic_is_that_of_the_boundary_s_groups():
    traffic = {
        ("billing", "monolith"): 75,
        ("billing", "service"): 25,
        ("other", "service"): 9,
        ("billing", "shadow"): 7,
    }
    found = parts(table(Route("b", "/billing/", group="billing")), traffic)
    assert (found["billing"].requests, found["billing"].answered) == (100, 25)


def test_the_whole_is_the_sum_and_a_written_table_has_left():
    listed = [
        Part("a", tables=3, endpoints=4, moved=1.5, lines=100, writer="service"),
        Part("b", tables=2, endpoints=1, moved=0, lines=50),
    ]
    assert whole(listed, "2026-01-02") == Day("2026-01-02", endpoints=5, left=3.5, lines=150, tables=2)


@pytest.mark.parametrize("line", [b"{}", b"nonsense", b'{"date": 1}', b"\xff"])
def test_a_line_that_is_no_day_is_told_with_its_number(line):
    good = write_days([Day("2026-01-02", 1, 1, 1, 1)])
    with pytest.raises(BadDocument, match="history:2"):
        read_days(good + line + b"\n", "history")


def test_days_are_read_as_written_and_a_day_has_one_record():
    days = (Day("2026-01-01", 5, 5, 9, 1), Day("2026-01-03", 5, 4, 9, 1))
    assert read_days(write_days(days), "history") == days
    again = Day("2026-01-03", 5, 3, 9, 1)
    assert with_day(days, again) == (days[0], again)
    between = Day("2026-01-02", 5, 5, 9, 1)
    assert with_day(days, between) == (days[0], between, days[1])
