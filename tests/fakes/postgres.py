"""Another client of a test's PostgreSQL: looks in, gets in the way, cuts off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg


@contextmanager
def client(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Another client of the state's schema."""
    address, _, schema = url.partition("?schema=")
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        connection.execute("SELECT set_config('search_path', %s, false)", (schema,))
        yield connection


def cut_off(url: str) -> None:
    """End every connection of the state, as a restart of the server would; nobody else's."""
    with client(url) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid, 2000) FROM pg_stat_activity WHERE application_name = %s",
            (f"strangler {url.partition('?schema=')[2]}",),
        )
