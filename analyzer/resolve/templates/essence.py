"""Leaves out of a template what touches nothing: constants, and tags over constants that no library defines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from analyzer.extract.templates import Block, For, If, Include, Node, Output, Tag, Template, Term, With


def essence(template: Template, is_known: Callable[[str], bool]) -> Template:
    """The template without what cannot touch a table; ``is_known`` tells the tags that some library defines."""
    body = tuple(_essential(template.body, is_known))
    return replace(template, body=body, blocks=tuple(_blocks(body)))


def _essential(nodes: Iterable[Node], is_known: Callable[[str], bool]) -> Iterator[Node]:
    for node in nodes:
        match node:
            case Output():
                if not _is_constant(node.term):
                    yield node
            case Tag():
                terms = (*node.args, *(term for _, term in node.kwargs))
                if node.bound is not None or is_known(node.name) or not all(map(_is_constant, terms)):
                    yield node
            case If():
                tests = tuple(term for term in node.tests if not _is_constant(term))
                bodies = (tuple(_essential(body, is_known)) for body in node.bodies)
                kept = tuple(body for body in bodies if body)
                if tests or kept:
                    yield If(tests, kept)
            case For():
                body, empty = (tuple(_essential(part, is_known)) for part in (node.body, node.empty))
                yield For(node.names, node.over, body, empty)
            case With():
                body = tuple(_essential(node.body, is_known))
                if body or not all(_is_constant(term) for _, term in node.bindings):
                    yield With(node.bindings, body)
            case Block():
                body = tuple(_essential(node.body, is_known))
                yield Block(node.name, body, _asks_for_super(body))
            case Include():
                yield node


def _is_constant(term: Term) -> bool:
    return not term.path and not term.filters


def _blocks(nodes: Iterable[Node]) -> Iterator[Block]:
    """All blocks of a template, also those inside other blocks and tags."""
    for node in nodes:
        if isinstance(node, Block):
            yield node
        for body in _bodies(node):
            yield from _blocks(body)


def _asks_for_super(nodes: Iterable[Node]) -> bool:
    return any(
        (isinstance(node, Output) and node.term.path == ("block", "super"))
        or any(map(_asks_for_super, _bodies(node)))
        for node in nodes
    )


def _bodies(node: Node) -> tuple[tuple[Node, ...], ...]:
    if isinstance(node, If):
        return node.bodies
    return (node.body,) if isinstance(node, With | For | Block) else ()
