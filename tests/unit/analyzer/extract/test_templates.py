"""The template parser: lenient, and never wrong about what is looked up."""

from __future__ import annotations

import pytest

from analyzer.extract.templates import (
    Block,
    For,
    If,
    Include,
    Output,
    Tag,
    Term,
    With,
    parse_template,
    parse_term,
)


@pytest.mark.parametrize(
    "source",
    [
        "{# {{ order.customer }} #}",
        "{% comment %}{{ order.customer }}{% endcomment %}",
        "{% verbatim %}{{ order.customer }}{% endverbatim %}",
        "plain { order } text",
    ],
)
def test_what_django_does_not_render_is_not_there(source: str) -> None:
    assert parse_template(source).body == ()


@pytest.mark.parametrize(
    "source",
    [
        "{% for %}",
        "{% for x in %}{{ x",
        "{% endif %}{{ a }}",
        "{% if a %}{% for b in c %}{% endif %}",
        "{%%}{{ }}",
        "{% block %}",
    ],
)
def test_a_broken_template_is_read_as_far_as_it_goes(source: str) -> None:
    assert isinstance(parse_template(source).body, tuple)


def test_a_string_is_no_path() -> None:
    assert parse_term('"a.b"') == Term((), "a.b")
    assert parse_term("_('a.b')") == Term((), "a.b")
    assert parse_term("12") == Term((), 12)


def test_filters_keep_their_arguments_and_a_pipe_in_quotes_is_text() -> None:
    term = parse_term('order.lines.all|default:"a|b"|slice:size')
    assert term == Term(
        ("order", "lines", "all"), None, (("default", Term((), "a|b")), ("slice", Term(("size",))))
    )


def test_calls_in_the_manner_of_jinja_are_paths() -> None:
    assert parse_term("order.lines.all()") == Term(("order", "lines", "all"))


def test_loops_tests_and_blocks_nest() -> None:
    source = """
        {% extends "base.html" %}{% load shop_tags %}
        {% block main %}{% for a, b in pairs %}{{ a }}{% empty %}{{ none }}{% endfor %}
        {% if x and not y.z %}{{ one }}{% elif w %}{{ two }}{% else %}{{ three }}{% endif %}{% endblock %}
    """
    template = parse_template(source)
    assert template.extends == Term((), "base.html")
    assert template.libraries == ("shop_tags",)
    loop = For(("a", "b"), Term(("pairs",)), (Output(Term(("a",))),), (Output(Term(("none",))),))
    choice = If(
        (Term(("x",)), Term(("y", "z")), Term(("w",))),
        ((Output(Term(("one",))),), (Output(Term(("two",))),), (Output(Term(("three",))),)),
    )
    assert template.body == (Block("main", (loop, choice)),)


def test_bindings_of_with_include_and_translated_blocks() -> None:
    template = parse_template(
        "{% with a=b.c %}{{ a }}{% endwith %}{% include name with d=e only %}"
        "{% blocktrans with f=g count n=h %}{{ f }}{% plural %}{{ n }}{% endblocktrans %}{{ after }}"
    )
    assert template.body == (
        With((("a", Term(("b", "c"))),), (Output(Term(("a",))),)),
        Include(Term(("name",)), (("d", Term(("e",))),), True),
        With((("f", Term(("g",))), ("n", Term(("h",)))), (Output(Term(("f",))), Output(Term(("n",))))),
        Output(Term(("after",))),
    )


def test_other_tags_keep_their_arguments() -> None:
    (tag,) = parse_template('{% menu request "top" depth=2 as entries %}').body
    assert tag == Tag("menu", (Term(("request",)), Term((), "top")), (("depth", Term((), 2)),), "entries")
