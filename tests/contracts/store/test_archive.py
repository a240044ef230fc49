"""What is saved from one database is what another one has after it was restored."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest

from strangler.errors import BadDocument, Refused
from strangler.routing import Group, RouteTable, Upstream
from strangler.store import Entry, State, Token, open_state
from strangler.store.archive import Archive
from strangler.store.tokens import digest_of

TABLE = RouteTable(
    upstreams={"billing": Upstream("billing", "http://127.0.0.1:9001")},
    groups={"billing": Group("billing", "billing", share=5)},
)
RESTORE = Entry("restore", "restore", "someone", "store", 2.0)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.service)])
def url(request: pytest.FixtureRequest, tmp_path: object) -> str:
    if request.param == "postgres":
        address: str = request.getfixturevalue("postgres")
        return address
    return f"sqlite:///{tmp_path}/state.db"


@pytest.fixture
def saved(state: State, entry: Entry) -> list[bytes]:
    """A state with two versions, a rollout and a token, saved."""
    state.routes.commit(TABLE, 0, entry)
    state.routes.commit(replace(TABLE, groups={}), 1, replace(entry, forced=True, alarms=("look out", "ä")))
    state.rollouts.save("billing", {"phase": "running", "step": 1}, 0)
    state.tokens.add(Token("ci", "operator", 1.5), digest_of("secret"))
    return archive(state).save()


@pytest.fixture
def other(tmp_path: object) -> Iterator[State]:
    with closing(open_state(f"sqlite:///{tmp_path}/other.db")) as opened:
        yield opened


def archive(state: State) -> Archive:
    assert state.archive is not None
    return state.archive


def broken(lines: list[bytes]) -> Iterator[list[bytes]]:
    yield []
    yield lines[1:]
    yield lines[:-1]
    yield [*lines[:2], *lines[3:]]
    yield [*lines, lines[1]]
    yield [lines[0], lines[1], *lines[1:]]
    yield [b'{"row":"strangler-state","format":2}', *lines[1:]]
    yield [lines[0], lines[1].replace(b"http:", b"gopher:"), *lines[2:]]
    yield [lines[0], lines[1][:-5], *lines[2:]]
    yield [lines[0], b"\xff", *lines[2:]]
    yield [lines[0], lines[1].replace(b'"actor"', b'"acter"'), *lines[2:]]


def test_a_damaged_file_changes_nothing(state: State, saved: list[bytes]) -> None:
    before = archive(state).save()
    for number, lines in enumerate(broken(saved)):
        with pytest.raises(BadDocument):
            archive(state).restore(lines, RESTORE, replace=True)
        assert archive(state).save() == before, number


def test_what_stands_is_not_replaced_by_the_way(state: State, saved: list[bytes]) -> None:
    with pytest.raises(Refused, match="version 2"):
        archive(state).restore(saved, RESTORE)
    assert archive(state).save() == saved


def test_no_version_that_ever_stood_comes_back_with_another_meaning(
    state: State, saved: list[bytes], entry: Entry
) -> None:
    for version in (2, 3, 4):
        state.routes.commit(TABLE, version, entry)
    assert archive(state).restore(saved, RESTORE, replace=True) == 6
    assert [record.version for record in state.routes.history()] == [6, 2, 1]
    assert state.routes.load() == replace(TABLE, groups={}, version=6)
    assert state.routes.commit(TABLE, 6, entry).version == 7


def test_a_token_that_was_revoked_since_stays_revoked(state: State, saved: list[bytes]) -> None:
    state.tokens.revoke("ci")
    state.tokens.add(Token("new", "viewer", 1.0), digest_of("other"))
    archive(state).restore(saved, RESTORE, replace=True)
    assert [token.name for token in state.tokens.list()] == ["new"]


def test_a_running_rollout_waits_for_somebodys_word(state: State, saved: list[bytes]) -> None:
    archive(state).restore(saved, RESTORE, replace=True)
    assert state.rollouts.all()[0].state == {"phase": "paused", "step": 1}


def test_everything_is_there_again_in_another_database(
    state: State, other: State, saved: list[bytes]
) -> None:
    assert archive(other).restore(saved, RESTORE) == 3
    assert other.routes.history()[1:] == state.routes.history()
    assert [other.routes.at(version) for version in (1, 2)] == [
        state.routes.at(version) for version in (1, 2)
    ]
    assert other.routes.load() == replace(state.routes.load(), version=3)
    assert other.tokens.find(digest_of("secret")) == Token("ci", "operator", 1.5)


def test_an_empty_state_can_be_saved_and_restored(state: State, other: State) -> None:
    assert archive(other).restore(archive(state).save(), RESTORE) == 1
    assert other.routes.load() == RouteTable(version=1)
