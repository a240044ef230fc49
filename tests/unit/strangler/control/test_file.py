from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path

import pytest

from strangler.control import Control, Request
from strangler.control.file import LEASE_TTL, FileFollower
from strangler.control.verbs import Add, Canary, Pattern, Rollback, SetWriter
from strangler.errors import BadDocument, Refused
from strangler.store import State, open_state

FILE = """
[upstreams.billing]
url = "http://127.0.0.1:9001"
[groups.billing]
service = "billing"
share = {share}
writer = "{writer}"
[[routes]]
name = "billing"
prefix = "/inv/"
group = "billing"
"""


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def state() -> State:
    return open_state("memory://")


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "routes.toml"
    write(file)
    return file


def write(file: Path, share: int = 5, writer: str = "monolith", more: str = "") -> None:
    file.write_text(FILE.format(share=share, writer=writer) + more, encoding="utf-8")


def follower(state: State, file: Path, holder: str = "a", clock: Clock | None = None) -> FileFollower:
    return FileFollower(state, file, holder=holder, clock=clock or Clock())


def share(state: State) -> float:
    return state.routes.load().groups["billing"].share


def test_a_share_that_was_taken_back_stays_back_until_the_file_changes_it(state: State, file: Path) -> None:
    follower(state, file).follow()
    Control(state.routes).change(Request(Rollback(name="billing")), via="guard")
    assert follower(state, file).follow() is None
    write(file, more='[[routes]]\nname = "crm"\npath = "/crm/"\n')
    follower(state, file).follow()
    assert share(state) == 0
    assert [route.name for route in state.routes.load().routes] == ["billing", "crm"]
    write(file, share=10, more='[[routes]]\nname = "crm"\npath = "/crm/"\n')
    follower(state, file).follow()
    assert share(state) == 10


def test_a_file_that_means_nothing_or_is_gone_changes_nothing_and_is_said_once(
    state: State, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    one = follower(state, file)
    one.look()
    with caplog.at_level(logging.WARNING, "strangler.control"):
        caplog.clear()
        file.write_text("[groups.billing]\nshare = 500\n", encoding="utf-8")
        for _ in range(3):
            one.look()
        file.unlink()
        for _ in range(3):
            one.look()
    assert [record.message.partition(":")[0] for record in caplog.records] == [
        "routes.toml is not followed, the routes stay"
    ] * 2
    assert (share(state), state.routes.version()) == (5, 1)
    with pytest.raises(BadDocument):
        one.follow()


def test_what_the_rules_forbid_is_refused_and_tried_again(state: State, file: Path) -> None:
    write(file, writer="undeclared")
    with pytest.raises(Refused, match="writer"):
        follower(state, file).follow()
    assert state.routes.version() == 0
    write(file)
    outcome = follower(state, file).follow()
    assert outcome is not None
    assert outcome.changed


def test_of_two_that_follow_one_does_it(state: State, file: Path) -> None:
    clock = Clock()
    follower(state, file, "a", clock).follow()
    write(file, share=10)
    assert follower(state, file, "b", clock).follow() is None
    assert share(state) == 5
    clock.now += LEASE_TTL + 1
    follower(state, file, "b", clock).follow()
    assert share(state) == 10


def test_a_crash_between_the_change_and_the_note_changes_nothing_twice(state: State, file: Path) -> None:
    class Crash(Exception):
        pass

    class Notes:
        def get(self, name: str) -> str | None:
            return state.notes.get(name)

        def put(self, name: str, text: str, fence: object = None) -> None:
            raise Crash

    with pytest.raises(Crash):
        follower(replace(state, notes=Notes()), file).follow()
    assert state.routes.version() == 1
    outcome = follower(state, file).follow()
    assert outcome is not None
    assert not outcome.changed
    assert state.routes.version() == 1
    assert follower(state, file).follow() is None


def test_a_dry_run_keeps_nothing(state: State, file: Path) -> None:
    outcome = follower(state, file).follow(dry_run=True)
    assert outcome is not None
    assert any("share = 5" in line for line in outcome.difference)
    assert state.routes.version() == 0
    changed = follower(state, file).follow()
    assert changed is not None
    assert changed.changed


def test_what_was_added_by_hand_stays_and_what_left_the_file_goes(state: State, file: Path) -> None:
    write(file, more='[[routes]]\nname = "crm"\npath = "/crm/"\n')
    follower(state, file).follow()
    add = Add(name="hand", patterns=(Pattern("path", "/hand/"),), service="http://127.0.0.1:9002")
    control = Control(state.routes)
    control.change(Request(add), via="store")
    control.change(Request(SetWriter(name="hand", writer="monolith")), via="store")
    control.change(Request(Canary(name="hand", percent=7)), via="store")
    write(file)
    follower(state, file).follow()
    table = state.routes.load()
    assert [route.name for route in table.routes] == ["billing", "hand"]
    assert table.groups["hand"].share == 7


def test_every_change_is_audited_with_the_file(state: State, file: Path) -> None:
    follower(state, file).follow()
    entry = state.routes.history(1)[0].entry
    assert (entry.via, entry.actor, entry.action) == ("follow", "file routes.toml", "apply")
    assert entry.reason.startswith("routes.toml sha256 ")
