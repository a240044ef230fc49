import re

from fakes.code_base import CodeBase

from analyzer.boundaries.naming import name_groups
from analyzer.boundaries.partition import Group
from analyzer.coupling import Tables, index_tables


def tables(*labels: str) -> Tables:
    code = CodeBase()
    for label in labels:
        code.model(label)
    return index_tables(code.facts())


def group(*names: str, **settings) -> Group:
    return Group(names, dict.fromkeys(names, 1.0), **settings)


def test_names_are_unique_and_fit_a_command_line():
    known = tables("My_App.A", "My_App.B", "My_App.C", "framework.D")
    groups = [
        group("my_app_a"),
        group("my_app_b"),
        group("my_app_c"),
        group("framework_d"),
        group("x", library=True),
    ]
    names = name_groups(groups, known, {})
    assert len(set(names)) == 5
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9-]*", name) for name in names)


def test_the_largest_part_of_an_app_gets_its_plain_name():
    known = tables("shop.A", "shop.B", "shop.C")
    assert name_groups([group("shop_a"), group("shop_b", "shop_c")], known, {}) == ("shop-a", "shop")


def test_a_second_part_is_named_after_its_most_connected_model():
    known = tables("shop.A", "shop.B", "shop.C", "shop.D", "shop.E")
    groups = [group("shop_a", "shop_b", "shop_e"), group("shop_c", "shop_d")]
    assert name_groups(groups, known, {"shop_d": 9.0}) == ("shop", "shop-d")


def test_reference_data_gives_way():
    known = tables("shop.A", "shop.B")
    assert name_groups([group("shop_a", shared=True), group("shop_b")], known, {}) == ("shop-a", "shop")


def test_library_tables_are_the_framework():
    assert name_groups([group("auth_user", library=True)], tables(), {}) == ("framework",)
