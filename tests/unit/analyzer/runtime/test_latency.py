from __future__ import annotations

from analyzer.runtime.latency import BUCKETS, bucket, percentile


def test_no_request_has_no_percentile() -> None:
    assert percentile([0] * BUCKETS, 0.95) is None


def test_percentiles_lie_in_the_bucket_of_their_request() -> None:
    counts = [0] * BUCKETS
    for ms in (1, 3, 4, 30, 99_999):
        counts[bucket(ms)] += 1
    assert sum(counts) == 5
    assert percentile(counts, 0.5) == 4.2
    assert percentile(counts, 1.0) == 10_000
