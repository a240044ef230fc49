"""Two states of a file, function by function: whatever runs as the module is loaded must be the same."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from analyzer.extract import extract, ir
from analyzer.resolve.pieces import Difference, difference

BEFORE = """
LIMIT = 3

def first(request):
    return Order.objects.filter(pk=1)

class View:
    queryset = None

    def get(self, request):
        return Order.objects.get(pk=1)

    @cached
    def late(self):
        return 1
"""


def _unit(text: str) -> ir.Unit:
    text = dedent(text)
    return extract("shop/views.py", text, ast.parse(text))


def _difference(old: str, new: str) -> Difference | None:
    assert old in BEFORE
    return difference(_unit(BEFORE), _unit(BEFORE.replace(old, new)), "shop.views")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 3", "LIMIT = 4"),
        ("LIMIT = 3", "import other"),
        ("LIMIT = 3", "LIMIT = 3\nfirst.limit = 2"),
        ("queryset = None", "queryset = 1"),
        ("class View:", "class View(Base):"),
        ("@cached", "@property"),
        ("def late(self)", "def late(self, more)"),
        ("def get(self", "@cached\n    def get(self"),
        ("return 1", "return getattr(self, method)"),
    ],
)
def test_what_loading_runs_must_be_the_same(old: str, new: str) -> None:
    assert _difference(old, new) is None


def test_the_same_file_does_not_differ() -> None:
    found = _difference("LIMIT", "LIMIT")
    assert found is not None
    assert found.is_plain()


def test_a_body_is_of_its_function_and_what_follows_moves() -> None:
    found = _difference("return Order.objects.filter(pk=1)", "x = Order.objects.all()\n    return x.first()")
    assert found is not None
    assert (found.changed, found.names) == ({(4, "first")}, set())
    assert found.moves.lines[10] == 11
    assert found.moves.lines.get(5) is None
    assert set(found.moves.sites.values()) == {3}


def test_functions_that_come_and_go_are_told_by_name() -> None:
    found = _difference("def get(self, request)", "def post(self, request)")
    assert found is not None
    assert found.names == {("shop.views.View", "get"), ("shop.views.View", "post")}
    assert found.changed == {(10, "get")}


def test_another_signature_is_another_function() -> None:
    found = _difference("def first(request)", "def first(request, pk=None)")
    assert found is not None
    assert found.names == {("shop.views", "first")}
    assert found.changed == {(4, "first")}


def test_what_a_method_assigns_is_told_of_its_class() -> None:
    found = _difference("return Order.objects.get(pk=1)", "self.queryset = Order.objects.all()")
    assert found is not None
    assert found.names == {("shop.views.View", "shop.views.View assigns")}
