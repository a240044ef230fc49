from __future__ import annotations

import pytest

from analyzer.model.words import count


@pytest.mark.parametrize(
    ("number", "noun", "words"),
    [
        (0, "join", "0 joins"),
        (1, "class", "1 class"),
        (2, "class", "2 classes"),
        (1, "foreign key", "1 foreign key"),
        (2, "foreign key", "2 foreign keys"),
        (3, "boundary", "3 boundaries"),
        (1200, "line", "1,200 lines"),
    ],
)
def test_a_number_agrees_with_its_noun(number: int, noun: str, words: str) -> None:
    assert count(number, noun) == words
