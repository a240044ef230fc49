from __future__ import annotations

from pathlib import Path

from strangler.telemetry import Counters, Family
from strangler.telemetry.crew import Crew, Report, add, counters_of, report_of


def report(requests: int, differing: int = 0) -> Report:
    counters = Counters()
    for _ in range(requests):
        counters.note("billing", "service", 0.25, failed=False)
    return report_of(counters, {"billing": {"compared": 5, "differing": differing}})


def test_what_has_ended_is_not_forgotten_and_not_counted_twice(tmp_path: Path) -> None:
    one, two = Crew(tmp_path, "1"), Crew(tmp_path, "2")
    one.publish(report(3, 1))
    assert one.others() == []
    for _ in range(2):
        two.publish(report(4, 2))
    assert one.others() == [report(4, 2)]
    Crew(tmp_path, "").fold("2")
    Crew(tmp_path, "").fold("2")
    assert add(one.others()) == add([report(4, 2)])
    three = Crew(tmp_path, "3")
    three.publish(report(1))
    Crew(tmp_path, "").fold("3")
    assert add(one.others()) == add([report(4, 2), report(1)])


def test_gauges_of_workers_that_have_ended_are_forgotten(tmp_path: Path) -> None:
    told = [
        Family("open", "gauge", "G.", (({}, 3.0),)),
        Family("done", "counter", "C.", (({"a": "b"}, 4.0),)),
    ]
    ended = Crew(tmp_path, "2")
    ended.publish(report_of(Counters(), {}, told))
    assert [family.name for family in Crew(tmp_path, "1").others()[0].families] == ["open", "done"]
    Crew(tmp_path, "").fold("2")
    assert add(Crew(tmp_path, "1").others()).families == [told[1]]


def test_a_sum_has_the_counts_the_times_and_the_differences_of_all() -> None:
    total = add([report(3, 1), report(4, 2)])
    window, seconds = counters_of(total).totals()["billing", "service"]
    assert (window.requests, sum(window.latencies), seconds) == (7, 7, 1.75)
    assert total.shadow == {"billing": {"compared": 10, "differing": 3}}
