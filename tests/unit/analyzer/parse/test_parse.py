"""No file is lost in silence, and none stops the analysis."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from analyzer.parse import parse, parse_bytes


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"print 'python 2'\n", "unparsed-file"),
        (b"def broken(:\n", "unparsed-file"),
        (b"x = '\xff'\n", "undecodable-file"),
        (b"# -*- coding: no-such-codec -*-\n", "undecodable-file"),
        (b"x = 1\x00\n", "unparsed-file"),
        (b"(" * 500 + b")" * 500, "unparsed-file"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_a_finding_with_its_place(data: bytes, code: str) -> None:
    parsed = parse_bytes("shop/models.py", data)
    assert parsed.tree is None
    assert parsed.problem is not None
    assert parsed.problem.code == code
    assert parsed.problem.locations[0].file == "shop/models.py"
    assert parsed.problem.remedy


def test_a_huge_file_is_not_parsed(tmp_path: Path) -> None:
    (tmp_path / "data.py").write_text("DATA = [\n" + "1,\n" * 1000 + "]\n")
    parsed = parse(tmp_path, "data.py", max_bytes=1000)
    assert parsed.problem is not None
    assert parsed.problem.code == "file-too-large"


def test_the_line_of_a_syntax_error_is_told() -> None:
    parsed = parse_bytes("a.py", b"x = 1\ny = = 2\n")
    assert parsed.problem is not None
    assert parsed.problem.locations[0].line == 2


def test_an_encoding_cookie_is_honoured() -> None:
    parsed = parse_bytes("a.py", "# coding: latin-1\nname = 'Käse'\n".encode("latin-1"))
    assert parsed.problem is None
    assert "Käse" in parsed.text


def test_the_compiler_does_not_warn_about_the_project() -> None:
    parsed = parse_bytes("a.py", b"x = '\\d'\nassert (x, 'always true')\n")
    assert isinstance(parsed.tree, ast.Module)
