"""Django's template language, as far as it leads to the database: what is looked up, looped over and called.

The parser is lenient, for a template that Django would refuse must not stop an analysis: a tag that is not known is
kept with its arguments, what stands between it and its end tag follows it, and a stray end tag counts for nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TypeAlias

_TOKEN = re.compile(r"(\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\})", re.DOTALL)
_WORD = re.compile(r"""(?:[^\s"']*(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')[^\s"']*|[^\s]+)""")
_PIPE = re.compile(r"""((?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^|"'])+)(?:\||$)""")
_KEYWORD = re.compile(r"^(\w+)=(.+)$", re.DOTALL)
_OPERATORS = frozenset({"!=", "<", "<=", "==", ">", ">=", "and", "in", "is", "not", "or"})


@dataclass(frozen=True, slots=True)
class Term:
    """``a.b|filter:c``: a path of names or a constant (``constant`` is set, ``path`` empty), then filters."""

    path: tuple[str, ...]
    constant: str | int | None = None
    filters: tuple[tuple[str, Term | None], ...] = ()


@dataclass(frozen=True, slots=True)
class Output:
    """``{{ term }}``."""

    term: Term


@dataclass(frozen=True, slots=True)
class For:
    """``{% for names in over %} body {% empty %} empty {% endfor %}``."""

    names: tuple[str, ...]
    over: Term
    body: tuple[Node, ...]
    empty: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class If:
    """The operands of all tests, and the bodies of all branches."""

    tests: tuple[Term, ...]
    bodies: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class With:
    """``{% with name=term %} body``, and translated blocks, which bind names in the same way."""

    bindings: tuple[tuple[str, Term], ...]
    body: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Include:
    """``{% include template with name=term only %}``."""

    template: Term
    bindings: tuple[tuple[str, Term], ...]
    only: bool


@dataclass(frozen=True, slots=True)
class Block:
    """``{% block name %} body``; ``asks_for_super``: it shows the block that it overrides as well."""

    name: str
    body: tuple[Node, ...]
    asks_for_super: bool = False


@dataclass(frozen=True, slots=True)
class Tag:
    """Any other tag with its arguments; ``bound`` is the name behind ``as``."""

    name: str
    args: tuple[Term, ...]
    kwargs: tuple[tuple[str, Term], ...]
    bound: str | None


Node: TypeAlias = Output | For | If | With | Include | Block | Tag


@dataclass(frozen=True, slots=True)
class Template:
    """A parsed template: its nodes, the template it extends, and the tag libraries that it loads."""

    body: tuple[Node, ...]
    extends: Term | None = None
    libraries: tuple[str, ...] = ()
    blocks: tuple[Block, ...] = ()
    """All its blocks, also those inside others."""


def parse_template(text: str) -> Template:
    """Parse a template; never fails."""
    parser = _Parser([token for token in _TOKEN.split(text) if token[:2] in {"{%", "{{"}])
    body: list[Node] = []
    while not parser.at_end:
        body.extend(parser.block())
        parser.skip()
    return Template(tuple(body), parser.extends, tuple(parser.libraries))


def parse_term(text: str) -> Term:
    """Parse a variable or constant with its filters."""
    parts = [part.strip() for part in _PIPE.findall(text)]
    if not parts:
        return Term((), "")
    base = _base(parts[0])
    filters = tuple(_filter(part) for part in parts[1:] if part)
    return Term(base.path, base.constant, filters)


def _base(text: str) -> Term:
    if text.startswith("_(") and text.endswith(")"):
        text = text[2:-1]
    if text[:1] in {'"', "'"}:
        return Term((), text[1:-1])
    if text.lstrip("-").isdigit():
        return Term((), int(text))
    path = tuple(part for part in re.sub(r"\([^()]*\)|\[[^\]]*\]", "", text).split(".") if part)
    return (
        Term(path) if path and all(part.isidentifier() or part.isdigit() for part in path) else Term((), "")
    )


def _filter(text: str) -> tuple[str, Term | None]:
    name, colon, argument = text.partition(":")
    return name.strip(), _base(argument.strip()) if colon else None


@dataclass(slots=True)
class _Parser:
    tokens: list[str]
    position: int = 0
    extends: Term | None = None
    libraries: list[str] = field(default_factory=list)

    @property
    def at_end(self) -> bool:
        return self.position >= len(self.tokens)

    def skip(self) -> None:
        self.position += 1

    def peek(self) -> str:
        """The name of the tag that stands here."""
        words = self.tokens[self.position][2:-2].split(None, 1) if not self.at_end else []
        return words[0].strip("-") if words else ""

    def block(self) -> tuple[Node, ...]:
        """Nodes up to the next end tag or branch, which is left standing."""
        nodes: list[Node] = []
        while not self.at_end:
            token = self.tokens[self.position]
            if token.startswith("{{"):
                self.skip()
                nodes.append(Output(parse_term(token[2:-2].strip(" \t\n-"))))
                continue
            name = self.peek()
            if name in _BRANCHES or name in _ENDS:
                break
            self.skip()
            nodes.extend(self.tag(name, _WORD.findall(token[2:-2].strip(" \t\n-"))[1:]))
        return tuple(nodes)

    def close(self, end: str) -> None:
        """Step over an end tag, if it is there."""
        if self.peek() == end:
            self.skip()

    def tag(self, name: str, words: list[str]) -> list[Node]:
        match name:
            case "comment" | "verbatim" | "raw":
                while not self.at_end and self.peek() != f"end{name}":
                    self.skip()
                self.close(f"end{name}")
                return []
            case "load":
                self.libraries.extend(words[words.index("from") + 1 :] if "from" in words else words)
                return []
            case "extends" if words:
                self.extends = parse_term(words[0])
                return []
            case "for" if "in" in words:
                return [self.loop(words)]
            case "if" | "ifchanged" | "ifequal" | "ifnotequal" | "for":
                return [self.choice(name, words)]
            case "with" | "blocktrans" | "blocktranslate":
                body = self.block()
                if self.peek() == "plural":
                    self.skip()
                    body += self.block()
                self.close(f"end{name}")
                return [With(_bindings(words), body)]
            case "block" if words:
                body = self.block()
                self.close("endblock")
                return [Block(words[0], body)]
            case "include" if words:
                return [Include(parse_term(words[0]), _bindings(words[1:]), "only" in words)]
            case _:
                return [_tag(name, words)]

    def loop(self, words: list[str]) -> For:
        split = words.index("in")
        names = tuple(name for word in words[:split] for name in word.split(",") if name)
        body = self.block()
        empty: tuple[Node, ...] = ()
        if self.peek() in {"empty", "else"}:
            self.skip()
            empty = self.block()
        self.close("endfor")
        over = words[split + 1] if len(words) > split + 1 else ""
        return For(names, parse_term(over), body, empty)

    def choice(self, name: str, words: list[str]) -> If:
        tests = [word for word in words if word not in _OPERATORS]
        bodies = [self.block()]
        while self.peek() in _BRANCHES:
            more = _WORD.findall(self.tokens[self.position][2:-2])[1:]
            tests.extend(word for word in more if word not in _OPERATORS and word != "-")
            self.skip()
            bodies.append(self.block())
        self.close(f"end{name}")
        return If(tuple(parse_term(word) for word in tests), tuple(bodies))


_BRANCHES = frozenset({"elif", "else", "empty", "plural"})
_ENDS = frozenset(
    f"end{name}"
    for name in (
        "block", "blocktrans", "blocktranslate", "for", "if", "ifchanged", "ifequal", "ifnotequal", "with"
    )
)  # fmt: skip


def _bindings(words: list[str]) -> tuple[tuple[str, Term], ...]:
    """``name=term``, ``term as name``."""
    found = []
    for position, word in enumerate(words):
        keyword = _KEYWORD.match(word)
        if keyword:
            found.append((keyword[1], parse_term(keyword[2])))
        elif word == "as" and 0 < position < len(words) - 1:
            found.append((words[position + 1], parse_term(words[position - 1])))
    return tuple(found)


def _tag(name: str, words: list[str]) -> Tag:
    bound = None
    if len(words) > 1 and words[-2] == "as":
        bound, words = words[-1], words[:-2]
    args, kwargs = [], []
    for word in words:
        keyword = _KEYWORD.match(word)
        if keyword:
            kwargs.append((keyword[1], parse_term(keyword[2])))
        else:
            args.append(parse_term(word))
    return Tag(name, tuple(args), tuple(kwargs), bound)
