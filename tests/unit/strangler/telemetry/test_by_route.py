from strangler.telemetry import RouteTotals, exposition
from strangler.telemetry import by_route as module


def test_no_more_routes_than_a_collector_can_bear() -> None:
    totals = RouteTotals()
    for number in range(module.MOST_ROUTES + 50):
        totals.note(f"r{number}", "g", "service", 200, 0.01, False)
    text = exposition(totals.families())
    assert text.count("strangler_route_requests_total{") == module.MOST_ROUTES + 1
    assert 'strangler_route_requests_total{route="(other)",group="-",side="service",status="2xx"} 50' in text


def test_requests_are_told_by_route_side_and_class_of_status() -> None:
    totals = RouteTotals()
    totals.note("a", "g", "service", 204, 0.01, False)
    totals.note("a", "g", "service", 503, 0.01, False)
    totals.note("a", "g", "monolith", 200, 100.0, True)
    totals.note("", "", "monolith", 200, 0.01, False)
    text = exposition(totals.families())
    for labels, count in (
        ('route="a",group="g",side="service",status="2xx"', 1),
        ('route="a",group="g",side="service",status="5xx"', 1),
        ('route="a",group="g",side="monolith",status="none"', 1),
        ('route="-",group="-",side="monolith",status="2xx"', 1),
    ):
        assert f"strangler_route_requests_total{{{labels}}} {count}\n" in text
    assert 'strangler_route_seconds_bucket{route="a",group="g",side="monolith",le="+Inf"} 1\n' in text
    assert 'strangler_route_seconds_count{route="a",group="g",side="service"} 2\n' in text
