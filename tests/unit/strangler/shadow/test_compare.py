import gzip
import json

import pytest

from strangler.routing.comparison import Comparison
from strangler.shadow.compare import MOST_DIFFERENCES, Answer, Difference, compare


def answer(document: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, {"content-type": "application/json", **headers}, json.dumps(document).encode())


def raw(body: bytes, content_type: str = "text/html") -> Answer:
    return Answer(200, {"content-type": content_type}, body)


def test_key_order_and_white_space_are_no_difference() -> None:
    old = Answer(200, {"content-type": "application/json"}, b'{"a": 1, "b": [1, 2]}')
    new = Answer(200, {"content-type": "application/json; charset=utf-8"}, b'{"b":[1,2],"a":1}')
    assert compare(old, new) == ()


def test_headers_that_nobody_acts_upon_are_no_difference() -> None:
    assert compare(answer(1, date="Mon", server="a"), answer(1, date="Tue", server="b")) == ()


def test_compression_is_no_difference() -> None:
    zipped = [
        Answer(200, {"content-encoding": "gzip"}, gzip.compress(b"same", mtime=when)) for when in (1, 2)
    ]
    assert zipped[0].body != zipped[1].body
    assert compare(*zipped) == ()
    assert compare(zipped[0], raw(b"same", "")) == ()


def test_a_bomb_is_not_inflated_and_a_broken_stream_is_compared_as_it_is() -> None:
    bombs = [
        Answer(200, {"content-encoding": "gzip"}, gzip.compress(b"x" * 9_000_000 + end))
        for end in (b"a", b"b")
    ]
    assert compare(*bombs) == ()
    broken = Answer(200, {"content-encoding": "gzip"}, b"not gzip")
    assert compare(broken, bombs[0])[0] == Difference("body", "not gzip", "x" * 77 + "...")


def test_one_is_not_true_and_not_one_point_nought() -> None:
    assert compare(answer({"a": 1}), answer({"a": True})) == (Difference("$.a", "1", "true"),)
    assert compare(answer({"a": 1}), answer({"a": 1.0})) == (Difference("$.a", "1", "1.0"),)


def test_each_difference_names_its_path_with_positions_folded() -> None:
    old = answer({"results": [{"total": 1, "n": "x"}, {"total": 2}]})
    new = answer({"results": [{"total": 1, "n": "y"}, {"total": 3, "more": None}]})
    assert compare(old, new) == (
        Difference("$.results[*].n", '"x"', '"y"'),
        Difference("$.results[*].total", "2", "3"),
        Difference("$.results[*].more", "(missing)", "null"),
    )


def test_a_shorter_list_is_one_difference() -> None:
    assert compare(answer([1, 2, 3]), answer([1, 2])) == (Difference("$.length", "3", "2"),)


def test_status_and_location_are_compared() -> None:
    old, new = answer({}, 302, location="/a"), answer({}, 301, location="/b")
    assert [d.path for d in compare(old, new)] == ["status", "header:location"]


@pytest.mark.parametrize("path", ["$.results[*].total", "$.results[*]", "$.results", "$"])
def test_an_ignored_path_covers_what_is_below_it(path: str) -> None:
    old, new = answer({"results": [{"total": 1}]}), answer({"results": [{"total": 2}]})
    assert compare(old, new, (path,)) == ()


def test_an_ignored_path_does_not_cover_its_namesakes() -> None:
    assert compare(answer({"ab": 1}), answer({"ab": 2}), ("$.a",)) != ()


def test_what_is_neither_json_nor_html_is_compared_byte_by_byte() -> None:
    assert compare(raw(b"<p>a", "text/plain"), raw(b"<p>a", "text/plain")) == ()
    assert compare(raw(b"<p>a", "text/csv"), raw(b"<p>b", "text/csv")) == (
        Difference("body", "<p>a", "<p>b"),
    )


@pytest.mark.parametrize("piece", [b"<!--", b"<script>", b"<a ", b"<p", b"</", b"<style"])
def test_no_page_takes_longer_than_its_length_says(piece: bytes) -> None:
    """Quadratic, this would take hours."""
    page = piece * 100_000
    assert compare(raw(b"x" + page), raw(b"y" + page))[0].path == "text"


def test_html_is_compared_by_its_text() -> None:
    page = b"<html><head><script>a()</script></head><body><p class='x'>One &amp; two<input value='t1'></body>"
    same = b"<html>\n<body><!-- c --><p  id=y>One\n  &#38; two</p><input value='t2'><script src=b></script>"
    assert compare(raw(page), raw(same)) == ()
    other = page.replace(b"two", b"three")
    assert compare(raw(page), raw(other, "text/html; charset=utf-8")) == (
        Difference("header:content-type", "text/html", "text/html; charset=utf-8"),
        Difference("text", '"One & two"', '"One & three"'),
    )
    assert compare(raw(b"<p>a<p>b"), raw(b"<p>a")) == (Difference("text", '"b"', '""'),)


def test_no_tolerance_covers_what_was_not_asked_for() -> None:
    loose = Comparison(numbers=0.01, times=1.0, unordered=("$.b",))
    for one, other in (
        (1, "1"),
        (True, 1),
        ([1, 2], [2, 1]),
        ("2026-01-01", "2026-01-02"),
        ("12:00", "12:01"),
    ):
        assert compare(answer({"a": one}), answer({"a": other}), (), loose) != ()


def test_declared_lists_come_in_any_order() -> None:
    old = answer({"results": [{"id": 1, "n": "x"}, {"id": 2, "n": "y"}], "tags": ["a", "b"]})
    new = answer({"results": [{"id": 2, "n": "z"}, {"id": 1, "n": "x"}], "tags": ["b", "a"]})
    rules = Comparison(unordered=("$.results", "$.tags"))
    assert compare(old, new, (), rules) == (Difference("$.results[*].n", '"y"', '"z"'),)


def test_numbers_and_times_may_be_off_by_what_is_declared() -> None:
    rules = Comparison(numbers=0.01, times=2.0)
    old = answer({"n": 1.0, "t": "2026-01-01T00:00:00Z"})
    assert compare(old, answer({"n": 1, "t": "2026-01-01T01:00:01.5+01:00"}), (), rules) == ()
    assert len(compare(old, answer({"n": 1.02, "t": "2026-01-01T00:00:03Z"}), (), rules)) == 2


def test_declared_headers_are_compared_too() -> None:
    old, new = answer(1, **{"x-total": "3"}), answer(1, **{"x-total": "4"})
    assert compare(old, new) == ()
    assert compare(old, new, (), Comparison(header_names=("x-total",)))[0].path == "header:x-total"


def test_json_that_does_not_parse_is_compared_byte_by_byte() -> None:
    assert compare(raw(b"{", "application/json"), answer({}))[0].path == "body"


def test_a_wholly_different_document_is_not_thousands_of_differences() -> None:
    old, new = (
        answer(dict.fromkeys(map(str, range(5_000)), 1)),
        answer(dict.fromkeys(map(str, range(5_000)), 2)),
    )
    assert len(compare(old, new)) == MOST_DIFFERENCES
    assert compare(old, new) == compare(old, new)


def test_values_are_shown_short() -> None:
    assert len(compare(answer("x" * 1_000), answer("y"))[0].old) == 80


@pytest.mark.parametrize("depth", [*range(900, 1000, 7), 100_000])
def test_a_document_too_deep_to_walk_differs_and_harms_nobody(depth: int) -> None:
    old, new = (raw(b"[" * depth + value + b"]" * depth, "application/json") for value in (b"1", b"2"))
    assert len(compare(old, new)) == 1


def test_what_is_no_text_can_still_be_written() -> None:
    found = compare(
        raw(b'{"\\ud800": "\\ud801"}', "application/json"), raw(b'{"\\ud800": 1}', "application/json")
    )
    assert [(d.path, d.old) for d in found] == [("$.\\ud800", '"\\ud801"')]
