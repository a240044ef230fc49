import pytest

from analyzer.coupling import WEIGHTS, read_weights
from analyzer.errors import BadPins


def read(weights):
    return read_weights({"analysis": {"weights": weights}}, "strangler.toml")


@pytest.mark.parametrize(
    ("weights", "told"),
    [
        ([], "not a table"),
        ({"cowrites": 3}, "Did you mean cowrite"),
        ({"zzz": 3}, "Known: cowrite"),
        ({"fk": -1}, "fk = -1 is no weight"),
        ({"fk": True}, "is no weight"),
        ({"fk": "3"}, "is no weight"),
        ({"fk": float("nan")}, "is no weight"),
        ({"fk": 1001}, "is no weight"),
    ],
)
def test_what_is_no_weight_is_told_with_its_place(weights, told):
    with pytest.raises(BadPins, match=r"strangler\.toml: analysis\.weights") as error:
        read(weights)
    assert told in str(error.value)


def test_without_any_the_table_stands():
    assert read_weights({}, "x") is WEIGHTS


def test_one_weight_is_overridden_and_the_others_stand():
    assert read({"fk": 5}) == {**WEIGHTS, "fk": 5}
