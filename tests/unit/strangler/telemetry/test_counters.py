import re

from strangler.telemetry import Counters, exposition
from strangler.telemetry.counters import families


def counted() -> Counters:
    counters = Counters()
    counters.note("billing", "monolith", 0.002, failed=False)
    counters.note("billing", "service", 0.004, failed=True)
    counters.note("billing", "service", 0.004, failed=False)
    counters.note(None, "monolith", 100.0, failed=False)
    counters.note("billing", "shadow", 0.0, failed=True)
    return counters


def test_nothing_is_counted_twice_in_the_windows() -> None:
    counters = counted()
    counters.drain()
    assert counters.drain() == {}


def test_draining_does_not_touch_the_totals() -> None:
    counters = counted()
    before = counters.totals()
    counters.drain()
    assert counters.totals() == before


def test_what_is_not_judged_is_in_the_totals_only() -> None:
    counters = Counters()
    counters.note("billing", "monolith", 0.002, failed=True, judged=False)
    assert counters.drain() == {}
    assert counters.totals()["billing", "monolith"][0].errors == 1


def test_a_window_has_requests_errors_and_latencies() -> None:
    window = counted().drain()["billing", "service"]
    assert (window.requests, window.errors, sum(window.latencies)) == (2, 1, 2)
    assert 0.003 < window.quantile(0.5) < 0.005


def test_metrics_have_one_line_for_each_series_and_shadows_apart() -> None:
    text = exposition(families(counted()))
    names = [line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")]
    assert len(names) == len(set(names))
    assert 'strangler_requests_total{group="billing",side="service"} 2\n' in text
    assert 'strangler_errors_total{group="billing",side="service"} 1\n' in text
    assert 'strangler_requests_total{group="-",side="monolith"} 1\n' in text
    assert 'strangler_shadow_compared_total{group="billing",result="different"} 1\n' in text
    assert 'side="shadow"' not in text
    buckets = re.findall(r'_bucket\{group="-",side="monolith",le="[^"]+"\} (\d+)', text)
    assert buckets[-1] == "1"
    assert set(buckets[:-1]) == {"0"}
    fast = re.findall(r'_bucket\{group="billing",side="service",le="([^"]+)"\} (\d+)', text)
    assert {bound: int(count) for bound, count in fast if count != "0"}.keys() == {
        bound for bound, _ in fast if bound == "+Inf" or float(bound) >= 0.004
    }
