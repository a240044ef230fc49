"""Roots are dealt out by application: none is lost, none is run twice, and few make a cell of their own."""

from __future__ import annotations

from analyzer.resolve.cells import deal


def test_no_root_is_lost_or_dealt_twice() -> None:
    labels = ["shop"] * 7 + ["people"] * 3 + ["shop", "stock", "", "people"]
    dealt = deal(labels, few=4, many=5)
    assert sorted(number for cell in dealt for number in cell.roots) == list(range(len(labels)))
    assert len({cell.name for cell in dealt}) == len(dealt)


def test_nothing_makes_no_cell() -> None:
    assert deal([]) == []


def test_small_applications_share_a_cell_and_large_ones_have_several() -> None:
    dealt = deal(["one", "two"] + ["many"] * 6 + ["last"], few=2, many=3)
    assert [cell.roots for cell in dealt] == [(0, 1), (2, 3, 4), (5, 6, 7), (8,)]
