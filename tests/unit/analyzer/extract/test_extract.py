"""What one walk over a tree keeps."""

from __future__ import annotations

import ast
from textwrap import dedent

import msgspec
import pytest

from analyzer.extract import EXTRACTORS, extract, ir


def _unit(text: str) -> ir.Unit:
    text = dedent(text)
    return extract("a.py", text, ast.parse(text))


def _sites(text: str) -> list[tuple[str, bool]]:
    return [(site.text, site.sure) for site in _unit(text).sites]


@pytest.mark.parametrize("text", ["f(x)", "a.b.c", "config.parse(x)", "items.append(1)", '"x".join(names)'])
def test_other_calls_are_no_orm_sites(text: str) -> None:
    assert _sites(text) == []


def test_no_node_type_has_two_extractors() -> None:
    kinds = [kind for handlers in EXTRACTORS for kind in handlers]
    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("Order.objects.all()", True),
        ("orders.filter(paid=True).first()", True),
        ("orders.get(pk=1)", True),
        ("options.get('colour')", False),
        ("values.count(3)", False),
        ("seen.update(a=1)", False),
        ("rows.update(customer__name='x')", True),
    ],
)
def test_a_chain_is_a_site_when_its_methods_or_arguments_say_so(text: str, sure: bool) -> None:
    assert _sites(text) == [(text, sure)]


def test_one_chain_is_one_site_and_arguments_have_their_own() -> None:
    text = "A.objects.filter(b__in=B.objects.all()).order_by('x')"
    assert _sites(text) == [("B.objects.all()", True), (text, True)]


def test_imports_know_whether_they_are_deferred() -> None:
    unit = _unit("""
        import a.b as c
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from x import Y
        def f():
            from .views import z
    """)
    assert [(found.module, found.level, found.deferred) for found in unit.imports] == [
        ("a.b", 0, False), ("typing", 0, False), ("x", 0, True), ("views", 1, True)
    ]  # fmt: skip


def test_calls_of_a_chain_have_the_line_of_their_method() -> None:
    unit = _unit("""
        rows = (
            Order.objects
            .filter(paid=True)
            .update(x=1)
        )
    """)
    statement = unit.body[0]
    assert isinstance(statement, ir.Assign)
    call = statement.value
    assert isinstance(call, ir.Call)
    assert (call.line, call.outer) == (5, True)


def test_a_unit_survives_encoding() -> None:
    unit = _unit("""
        class A(B, metaclass=M):
            x: int = 1
            async def f(self, *args, y=2, **kwargs):
                with open("a") as file:
                    try:
                        return [i for i in file if i] or {**kwargs, "a": (yield)}
                    except ValueError:
                        raise
                    finally:
                        del x
            match x:
                case 1 if y: z = lambda: f"{x}"
    """)
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(unit), type=ir.Unit) == unit
