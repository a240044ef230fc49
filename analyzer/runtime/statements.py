"""A dump of PostgreSQL's ``pg_stat_statements``: which tables the database was asked for, without saying by whom.

psql -c "\\copy (select query, calls from pg_stat_statements) to statements.csv csv header"
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from analyzer.errors import BadObservations
from analyzer.runtime.lines import lines_of
from analyzer.runtime.observations import Observations
from analyzer.runtime.strangler_recorder import tables_of

MAX_CALLS = 2**53


def read_statements(path: Path, found: Observations) -> Observations:
    """Add a dump with the columns ``query`` and ``calls``; others are ignored.

    A row without a whole number of calls is counted as skipped. Raises BadObservations where no row has one.
    """
    reader = csv.DictReader(_text(path))
    understood = 0
    while True:
        try:
            row = next(reader)
        except StopIteration:
            break
        except csv.Error:
            found.skipped += 1
            continue
        calls, query = row.get("calls") or "", row.get("query") or ""
        if not calls.isdecimal() or int(calls) > MAX_CALLS:
            found.skipped += 1
            continue
        understood += 1
        _add(found, query, int(calls))
    if not understood:
        remedy = "Export it with a header and the columns query and calls; see docs/runtime.md."
        raise BadObservations("holds no statement", where=str(path), remedy=remedy)
    found.batches += 1
    return found


def _text(path: Path) -> Iterator[str]:
    return (line.replace(b"\0", b"").decode("utf-8", "replace") + "\n" for line in lines_of(path))


def _add(found: Observations, query: str, calls: int) -> None:
    tables = tables_of(query[:100_000], "postgresql")
    for name in tables.reads:
        found.database[name, "read"] += calls
    for name in tables.writes:
        found.database[name, "write"] += calls
    for pair in tables.joins:
        found.database_joins[pair] += calls
