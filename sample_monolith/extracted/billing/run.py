"""The billing service with one command; prints its address as one line when it can be called."""

from __future__ import annotations

import argparse
import os
import socket
import sqlite3
import sys

import httpx
import uvicorn
from billing_service.app import build
from billing_service.bad_releases import BAD_RELEASES
from billing_service.database import connect


def main(arguments: list[str] | None = None) -> int:
    """Serve until interrupted; 2 when it cannot start."""
    options = _options(arguments)
    try:
        listener = socket.create_server((options.host, options.port), backlog=2048)
    except OSError as error:
        print(
            f"cannot listen on {options.host}:{options.port}: {error.strerror}. Try another --port.",
            file=sys.stderr,
        )
        return 2
    try:
        connection = connect(options.database)
    except sqlite3.Error as error:
        print(f"cannot open {options.database}: {error}. Check --database.", file=sys.stderr)
        return 2
    monolith = httpx.AsyncClient(base_url=options.monolith, timeout=5.0) if options.monolith else None
    key = os.environ.get("STRANGLER_IDENTITY_KEY", "").strip().encode()
    app = build(connection, monolith, options.broken, key)
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, server_header=False))
    print(f"http://{options.host}:{listener.getsockname()[1]}", flush=True)
    if options.broken:
        print(f"this is the demo's bad release: {options.broken}", file=sys.stderr)
    server.run(sockets=[listener])
    connection.close()
    return 0


def _options(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 picks a free one (default)")
    parser.add_argument("--database", required=True, metavar="PATH", help="the service's own SQLite file")
    parser.add_argument("--monolith", metavar="URL", help="whom to ask about browser sessions")
    parser.add_argument("--broken", choices=BAD_RELEASES, help="deploy the demo's bad release instead")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
