"""Is the new side worse than the old one? A verdict needs evidence; without it the answer is to hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from math import sqrt
from typing import Literal

from strangler.rollout.checks import Check, Figure
from strangler.rollout.window import Observation, Window

Answer = Literal["pass", "fail", "inconclusive"]

Z = 1.96
"""Two-sided 95 % confidence."""
FEWEST_BAD = 3
"""No verdict "fail" on fewer bad answers than this: one error in three requests is an accident, not evidence."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """When the new side counts as worse. Shares are fractions (0.005 is 0.5 %), times are seconds."""

    max_error_delta: float = 0.005
    """The new side's error rate may exceed the old one's by this much."""
    max_p95_ratio: float = 1.2
    """The new side's 95th percentile of latency may be this many times the old one's ..."""
    latency_slack: float = 0.010
    """... or this much slower, whichever is more: 3 ms instead of 2 ms is no reason to go back."""
    max_diff: float = 0.001
    """The share of shadowed answers that may differ."""
    min_requests: int = 100
    """No verdict "pass" on fewer requests than this on the new side."""
    checks: tuple[Check, ...] = ()
    """Figures from outside. One that is not as demanded is a failure; one that cannot be had is no pass."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the guard says, and why, in one line."""

    answer: Answer
    reason: str


def judge(seen: Observation, limits: Thresholds, baseline: Window | None = None) -> Verdict:
    """The verdict on the new side. ``baseline`` stands in for the old side when that has too few requests of its own
    (after promotion nobody is left on it).

    The first failing check decides; else the first inconclusive one; else it is a pass.
    """
    old = seen.monolith
    if old.requests < limits.min_requests and baseline is not None:
        old = baseline
    verdicts = (
        _errors(old, seen.service, limits),
        _latency(old, seen.service, limits),
        _differences(seen, limits),
        *_figures(seen, limits),
    )
    for answer in ("fail", "inconclusive"):
        for verdict in verdicts:
            if verdict.answer == answer:
                return verdict
    return Verdict("pass", "; ".join(verdict.reason for verdict in verdicts if verdict.reason))


def wilson(bad: int, total: int, z: float = Z) -> tuple[float, float]:
    """The Wilson score interval of a proportion (E. B. Wilson, 1927); (0, 1) when nothing was seen."""
    if total <= 0:
        return 0.0, 1.0
    rate, z2 = bad / total, z * z
    centre = rate + z2 / (2 * total)
    spread = z * sqrt(rate * (1 - rate) / total + z2 / (4 * total * total))
    return max(0.0, (centre - spread) / (1 + z2 / total)), min(1.0, (centre + spread) / (1 + z2 / total))


def lower_difference(new: tuple[int, int], old: tuple[int, int]) -> float:
    """The lower 95 % bound of ``new - old``, two proportions as (bad, total).

    Newcombe's hybrid score interval (R. G. Newcombe, Statistics in Medicine 17, 1998, method 10). With nothing seen on
    the old side it is taken as free of errors.
    """
    p_new = new[0] / new[1] if new[1] else 0.0
    low_new, _ = wilson(*new)
    if not old[1]:
        return low_new
    p_old = old[0] / old[1]
    _, high_old = wilson(*old)
    return (p_new - p_old) - sqrt((p_new - low_new) ** 2 + (high_old - p_old) ** 2)


def _errors(old: Window, new: Window, limits: Thresholds) -> Verdict:
    rate_new = new.errors / new.requests if new.requests else 0.0
    rate_old = old.errors / old.requests if old.requests else 0.0
    told = f"errors {rate_new:.2%} of {new.requests} on the service, {rate_old:.2%} of {old.requests} on the monolith"
    lower = lower_difference((new.errors, new.requests), (old.errors, old.requests))
    if new.errors >= FEWEST_BAD and lower > limits.max_error_delta:
        return Verdict("fail", told)
    if new.requests < limits.min_requests:
        return Verdict(
            "inconclusive", f"{new.requests} of {limits.min_requests} requests seen on the service"
        )
    if rate_new - rate_old > limits.max_error_delta:
        return Verdict("inconclusive", told)
    return Verdict("pass", told)


def _latency(old: Window, new: Window, limits: Thresholds) -> Verdict:
    if old.requests < limits.min_requests or new.requests < limits.min_requests:
        return Verdict("pass", "")
    allowed = _allowed(old.quantile(0.95), limits)
    p95 = new.quantile(0.95)
    told = f"p95 {p95 * 1000:.1f} ms on the service, {old.quantile(0.95) * 1000:.1f} ms on the monolith"
    if new.quantile(0.95 - _spread(new)) > _allowed(old.quantile(min(1.0, 0.95 + _spread(old))), limits):
        return Verdict("fail", told)
    return Verdict("inconclusive" if p95 > allowed else "pass", told)


def _differences(seen: Observation, limits: Thresholds) -> Verdict:
    if not seen.compared:
        return Verdict("pass", "")
    told = f"{seen.differing} of {seen.compared} shadowed answers differ"
    lower, _ = wilson(seen.differing, seen.compared)
    if seen.differing >= FEWEST_BAD and lower > limits.max_diff:
        return Verdict("fail", told)
    return Verdict("inconclusive" if seen.differing / seen.compared > limits.max_diff else "pass", told)


def _figures(seen: Observation, limits: Thresholds) -> Iterator[Verdict]:
    for check, figure in zip_longest(limits.checks, seen.figures[: len(limits.checks)], fillvalue=Figure()):
        assert isinstance(check, Check)
        assert isinstance(figure, Figure)
        if figure.value is None:
            yield Verdict("inconclusive", f"{check.name}: no figure ({figure.trouble})")
        else:
            told = f"{check.name} {figure.value:g}, demanded {check.demand}"
            yield Verdict("pass" if check.holds(figure.value) else "fail", told)


def _allowed(p95: float, limits: Thresholds) -> float:
    return max(p95 * limits.max_p95_ratio, p95 + limits.latency_slack)


def _spread(window: Window) -> float:
    """Half the confidence interval of the 95th percentile's rank, by the normal approximation of order statistics."""
    return Z * sqrt(0.95 * 0.05 / window.requests)
