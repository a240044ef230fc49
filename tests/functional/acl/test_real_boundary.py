"""A boundary of a real project: what is written for it imports, and its decided part holds."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
from real_code import fetch

from acl.codegen import generate
from analyzer.model import schema
from analyzer.pipeline import analyze

ROOT = Path(__file__).parents[3]


@pytest.mark.real
@pytest.mark.parametrize("boundary", ["order", "wishlists"])
def test_a_boundary_of_django_oscar(boundary: str, tmp_path: Path) -> None:
    analysis = msgspec.json.decode(schema.write(analyze(fetch("django-oscar"))))
    made = generate(analysis, boundary)
    assert made.decisions
    for name, text in made.files.items():
        (tmp_path / name).write_text(text)
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "every_law", tmp_path],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert tested.returncode == 0, tested.stdout
