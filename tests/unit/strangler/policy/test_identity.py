"""What is remembered ends, and what another site makes a browser send is told from what the user does."""

from __future__ import annotations

import pytest

from strangler.policy.identity import ClaimView, Remembered, is_cross_site, subject_of


def test_nothing_is_believed_after_its_time() -> None:
    kept: Remembered[str, int] = Remembered(2)
    kept.put("a", 1, 10.0)
    assert (kept.get("a", 9.9), kept.get("a", 10.0), kept.get("a", 0.0)) == (1, None, None)


def test_the_oldest_gives_way() -> None:
    kept: Remembered[str, int] = Remembered(2)
    for number, key in enumerate("abac"):
        kept.put(key, number, 10.0)
    assert [kept.get(key, 0.0) for key in "abc"] == [2, None, 3]
    kept.drop("a")
    kept.drop("never there")
    assert len(kept) == 1
    kept.clear()
    assert len(kept) == 0


@pytest.mark.parametrize("claim", [None, "", True, 1.5, ["17"], {"id": 17}, "a\nb", "a\0", "x" * 257])
def test_what_names_nobody(claim: object) -> None:
    assert subject_of({"sub": claim}) is None


def test_a_number_names_somebody() -> None:
    assert (subject_of({"sub": 17}), subject_of({"sub": "ada@shop.example"})) == ("17", "ada@shop.example")


def test_only_single_values_are_claims_as_texts() -> None:
    view = ClaimView({"a": "x", "b": 1, "c": True, "d": None, "e": ["x"], "f": {"g": 1}})
    assert dict(view) == {"a": "x", "b": "1", "c": "true"}
    assert view.get("e") is None


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://shop.example@evil.example"},
        {"origin": "http://shop.example:8443"},
        {"sec-fetch-site": "cross-site", "origin": "http://shop.example"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "anything"},
    ],
)
def test_another_site(headers: dict[str, str]) -> None:
    assert is_cross_site("POST", headers, "shop.example", ())
    assert not is_cross_site("GET", headers, "shop.example", ())


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "https://shop.example"},
        {"origin": "HTTPS://SHOP.example"},
        {"sec-fetch-site": "same-origin", "origin": "http://10.0.0.1"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "same-site", "origin": "https://app.example"},
    ],
)
def test_the_own_site_and_trusted_ones(headers: dict[str, str]) -> None:
    assert not is_cross_site("POST", headers, "shop.example", ("https://app.example",))


def test_without_a_host_no_origin_is_the_own() -> None:
    assert is_cross_site("POST", {"origin": "null"}, "", ())
    assert is_cross_site("POST", {"origin": "http://"}, "", ())
