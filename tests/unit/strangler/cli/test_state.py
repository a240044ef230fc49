from __future__ import annotations

from pathlib import Path

import pytest
from fakes.commands import Here

ADD = ("routes", "add", "billing", "--prefix", "/inv/", "--service", "http://127.0.0.1:9001")


def test_a_state_that_is_not_there_is_not_made_by_looking(here: Here, tmp_path: Path) -> None:
    for line in (("info",), ("backup", "out"), ("migrate",)):
        assert here.run("state", *line).code == 2
    assert list(tmp_path.iterdir()) == []


def test_a_restore_over_a_state_is_refused_without_replace(here: Here) -> None:
    here.run(*ADD)
    assert here.run("state", "backup", "saved").code == 0
    answer = here.run("state", "restore", "saved")
    assert (answer.code, "--replace" in answer.err) == (3, True)


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff\n", b"[[", b'{"row": "end", "rows": 0}'])
def test_a_file_that_is_no_backup_is_told(here: Here, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "junk").write_bytes(content)
    answer = here.run("state", "restore", "junk")
    assert answer.code == 2
    assert "line 1" in answer.err


def test_what_was_saved_is_restored_elsewhere_and_audited(here: Here) -> None:
    here.run(*ADD)
    here.run("state", "backup", "saved")
    answer = here.run("state", "restore", "saved", "--state", "sqlite:///new.db", "--reason", "a new machine")
    assert answer.out == "version 2: restored from saved; running rollouts are paused\n"
    history = here.run("routes", "history", "--state", "sqlite:///new.db", "--format", "json").json["history"]
    assert [(line["action"], line["actor"], line["reason"]) for line in history] == [
        ("restore", "tester", "a new machine"),
        ("add", "tester", ""),
    ]


def test_info_tells_what_is_kept(here: Here) -> None:
    here.run(*ADD)
    told = here.run("state", "info", "--format", "json").json
    assert (told["place"], told["version"], told["groups"], told["controller"]) == (
        "strangler.db",
        1,
        1,
        None,
    )
    assert "none: no facade is running" in here.run("state", "info").out


def test_migrate_says_that_there_is_nothing_to_do(here: Here) -> None:
    here.run(*ADD)
    assert here.run("state", "migrate").out.endswith(": nothing to do\n")


def test_no_password_of_the_state_is_shown(here: Here) -> None:
    asked = here.having(STRANGLER_STATE="postgresql://me:hunter2@db/x?password=hunter3")
    told = asked.run("config", "show").out
    assert "postgresql://me@db/x" in told
    assert "hunter" not in told
