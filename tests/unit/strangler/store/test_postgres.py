"""What is particular to PostgreSQL; everything else stands in the contract suite."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from threading import Thread
from time import monotonic

import pytest
from fakes.postgres import client, cut_off

from strangler.errors import BadDocument, StoreError
from strangler.routing import RouteTable
from strangler.store import Entry, State, open_state
from strangler.store.postgres import PostgresDatabase
from strangler.store.schema import MIGRATIONS

pytestmark = pytest.mark.service

ENTRY = Entry("add", "add", "someone", "store", 1.0)


@pytest.fixture
def state(postgres: str) -> Iterator[State]:
    with closing(open_state(postgres)) as opened:
        yield opened


def test_without_create_nothing_is_made(postgres: str) -> None:
    with pytest.raises(StoreError, match="there is no state"):
        open_state(postgres, create=False)
    with client(postgres) as connection:
        schema = postgres.partition("?schema=")[2]
        found = connection.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone()
    assert found is None


def test_the_schema_of_another_program_is_left_as_it_is(postgres: str) -> None:
    schema = postgres.partition("?schema=")[2]
    with client(postgres) as connection:
        connection.execute(f"CREATE SCHEMA {schema}")
        connection.execute(f"CREATE TABLE {schema}.versions (mine INTEGER)")
        with pytest.raises(StoreError, match="another program"):
            open_state(postgres)
        tables = connection.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = %s::regnamespace", (schema,)
        )
        assert tables.fetchall() == [("versions",)]


def test_a_state_of_a_newer_version_is_left_as_it_is(postgres: str) -> None:
    open_state(postgres).close()
    with client(postgres) as connection:
        connection.execute("UPDATE strangler_schema SET version = %s", (len(MIGRATIONS) + 1,))
        with pytest.raises(StoreError, match="newer strangler"):
            open_state(postgres)


def test_no_password_is_told() -> None:
    with pytest.raises(StoreError) as caught:
        open_state("postgresql://boss:hunter2@127.0.0.1:1/db?connect_timeout=1&schema=other")
    assert "hunter2" not in str(caught.value)
    assert caught.value.where == "postgresql://boss@127.0.0.1:1/db?schema=other"


@pytest.mark.parametrize("schema", ["public", "pg_catalog", "A", "a-b", "", 'x";drop', "1a"])
def test_a_schema_that_cannot_be_ours_is_refused(schema: str) -> None:
    with pytest.raises(BadDocument):
        open_state(f"postgresql://127.0.0.1:1/db?schema={schema}")


def test_an_address_that_cannot_be_read_is_told() -> None:
    with pytest.raises(BadDocument, match="no address"):
        open_state("postgresql://[::1/db")


def test_what_postgresql_cannot_keep_is_told_and_changes_nothing(state: State) -> None:
    for text in ("a\0b", "\ud800"):
        with pytest.raises(BadDocument):
            state.routes.commit(RouteTable(), 0, Entry("add", text, "someone", "store", 1.0))
    assert state.routes.version() == 0


def test_a_writer_that_hangs_in_its_change_holds_others_up_for_seconds_only(
    postgres: str, state: State
) -> None:
    with client(postgres) as other:
        other.execute("BEGIN")
        schema = postgres.partition("?schema=")[2]
        other.execute("SELECT pg_advisory_xact_lock(hashtext('strangler'), hashtext(%s))", (schema,))
        with pytest.raises(StoreError, match="locked"):
            state.routes.commit(RouteTable(), 0, ENTRY)
        other.execute("ROLLBACK")
    assert state.routes.commit(RouteTable(), 0, ENTRY).version == 1


def test_a_lost_connection_is_told_once_and_made_anew(postgres: str, state: State) -> None:
    cut_off(postgres)
    with pytest.raises(StoreError, match="cannot be reached"):
        state.routes.version()
    assert state.routes.commit(RouteTable(), 0, ENTRY).version == 1


def test_a_connection_that_was_lost_while_nobody_used_it_troubles_nobody(
    postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("strangler.store.postgres.QUIET", -1.0)
    with closing(open_state(postgres)) as state:
        cut_off(postgres)
        assert state.routes.commit(RouteTable(), 0, ENTRY).version == 1


def test_a_change_whose_commit_was_cut_off_is_not_called_accepted(postgres: str) -> None:
    database = PostgresDatabase(postgres)
    with closing(database):
        with pytest.raises(StoreError, match="it may have been accepted or not"), database.write():
            cut_off(postgres)
        with database.read() as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_commit_wakes_whoever_waits_and_losing_the_hints_costs_nothing_but_time(
    postgres: str, state: State
) -> None:
    with closing(open_state(postgres)) as other:
        other.routes.wait(0)  # the first call begins to listen
        later = Thread(target=state.routes.commit, args=(RouteTable(), 0, ENTRY))
        began = monotonic()
        later.start()
        other.routes.wait(60)
        assert monotonic() - began < 30
        later.join()
        cut_off(postgres)
        other.routes.wait(0.01)
        other.routes.wait(0.01)


def test_several_states_live_in_one_database(postgres: str, state: State) -> None:
    state.routes.commit(RouteTable(), 0, ENTRY)
    second = f"{postgres}_b"
    try:
        with closing(open_state(second)) as other:
            assert other.routes.version() == 0
    finally:
        with client(postgres) as connection:
            connection.execute(f"DROP SCHEMA {second.partition('?schema=')[2]} CASCADE")


def test_a_server_that_acknowledges_before_it_has_written_is_asked_to_wait(postgres: str) -> None:
    address, _, schema = postgres.partition("?")
    hasty = f"{address}?options=-csynchronous_commit%3Doff&{schema}"
    with closing(PostgresDatabase(hasty)) as database, database.read() as connection:
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
