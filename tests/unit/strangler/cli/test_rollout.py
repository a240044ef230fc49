from __future__ import annotations

import pytest
from fakes.commands import Here

ADD = ("routes", "add", "billing", "--prefix", "/inv/", "--service", "http://127.0.0.1:9001")


def _field(option: str) -> str:
    return option.removeprefix("--").replace("-", "_")


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--check", "x"),
        ("--hook", "ftp://x/"),
        ("--hook", "http://me:pw@x/"),
        ("--give-up", "soon"),
        ("--give-up", "0s"),
        ("--steps", "5,1"),
        ("--steps", "0,5"),
        ("--min-requests", "0"),
    ],
)
def test_what_means_nothing_is_told_and_starts_nothing(here: Here, option: str, value: str) -> None:
    here.run(*ADD, "--writer", "monolith")
    answer = here.run("rollout", "start", "billing", option, value)
    assert (answer.code, _field(option) in answer.err) == (2, True)
    assert here.run("rollout", "status").out == "No rollout has been started.\n"


def test_a_group_whose_writer_nobody_declared_is_refused_with_the_remedy(here: Here) -> None:
    here.run(*ADD)
    answer = here.run("rollout", "start", "billing")
    assert (answer.code, "strangler routes writer billing monolith" in answer.err) == (3, True)


def test_checks_hook_and_patience_are_kept(here: Here) -> None:
    here.run(*ADD, "--writer", "monolith")
    check = "failed = http://orders/health.json $.failed <= 5"
    started = here.run("rollout", "start", "billing", "--check", check, "--hook", "http://ci/ok")
    assert started.code == 0, started.err
    assert "running, step 1 of 5, 1 %" in started.out
    [known] = here.run("rollout", "status", "billing", "--format", "json").json["rollouts"]
    assert known["checks"] == ["failed <= 5"]
    assert (known["hook"], known["give_up"]) == ("http://ci/ok", 86_400.0)


def test_waiting_for_one_that_ended_badly_or_never_began_is_no_yes(here: Here) -> None:
    here.run(*ADD, "--writer", "monolith")
    here.run("rollout", "start", "billing")
    here.run("rollout", "abort", "billing")
    answer = here.run("rollout", "status", "billing", "--wait")
    assert (answer.code, answer.out.startswith("billing: aborted")) == (1, True)
    assert here.run("rollout", "status", "crm", "--wait").code == 2


def test_waiting_for_one_that_was_promoted_is_a_yes(here: Here) -> None:
    here.run(*ADD, "--writer", "monolith")
    here.run("rollout", "start", "billing")
    assert here.run("rollout", "promote", "billing").out.startswith("billing: promoted, step 5 of 5, 100 %")
    assert here.run("rollout", "status", "billing", "--wait").code == 0
