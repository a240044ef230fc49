from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fakes.commands import Answer

from strangler.store import open_state
from strangler.store.tokens import digest_of

Run = Callable[..., Answer]


def test_the_token_itself_is_nowhere_in_the_state(run: Run, tmp_path: Path) -> None:
    secret = run("tokens", "add", "--role", "operator").out.strip()
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()
    assert secret not in run("tokens", "list", "--format", "json").out


def test_bad_input_is_one_line(run: Run, tmp_path: Path) -> None:
    answer = run("tokens", "add", "--role", "admin")
    assert (answer.code, answer.err.count("\n")) == (2, 1)
    assert list(tmp_path.iterdir()) == []
    assert run("tokens", "list").code == 2
    assert run("tokens", "revoke", "x").code == 2


def test_a_token_works_until_it_is_revoked(run: Run, tmp_path: Path) -> None:
    secret = run("tokens", "add", "--role", "viewer", "--name", "ci").out.strip()
    state = open_state(f"sqlite:///{tmp_path}/strangler.db")
    found = state.tokens.find(digest_of(secret))
    assert found is not None
    assert (found.name, found.role) == ("ci", "viewer")
    assert run("tokens", "add", "--role", "viewer", "--name", "ci").code == 3
    assert run("tokens", "revoke", "ci").code == 0
    assert state.tokens.find(digest_of(secret)) is None
    state.close()


def test_names_are_found_where_none_is_given(run: Run) -> None:
    for _ in range(2):
        run("tokens", "add", "--role", "viewer")
    names = [token["name"] for token in run("tokens", "list", "--format", "json").json["tokens"]]
    assert names == ["viewer-1", "viewer-2"]
