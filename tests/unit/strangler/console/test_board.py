from strangler.console.board import BIN, STRETCH, board, moved_by, series
from strangler.rollout import Observation, Rollout, Window
from strangler.rollout.window import SIZE, bucket_index
from strangler.routing import Group, Route, RouteTable, Upstream
from strangler.store import Entry, Record

GROUP = Group("billing", "billing", share=25.0, allow=("tenant:acme",), shadow=10.0)
TABLE = RouteTable(
    7,
    {"billing": Upstream("billing", "http://127.0.0.1:1")},
    {"billing": GROUP, "orders": Group("orders", "billing")},
    (Route("a", "a/", group="billing"), Route("b", "b/", group="billing"), Route("c", "c/")),
)


def window(requests: int, errors: int = 0, seconds: float = 0.01) -> Window:
    latencies = [0] * SIZE
    latencies[bucket_index(seconds)] = requests
    return Window(requests, errors, tuple(latencies))


def record(version: int, subject: str, time: float = 100.0, alarms: tuple[str, ...] = ()) -> Record:
    return Record(
        version, Entry("canary", f"change {version}", "someone", "api", time, subject, alarms=alarms)
    )


def test_what_was_not_seen_is_not_nought() -> None:
    told = board(TABLE, {}, [], [], "")
    assert told["moved"] is None
    assert told["groups"][0]["service"] == {"requests": 0.0, "errors": None, "p95": None}
    assert told["groups"][0]["last"] is None


def test_each_group_tells_both_sides_its_rollout_and_its_last_change() -> None:
    totals = {
        ("billing", "monolith"): window(90, 9),
        ("billing", "service"): window(30),
        ("billing", "shadow"): window(10, 2),
        ("-", "monolith"): window(180),
    }
    rollout = Rollout("billing", step=2)
    records = [record(7, "orders"), record(6, "billing", alarms=("look",)), record(5, "")]
    told = board(TABLE, totals, [rollout], records, "")
    billing, orders = told["groups"]
    assert (told["version"], told["requests"], told["moved"]) == (7, 300 / STRETCH, 0.1)
    assert billing["monolith"]["errors"] == 0.1
    assert billing["service"]["requests"] == 0.5
    assert (billing["compared"], billing["differing"], billing["exceptions"], billing["routes"]) == (
        10,
        2,
        1,
        2,
    )
    assert (billing["rollout"]["step"], billing["rollout"]["verdict"]) == (2, "inconclusive")
    assert billing["last"]["summary"] == "change 6"
    assert billing["alarms"] == ["look"]
    assert (orders["last"]["summary"], orders["rollout"]) == ("change 7", None)


def test_a_chart_has_a_point_for_each_stretch_and_marks_for_changes() -> None:
    seconds = {(100, "monolith"): window(10), (109, "monolith"): window(10, 5), (110, "service"): window(20)}
    records = [record(3, "billing", 105.0), record(2, "orders", 106.0), record(1, "", 10.0)]
    told = series(seconds, 100, 130, records, "billing")
    assert told["times"] == [100, 110, 120]
    assert told["monolith"]["requests"] == [20 / BIN, 0.0, 0.0]
    assert told["monolith"]["errors"] == [0.25, None, None]
    assert told["service"]["requests"] == [0.0, 20 / BIN, 0.0]
    assert [mark["summary"] for mark in told["marks"]] == ["change 3"]


def test_a_share_moves_so_many_requests_a_second() -> None:
    seen = Observation(monolith=window(750), service=window(250))
    assert moved_by(GROUP, 50.0, seen, 100) == 2.5
    assert moved_by(GROUP, 0.0, seen, 100) == -2.5
