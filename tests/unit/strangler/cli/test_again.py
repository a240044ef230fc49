"""What an earlier run has kept is written at once, and only where it is the answer to the very same question."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fakes.projects import FakeProject

from strangler.cli.again import again
from strangler.cli.entry import main


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    FakeProject(tmp_path / "shop", {"shop/models.py": "from django.db import models\n"})
    return tmp_path / "shop"


def _analyze(shop: Path, *more: str) -> list[str]:
    return [str(shop), "--cache-dir", str(shop.parent / "cache"), *more]


def _run(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["analyze", *arguments])
    assert not stopped.value.code


@pytest.mark.parametrize(
    "more",
    [["--format", "html"], ["--boundary", "shop"], ["--no-cache"], ["--seed", "x"], ["--what"], ["-o"]],
)
def test_what_is_not_plain_is_left_to_the_long_way(shop: Path, more: list[str]) -> None:
    _run(_analyze(shop, "-o", str(shop.parent / "out")))
    assert not again(_analyze(shop, *more))


def test_what_is_kept_for_another_question_is_no_answer(shop: Path) -> None:
    out, plain = shop.parent / "out", shop.parent / "plain"
    assert again(_analyze(shop, "-o", str(out)))
    (shop / "shop" / "models.py").write_text(
        "from django.db import models\nclass Order(models.Model):\n    pass\n"
    )
    assert again(_analyze(shop, "-o", str(out)))
    assert "1 model" in out.read_text()
    assert again(_analyze(shop, "--format", "json", "--seed", "1", "-o", str(out)))
    _run([str(shop), "--no-cache", "--format", "json", "--seed", "1", "-o", str(plain)])
    assert out.read_bytes() == plain.read_bytes()


def test_a_terminal_is_left_to_the_long_way(shop: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    assert not again(_analyze(shop, "-o", str(shop.parent / "out")))


def test_what_is_nowhere_is_told_the_long_way(shop: Path) -> None:
    assert not again([str(shop.parent / "nowhere")])


@pytest.mark.parametrize(
    ("file", "text"), [("strangler.toml", ""), ("pyproject.toml", "[tool.strangler.boundaries.x]\n")]
)
def test_a_configuration_is_read_the_long_way(shop: Path, file: str, text: str) -> None:
    arguments = _analyze(shop, "-o", str(shop.parent / "out"))
    _run(arguments)
    assert again(arguments)
    (shop / file).write_text(text)
    assert not again(arguments)


@pytest.mark.parametrize("form", ["json", "text"])
def test_the_same_answer_is_given_again(shop: Path, form: str) -> None:
    first, second = shop.parent / "first", shop.parent / "second"
    _run(_analyze(shop, "--format", form, "-o", str(first)))
    assert again(_analyze(shop, f"--format={form}", "--output", str(second)))
    assert first.read_bytes() == second.read_bytes()


def test_next_to_nothing_is_imported(shop: Path) -> None:
    arguments = _analyze(shop, "--format", "json", "-o", str(shop.parent / "out"))
    _run(arguments)
    code = f"""
import sys
from strangler.cli.again import again
assert again({arguments!r})
heavy = {{"typer", "rich", "msgspec", "analyzer.resolve", "analyzer.pipeline", "analyzer.model"}}
print(sorted(heavy & set(sys.modules)))
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
