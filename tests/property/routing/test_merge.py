"""The laws of the three-way merge of documents."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from strangler.routing.merge import merge

values = st.integers(0, 2)
fields = st.dictionaries(st.sampled_from("abc"), values, max_size=3)
routes = st.lists(st.sampled_from("rst"), unique=True).map(lambda names: [{"name": name} for name in names])
documents = st.fixed_dictionaries(
    {}, optional={"gateway": fields, "groups": st.dictionaries(st.sampled_from("xy"), fields)}
)


@st.composite
def whole(draw: st.DrawFn) -> dict[str, Any]:
    document, listed = draw(documents), draw(routes)
    return {**document, "routes": listed} if listed else document


@given(whole(), whole())
def test_a_file_that_did_not_change_changes_nothing(file: dict[str, Any], current: dict[str, Any]) -> None:
    assert merge(file, file, current) == current


@given(whole(), whole())
def test_where_nobody_interfered_the_file_is_what_stands(base: dict[str, Any], file: dict[str, Any]) -> None:
    assert merge(base, file, base) == file


@given(whole(), whole(), whole())
def test_merging_twice_is_merging_once(
    base: dict[str, Any], file: dict[str, Any], current: dict[str, Any]
) -> None:
    once = merge(base, file, current)
    assert merge(base, file, once) == once


@given(whole(), whole(), whole())
def test_whatever_the_file_changed_is_as_it_says(
    base: dict[str, Any], file: dict[str, Any], current: dict[str, Any]
) -> None:
    merged = merge(base, file, current)
    for name, group in file.get("groups", {}).items():
        for key, value in group.items():
            if base.get("groups", {}).get(name, {}).get(key) != value:
                assert merged["groups"][name][key] == value
