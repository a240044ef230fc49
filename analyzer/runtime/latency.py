"""Latencies as a histogram: adding is exact, percentiles are good to the width of a bucket."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence

from analyzer.runtime.strangler_recorder import BUCKETS_MS

__all__ = ["BUCKETS", "bucket", "percentile"]

BUCKETS = len(BUCKETS_MS) + 1


def bucket(ms: float) -> int:
    """The bucket that a latency in milliseconds falls into."""
    return bisect_left(BUCKETS_MS, ms)


def percentile(counts: Sequence[int], share: float) -> float | None:
    """The latency in milliseconds below which ``share`` (0..1) of the requests stay, linear within its bucket.

    What lies above the last bound counts as the last bound. None without any request.
    """
    rank, below = share * sum(counts), 0
    if not rank:
        return None
    for i, count in enumerate(counts):
        if count and below + count >= rank:
            low = BUCKETS_MS[i - 1] if i else 0
            high = BUCKETS_MS[i] if i < len(BUCKETS_MS) else low
            return round(low + (high - low) * (rank - below) / count, 1)
        below += count
    return float(BUCKETS_MS[-1])
