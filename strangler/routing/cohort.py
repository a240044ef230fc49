"""Who is in the share: an identity is hashed once to a bucket, and a share of N % is ``bucket < N * 100``.

The share is monotone (raising it only adds users) and symmetric (nobody is stuck on either side), and any data plane
that can compare a number chooses the same cohort.
"""

from __future__ import annotations

from hashlib import sha256

BUCKETS = 10_000


def bucket_of(salt: str, identity: str) -> int:
    """The bucket (0..9999) of an identity within a group's salt."""
    digest = sha256(salt.encode() + b"\0" + identity.encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:8], "big") % BUCKETS


def cookie_name(group: str) -> str:
    """The cookie that publishes a group's bucket."""
    return f"strangler_{group}"


def published_bucket(value: str) -> int | None:
    """The bucket that a client sent back, or None when it is not one. It selects a side; it never grants access."""
    if 1 <= len(value) <= 4 and value.isascii() and value.isdigit():
        return int(value)
    return None
