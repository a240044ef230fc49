"""Copies the monolith's invoices into the service's database; prints what it did as JSON."""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from dataclasses import asdict

from acl import AclError
from billing_service.copying import Progress, copy
from billing_service.database import connect, open_for_reading


def main(arguments: list[str] | None = None) -> int:
    """Copy; 0 when everything was copied, 1 when rows are in quarantine, 2 when it could not be done."""
    parser = argparse.ArgumentParser(prog="backfill.py", description=__doc__)
    parser.add_argument(
        "--legacy", required=True, metavar="PATH", help="the monolith's SQLite file; only read"
    )
    parser.add_argument("--database", required=True, metavar="PATH", help="the service's own SQLite file")
    options = parser.parse_args(arguments)
    try:
        legacy = open_for_reading(options.legacy)
        result = copy(legacy, connect(options.database), _progress())
    except (sqlite3.Error, AclError) as error:
        sys.stderr.write(f"cannot copy from {options.legacy}: {error}\n")
        return 2
    sys.stdout.write(json.dumps(asdict(result)) + "\n")
    return 1 if result.quarantined else 0


def _progress() -> Progress:
    if not sys.stderr.isatty():
        return lambda done, total: None

    def show(done: int, total: int) -> None:
        end = "\n" if done >= total else ""
        sys.stderr.write(f"\rcopied {done:,} of {total:,} invoices{end}")
        sys.stderr.flush()

    return show


if __name__ == "__main__":
    sys.exit(main())
