"""The demo's claims must be able to fail."""

from strangler.demo.checks import Deployment, Step, _bad_release, _cohorts, _failures, _shares
from strangler.demo.traffic import Request, Result
from strangler.routing.cohort import bucket_of

BAD = Deployment(begun=100.0, ended=103.0)


def result(at: float, side: str, status: int = 200, device: str = "a") -> Result:
    return Result(at, Request("/x/", "Token t", device), status, side, 0.01)


def test_a_failure_before_the_bad_release_is_not_forgiven() -> None:
    assert not _failures([result(50, "service", 500)], BAD).held


def test_a_failure_of_the_monolith_is_never_forgiven() -> None:
    assert not _failures([result(101, "monolith", 500)], BAD).held


def test_no_answer_at_all_is_never_forgiven() -> None:
    assert not _failures([result(101, "?", 0)], BAD).held


def test_a_failure_after_the_rollback_is_not_forgiven() -> None:
    assert not _failures([result(103.5, "service", 500)], BAD).held


def test_what_the_bad_release_answered_is_forgiven() -> None:
    check = _failures([result(50, "monolith"), result(101, "service", 500)], BAD)
    assert check.held
    assert check.figures == "2 requests; 0 failed, besides 1 that the bad release answered"


def test_a_rollback_proves_nothing_when_nothing_had_failed() -> None:
    assert not _bad_release([result(101, "service"), result(105, "monolith")], BAD).held


def test_somebody_left_on_the_bad_release_is_seen() -> None:
    failed = result(101, "service", 500)
    assert not _bad_release([failed, result(105, "service")], BAD).held
    assert not _bad_release([failed], BAD).held
    assert _bad_release([failed, result(105, "monolith")], BAD).held


def test_a_device_that_goes_back_before_the_rollback_is_seen() -> None:
    there_and_back = [result(1, "monolith"), result(2, "service"), result(3, "monolith")]
    assert not _cohorts(there_and_back, BAD).held
    assert _cohorts(there_and_back[:2], BAD).held
    assert _cohorts([*there_and_back[:2], result(104, "monolith")], BAD).held


def test_devices_are_told_apart() -> None:
    assert _cohorts([result(1, "service", device="a"), result(2, "monolith", device="b")], BAD).held


def test_a_device_on_the_wrong_side_of_its_bucket_is_seen() -> None:
    low = next(f"d{n}" for n in range(10_000) if bucket_of("billing", f"d{n}") < 100)
    high = next(f"d{n}" for n in range(10_000) if bucket_of("billing", f"d{n}") >= 100)
    step = Step(share=1, begun=10, ended=20)
    assert _shares(
        [result(15, "service", device=low), result(15, "monolith", device=high)], [step], "billing"
    ).held
    assert not _shares([result(15, "monolith", device=low)], [step], "billing").held
    assert not _shares([result(15, "service", device=high)], [step], "billing").held
    assert not _shares([result(30, "service", device=low)], [step], "billing").held
    assert not _shares([], [], "billing").held
