from __future__ import annotations

from pathlib import Path

import pytest

from strangler.config import load
from strangler.errors import BadDocument


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("strangler.toml", "sate = 'x'", "Did you mean 'state'?"),
        ("strangler.toml", "zzz = 'x'", "Known:"),
        ("strangler.toml", "state = 5", "not a string"),
        ("strangler.toml", "token = 'hunter2'", "STRANGLER_TOKEN"),
        ("strangler.toml", "identity_key = 'hunter2'", "STRANGLER_IDENTITY_KEY"),
        ("strangler.toml", "bridge_secret = 'hunter2'", "STRANGLER_BRIDGE_SECRET"),
        ("strangler.toml", "state = ", "not TOML"),
        ("pyproject.toml", "[tool.strangler]\nsate = 'x'", "Did you mean 'state'?"),
        ("pyproject.toml", "[[tool.strangler]]\nstate = 'x'", "not a table"),
    ],
)
def test_a_fault_is_told_with_its_file(tmp_path: Path, name: str, content: str, says: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(BadDocument) as caught:
        load(tmp_path, {})
    assert says in str(caught.value)
    assert name in str(caught.value)
    assert "hunter2" not in str(caught.value)


def test_a_file_that_is_named_has_to_be_there(tmp_path: Path) -> None:
    with pytest.raises(BadDocument, match="cannot be read"):
        load(tmp_path, {}, tmp_path / "missing.toml")


def test_the_project_file_of_other_tools_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\nbroken = ")
    assert load(tmp_path, {}).file is None


def test_without_a_file_there_are_the_defaults(tmp_path: Path) -> None:
    configuration = load(tmp_path, {})
    assert configuration.get("state") == "sqlite:///strangler.db"
    assert configuration.get("monolith") is None
    assert configuration.document == {}


def test_flags_win_over_the_environment_and_that_over_the_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        "[tool.strangler]\nbind = 'file'\nstate = 'file'\nmonolith = 'file'\n"
    )
    configuration = load(tmp_path, {"STRANGLER_BIND": "env", "STRANGLER_STATE": "env"})
    assert configuration.get("bind", "flag") == "flag"
    assert configuration.get("state") == "env"
    assert configuration.get("monolith") == "file"


def test_the_own_file_wins_over_the_project_file(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.strangler]\nstate = 'project'")
    (tmp_path / "strangler.toml").write_text("state = 'own'\n[groups.x]\nservice = 'x'")
    configuration = load(tmp_path, {})
    assert configuration.get("state") == "own"
    assert configuration.document == {"groups": {"x": {"service": "x"}}}
