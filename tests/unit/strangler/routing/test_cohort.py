from __future__ import annotations

from hashlib import sha256

import pytest

from strangler.routing.cohort import bucket_of, cookie_name, published_bucket


@pytest.mark.parametrize("value", ["", "-1", "10000", "5.5", "0x1", "٣", " 5", "5\n", "99999999999"])
def test_what_no_facade_has_published_is_not_believed(value: str) -> None:
    assert published_bucket(value) is None


def test_groups_with_different_salts_cut_their_users_differently() -> None:
    assert [bucket_of("a", f"u{n}") for n in range(9)] != [bucket_of("b", f"u{n}") for n in range(9)]


def test_a_bucket_is_what_the_specification_says() -> None:
    digest = sha256(b"billing\0abc").digest()
    assert bucket_of("billing", "abc") == int.from_bytes(digest[:8], "big") % 10_000


def test_bytes_that_are_no_text_have_a_bucket_too() -> None:
    assert 0 <= bucket_of("billing", "\udcff") < 10_000


@pytest.mark.parametrize(("value", "bucket"), [("0", 0), ("9999", 9999), ("0042", 42)])
def test_a_published_bucket_is_read_back(value: str, bucket: int) -> None:
    assert published_bucket(value) == bucket


def test_each_group_has_its_own_cookie() -> None:
    assert cookie_name("billing") == "strangler_billing"
