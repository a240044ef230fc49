"""The commands through the admin API of another process's state, over a real connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn
from fakes.commands import Here

from strangler.console import create_app
from strangler.store import open_state


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    here = Here(tmp_path, monkeypatch, capsys)
    here.run("routes", "add", "billing", "--prefix", "/inv/", "--service", "http://127.0.0.1:9001")
    here.run("routes", "writer", "billing", "monolith")
    return here


@contextmanager
def serving(folder: Path, *, approval: bool) -> Iterator[str]:
    state = open_state(f"sqlite:///{folder}/strangler.db")
    app = create_app(state, metrics=str, status=dict, approval=approval)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="critical", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        server.should_exit = True
        thread.join()
    state.close()


@pytest.fixture
def url(here: Here, tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path, approval=False) as address:
        yield address


def test_without_the_right_token_nothing_changes(here: Here, url: str) -> None:
    viewer = here.run("tokens", "add", "--role", "viewer").out.strip()
    for token, code in (("", 2), ("wrong", 2), (viewer, 3)):
        answer = here.having(STRANGLER_TOKEN=token).run("routes", "canary", "billing", "5", "--url", url)
        assert answer.code == code, answer.err
        assert answer.err.count("\n") == 1
    assert len(here.run("routes", "history", "--format", "json").json["history"]) == 2


def test_every_error_has_the_same_code_as_on_the_state(here: Here, url: str) -> None:
    operator = here.run("tokens", "add", "--role", "operator").out.strip()
    remote = here.having(STRANGLER_TOKEN=operator, STRANGLER_URL=url)
    for arguments in (
        ("canary", "biling", "5"),
        ("add", "billing", "--path", "/x/", "--service", "http://x"),
        ("add", "x", "--path", "/<x", "--service", "http://x"),
        ("rollback", "--to", "99"),
        ("diff", "99"),
        ("show", "biling"),
    ):
        ours, theirs = remote.run("routes", *arguments), here.run("routes", *arguments)
        assert (ours.code, ours.err) == (theirs.code, theirs.err)
        assert ours.code in (2, 3)


def test_the_whole_way_there_and_back(here: Here, url: str) -> None:
    operator = here.run("tokens", "add", "--role", "operator", "--name", "ci").out.strip()
    remote = here.having(STRANGLER_TOKEN=operator, STRANGLER_URL=url)
    assert remote.run("routes", "canary", "billing", "25", "--reason", "ü").code == 0
    assert remote.run("routes", "flip", "billing", "--to", "service").out == (
        "version 4: flip billing to the service (share 25 % -> 100 %)\n"
    )
    assert remote.run("routes", "rollback").code == 0
    assert remote.run("routes", "export").out == here.run("routes", "export").out
    assert remote.run("routes", "diff", "2", "3").out == here.run("routes", "diff", "2", "3").out
    history = remote.run("routes", "history", "--format", "json")
    assert history.out == here.run("routes", "history", "--format", "json").out
    assert [(r["actor"], r["via"]) for r in history.json["history"][:3]] == [("ci", "api")] * 3


def test_a_second_operator_approves_what_the_first_one_asked_for(here: Here, tmp_path: Path) -> None:
    with serving(tmp_path, approval=True) as url:
        _approve(here, url)


def _approve(here: Here, url: str) -> None:
    ann, bob = (
        here.run("tokens", "add", "--role", "operator", "--name", name).out.strip() for name in ("ann", "bob")
    )
    first, second = (here.having(STRANGLER_TOKEN=token, STRANGLER_URL=url) for token in (ann, bob))
    assert "waits for another operator" in first.run("routes", "canary", "billing", "5").out
    [waiting] = second.run("routes", "approve", "--format", "json").json["approvals"]
    assert first.run("routes", "approve", waiting["id"]).code == 3
    assert second.run("routes", "approve", waiting["id"]).out.startswith(
        "version 3: share of billing 0 % -> 5 %"
    )
    assert second.run("routes", "approve").err == "No change waits.\n"
    first.run("routes", "canary", "billing", "6")
    [waiting] = second.run("routes", "approve", "--format", "json").json["approvals"]
    assert second.run("routes", "approve", waiting["id"], "--reject").out == f"{waiting['id']} is forgotten\n"
    assert here.run("routes", "approve").code == 2


def test_a_rollout_is_steered_from_afar_with_the_same_words(here: Here, url: str) -> None:
    viewer = here.run("tokens", "add", "--role", "viewer").out.strip()
    operator = here.run("tokens", "add", "--role", "operator", "--name", "ci").out.strip()
    remote = here.having(STRANGLER_TOKEN=operator, STRANGLER_URL=url)
    assert here.having(STRANGLER_TOKEN=viewer, STRANGLER_URL=url).run("rollout", "start", "billing").code == 3
    assert remote.run("rollout", "start", "billing", "--steps", "5,1").code == 2
    started = remote.run("rollout", "start", "billing", "--steps", "1,100", "--reason", "go")
    assert started.out == "billing: running, step 1 of 2, 1 %\n  guard: inconclusive (nothing seen yet)\n"
    assert remote.run("rollout", "start", "billing").code == 3
    assert (
        remote.run("rollout", "status", "--format", "json").json
        == here.run("rollout", "status", "--format", "json").json
    )
    assert remote.run("rollout", "abort", "billing").out.startswith("billing: aborted")
    history = here.run("routes", "history", "--format", "json").json["history"]
    assert [(line["actor"], line["via"]) for line in history[:2]] == [("ci", "rollout")] * 2
