from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fakes.commands import Answer, Here

Run = Callable[..., Answer]


def test_a_token_is_not_shown(here: Here) -> None:
    for format_ in ("text", "json"):
        answer = here.having(STRANGLER_TOKEN="very-secret").run("config", "show", "--format", format_)
        assert "very-secret" not in answer.out
        assert "STRANGLER_TOKEN" in answer.out


def test_an_unknown_setting_is_one_line(run: Run, tmp_path: Path) -> None:
    (tmp_path / "strangler.toml").write_text("monolit = 'x'")
    answer = run("config", "show")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert "Did you mean 'monolith'?" in answer.err


def test_each_setting_says_where_it_comes_from(here: Here, tmp_path: Path) -> None:
    (tmp_path / "strangler.toml").write_text(
        "monolith = 'http://127.0.0.1:8000'\nstate = 'sqlite:///file.db'"
    )
    run = here.having(STRANGLER_STATE="sqlite:///env.db").run
    shown = run("config", "show", "--format", "json").json["settings"]
    settings = {setting["name"]: (setting["value"], setting["source"]) for setting in shown}
    assert settings["state"] == ("sqlite:///env.db", "STRANGLER_STATE")
    assert settings["monolith"] == ("http://127.0.0.1:8000", str(tmp_path / "strangler.toml"))
    assert settings["bind"][1] == "default"
