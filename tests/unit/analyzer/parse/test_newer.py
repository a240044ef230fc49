"""Syntax newer than the running Python's is read as if it were said in older syntax, on the same lines."""

from __future__ import annotations

import ast

import pytest

from analyzer.extract import extract
from analyzer.parse import parse_bytes
from analyzer.parse.newer import parse_newer


@pytest.mark.parametrize(
    "text",
    [
        "print 'Python 2'\n",
        "def f(:\n",
        "try:\n    pass\nexcept IOError, error:\n    print error\n",
        "class A[T\n",
        "x = f'{'\n",
        "type X = \n",
        "raise ValueError, 'Python 2'\n",
        "exec 'code'\n",
    ],
)
def test_what_no_version_reads_stays_an_error(text: str) -> None:
    parsed = parse_bytes("a.py", text.encode())
    assert parsed.tree is None
    assert parsed.problem is not None
    assert parsed.problem.code == "unparsed-file"


CASES = {
    "class Box[T: (int, str) = int](Base[T], metaclass=M):\n    pass\n": "class Box(Base[T], metaclass=M):\n    pass\n",
    "class Box[\n    T,\n]:\n    x = 1\n": "class Box:\n\n\n    x = 1\n",
    "def first[K, V = dict[str, int]](k: K) -> V:\n    return k\n": "def first(k: K) -> V:\n    return k\n",
    "async def f[**P, *Ts]():\n    pass\n": "async def f():\n    pass\n",
    "type Pair[T] = tuple[T, T]\n": "Pair = tuple[T, T]\n",
    "class A:\n    type X = B\n    y = 1\n": "class A:\n    X = B\n    y = 1\n",
    "try:\n    f()\nexcept A, B:\n    g()\n": "try:\n    f()\nexcept (A, B):\n    g()\n",
    "try:\n    f()\nexcept* A, b.C:\n    g()\n": "try:\n    f()\nexcept* (A, b.C):\n    g()\n",
    "x = f'{row['key']}'\n": "x = f'{row[\"key\"]}'\n",
    "x = f'a {row['k']!r:>{width}} b' 'c'\n": "x = f'a {row[\"k\"]} b' 'c'\n",
    "x = f'{f'{a['b']}'}'\n": 'x = f"""{f\'{a["b"]}\'}"""\n',
    "x = f'{\n    a  # why\n    .filter(b=1)\n}'\ny = 2\n": "x = f'{(a.filter(b=1))}'\n\n\n\ny = 2\n",
    "x = f'{'\\n'.join(a)}'\n": 'x = f"""{chr(10).join(a)}"""\n',
    "x = t'{name} and {Order.objects.get(pk=1)}'\n": "x = f'{name} and {Order.objects.get(pk=1)}'\n",
    "lazy import a.b\nlazy from c import d\n": "import a.b\nfrom c import d\n",
}
SAME = [text for text in CASES if ".join" not in text and "# why" not in text]


@pytest.mark.parametrize("text", sorted(CASES))
def test_every_line_keeps_its_number(text: str) -> None:
    older, tree = parse_newer(text, "a.py")
    assert older.count("\n") == text.count("\n")
    last = tree.body[-1]
    assert last.lineno == ast.parse(CASES[text]).body[-1].lineno


@pytest.mark.parametrize("text", sorted(SAME))
def test_the_nodes_are_those_of_the_older_way_to_say_it(text: str) -> None:
    old = CASES[text]
    newer = extract("a.py", *parse_newer(text, "a.py"))
    assert newer.body == extract("a.py", old, ast.parse(old)).body


def test_a_file_in_newer_syntax_is_no_problem() -> None:
    parsed = parse_bytes("a.py", b"class Box[T = int]:\n    pass\n")
    assert parsed.problem is None
    assert isinstance(parsed.tree, ast.Module)


def test_older_text_is_unchanged() -> None:
    text = "try:\n    x = a['b'][0]\nexcept (A, B) as e:\n    y = 'type X = 1'\n"
    assert parse_newer(text, "a.py")[0] == text
