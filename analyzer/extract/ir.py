"""What is kept of a syntax tree: the part that says how names, calls and control flow lead to the database.

The nodes are flat, typed and cheap to encode, so that they can cross a process boundary and be cached by content.
Positions are lines, counted from 1.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec


class _Node(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """Base of all nodes; compared and hashed by identity where the interpreter needs to."""


class Name(_Node, tag=1, frozen=True, gc=False, array_like=True):
    """A name that is read."""

    id: str


class Const(_Node, tag=2, frozen=True, gc=False, array_like=True):
    """A literal. Bytes, complex numbers and ``...`` become None."""

    value: str | int | float | bool | None


class Attr(_Node, tag=3, frozen=True, gc=False, array_like=True):
    """``value.attr``."""

    value: Expr
    attr: str
    line: int


class Call(_Node, tag=4, frozen=True, gc=False, array_like=True):
    """A call. ``site`` numbers the ORM call sites of a file from 1; ``outer`` is False inside a longer chain."""

    func: Expr
    args: tuple[Expr, ...]
    kwargs: tuple[tuple[str | None, Expr], ...]
    line: int
    site: int
    outer: bool


class Items(_Node, tag=5, frozen=True, gc=False, array_like=True):
    """A list, tuple or set display."""

    kind: Literal["list", "tuple", "set"]
    items: tuple[Expr, ...]


class Dict(_Node, tag=6, frozen=True, gc=False, array_like=True):
    """A dict display; a key of None is ``**value``."""

    items: tuple[tuple[Expr | None, Expr], ...]


class Sub(_Node, tag=7, frozen=True, gc=False, array_like=True):
    """``value[index]``; a slice has the index None."""

    value: Expr
    index: Expr | None


class Bin(_Node, tag=8, frozen=True, gc=False, array_like=True):
    """A binary operation, by the name of its ``ast`` operator."""

    op: str
    left: Expr
    right: Expr


class Logic(_Node, tag=9, frozen=True, gc=False, array_like=True):
    """``and``, ``or``."""

    op: Literal["and", "or"]
    values: tuple[Expr, ...]


class Not(_Node, tag=10, frozen=True, gc=False, array_like=True):
    """``not value``."""

    value: Expr


class Compare(_Node, tag=11, frozen=True, gc=False, array_like=True):
    """One comparison, by the name of its ``ast`` operator; chains become ``Parts``."""

    op: str
    left: Expr
    right: Expr


class Cond(_Node, tag=12, frozen=True, gc=False, array_like=True):
    """``body if test else orelse``."""

    test: Expr
    body: Expr
    orelse: Expr


class Lambda(_Node, tag=13, frozen=True, gc=False, array_like=True):
    """An anonymous function."""

    function: Function


class Comp(_Node, tag=14, frozen=True, gc=False, array_like=True):
    """A comprehension; ``value`` is set for a dict comprehension only."""

    kind: Literal["list", "set", "dict", "generator"]
    element: Expr
    value: Expr | None
    loops: tuple[tuple[Expr, Expr, tuple[Expr, ...]], ...]


class Star(_Node, tag=15, frozen=True, gc=False, array_like=True):
    """``*value``."""

    value: Expr


class Text(_Node, tag=16, frozen=True, gc=False, array_like=True):
    """An f-string."""

    parts: tuple[Expr, ...]


class Yield(_Node, tag=17, frozen=True, gc=False, array_like=True):
    """``yield value`` and ``yield from value``."""

    value: Expr
    all: bool


class Walrus(_Node, tag=18, frozen=True, gc=False, array_like=True):
    """``name := value``."""

    name: str
    value: Expr


class Parts(_Node, tag=19, frozen=True, gc=False, array_like=True):
    """An expression whose value does not matter here, but whose parts are evaluated."""

    values: tuple[Expr, ...]


class Param(_Node, frozen=True, gc=False, array_like=True):
    """A parameter."""

    name: str
    kind: Literal["plain", "keyword", "args", "kwargs"]
    annotation: Expr | None
    default: Expr | None


class Import(_Node, tag=30, frozen=True, gc=False, array_like=True):
    """``import module as asname`` has no names; ``from module import a as b`` has the pairs (a, b), or ("*", "*")."""

    line: int
    module: str
    level: int
    names: tuple[tuple[str, str], ...]
    asname: str | None
    is_from: bool
    deferred: bool


class Assign(_Node, tag=31, frozen=True, gc=False, array_like=True):
    """An assignment; ``value`` is None for a bare annotation."""

    line: int
    targets: tuple[Expr, ...]
    value: Expr | None
    annotation: Expr | None


class Augment(_Node, tag=32, frozen=True, gc=False, array_like=True):
    """``target op= value``."""

    line: int
    target: Expr
    op: str
    value: Expr


class Do(_Node, tag=33, frozen=True, gc=False, array_like=True):
    """An expression as a statement."""

    line: int
    value: Expr


class Return(_Node, tag=34, frozen=True, gc=False, array_like=True):
    """``return``."""

    line: int
    value: Expr | None


class Stop(_Node, tag=35, frozen=True, gc=False, array_like=True):
    """``raise``, ``break``, ``continue``: what follows in the block does not run."""

    line: int
    value: Expr | None


class If(_Node, tag=36, frozen=True, gc=False, array_like=True):
    """``if``; ``match`` becomes a chain of these."""

    line: int
    test: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


class Loop(_Node, tag=37, frozen=True, gc=False, array_like=True):
    """``for`` (``target`` is set) and ``while`` (``over`` is the test)."""

    line: int
    target: Expr | None
    over: Expr
    body: tuple[Stmt, ...]
    orelse: tuple[Stmt, ...]


class With(_Node, tag=38, frozen=True, gc=False, array_like=True):
    """``with``: pairs of the context manager and the name it is bound to."""

    line: int
    items: tuple[tuple[Expr, Expr | None], ...]
    body: tuple[Stmt, ...]


class Try(_Node, tag=39, frozen=True, gc=False, array_like=True):
    """``try``."""

    line: int
    body: tuple[Stmt, ...]
    handlers: tuple[tuple[Stmt, ...], ...]
    orelse: tuple[Stmt, ...]
    final: tuple[Stmt, ...]


class Function(_Node, tag=40, frozen=True, gc=False, array_like=True):
    """A function or method."""

    line: int
    name: str
    params: tuple[Param, ...]
    decorators: tuple[Expr, ...]
    returns: Expr | None
    body: tuple[Stmt, ...]
    generator: bool


class Class(_Node, tag=41, frozen=True, gc=False, array_like=True):
    """A class."""

    line: int
    name: str
    bases: tuple[Expr, ...]
    keywords: tuple[tuple[str | None, Expr], ...]
    decorators: tuple[Expr, ...]
    body: tuple[Stmt, ...]


Expr: TypeAlias = (
    Name
    | Const
    | Attr
    | Call
    | Items
    | Dict
    | Sub
    | Bin
    | Logic
    | Not
    | Compare
    | Cond
    | Lambda
    | Comp
    | Star
    | Text
    | Yield
    | Walrus
    | Parts
)
Stmt: TypeAlias = Import | Assign | Augment | Do | Return | Stop | If | Loop | With | Try | Function | Class


class Site(_Node, frozen=True, gc=False, array_like=True):
    """A call chain that is, or may be, an ORM call. ``sure``: its method hardly exists but on querysets."""

    line: int
    text: str
    sure: bool


class Unit(_Node, frozen=True, gc=False, array_like=True):
    """One file, lowered: what ``resolve`` reads. ``lines`` is the file's length, ``asked`` are the names that hold the
    name of an attribute (``getattr(plugin, method)``)."""

    file: str
    lines: int
    body: tuple[Stmt, ...]
    imports: tuple[Import, ...]
    sites: tuple[Site, ...]
    asked: tuple[str, ...] = ()
