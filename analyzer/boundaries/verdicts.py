"""What to do with each boundary, and why: pure judgement over its metrics and its bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from analyzer.boundaries.bill import BLOCKERS
from analyzer.model.plan import BillItem, Metrics, Verdict

SURE = 0.5
"""Below this confidence the runs did not agree that the boundary exists."""
COHESIVE, CHATTY = 0.35, 1.5
"""Below this cohesion about twice as much of the coupling crosses the boundary as stays inside; such a boundary is
chatty when it also writes into others in at least this many places for each of its tables. (Others writing into it can
be turned into events; its own writes elsewhere need answers.)"""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict and its reasons, the weightiest first."""

    verdict: Verdict
    reasons: tuple[str, ...]


def judge(metrics: Metrics, confidence: float, bill: Sequence[BillItem], *, candidates: int) -> Judgement:
    """The verdict on a boundary that is no reference data. ``candidates`` is how many such boundaries there are."""
    blocking = [item for item in bill if item.kind in BLOCKERS]
    reasons = _against(metrics, confidence, blocking, candidates)
    if reasons:
        return Judgement("keep in the monolith", reasons)
    if blocking:
        return Judgement("extract after", _count_blockers(blocking))
    return Judgement(
        "extract now", ("no other boundary writes with it: no shared transaction, table or signal",)
    )


def judge_shared(hubs: Sequence[str], *, library: bool) -> Judgement:
    """The verdict on reference data."""
    if library:
        reason = "tables of Django and of installed libraries: every service brings its own"
    elif not hubs:
        reason = "the team's decision: replicate it, or ask for it by API"
    else:
        reason = f"most other apps refer to {', '.join(hubs)}: replicate it, or ask for it by API"
    return Judgement("shared reference data", (reason,))


def _against(
    metrics: Metrics, confidence: float, blocking: Sequence[BillItem], candidates: int
) -> tuple[str, ...]:
    reasons = []
    if candidates < 2:
        reasons.append("everything hangs together in one cluster: do not split this")
    if confidence < SURE:
        reasons.append(f"not understood yet: the runs agree on it only to {confidence:.0%}")
    outward = sum(item.direction == "out" for item in blocking)
    if metrics.cohesion < COHESIVE and outward >= CHATTY * metrics.tables:
        reasons.append(
            f"chatty: cohesion {metrics.cohesion:.2f}, and it writes into other boundaries in {outward} places"
        )
    return tuple(reasons)


def _count_blockers(blocking: Sequence[BillItem]) -> tuple[str, ...]:
    names = {
        "transaction": ("transaction that spans boundaries", "transactions that span boundaries"),
        "shared_write": ("table written from both sides", "tables written from both sides"),
        "signal": ("signal that writes across", "signals that write across"),
    }
    counts = {kind: sum(item.kind == kind for item in blocking) for kind in names}
    return tuple(f"{count} {names[kind][count > 1]}" for kind, count in counts.items() if count)
