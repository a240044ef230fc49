"""The sample monolith with one command: database, migrations, demo data, server."""

import argparse
import os
import socket
import sys
from pathlib import Path


def main(argv=None) -> int:
    options = _options(argv)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")
    if options.database:
        os.environ["SAAS_DATABASE"] = _absolute(options.database)
    try:
        listener = _listen(options.bind, options.port)
    except OSError as error:
        reason = error.strerror or error
        print(
            f"cannot listen on {options.bind}:{options.port}: {reason}. Try another --port.", file=sys.stderr
        )
        return 2
    with listener:
        return _run(listener, options)


def _options(argv):
    parser = argparse.ArgumentParser(prog="run.py", description=__doc__)
    parser.add_argument("--port", type=_port, default=8000, help="0 picks a free one (default: 8000)")
    parser.add_argument("--bind", default="127.0.0.1", metavar="HOST")
    parser.add_argument("--database", metavar="PATH_OR_URL", help="SQLite file or postgres:// URL")
    parser.add_argument(
        "--orders", type=_count, default=1000, help="demo orders in a new database (default: 1000)"
    )
    parser.add_argument("--access-log", action="store_true", help="one line per request on stderr")
    return parser.parse_args(argv)


def _port(text):
    value = int(text)
    if not 0 <= value <= 65535:
        raise argparse.ArgumentTypeError("a port is between 0 and 65535")
    return value


def _count(text):
    value = int(text)
    if value < 0:
        raise argparse.ArgumentTypeError("must not be negative")
    return value


def _absolute(database):
    return database if "://" in database else str(Path(database).expanduser().resolve())


def _listen(host, port):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host.strip("[]"), port))
    except OSError:
        listener.close()
        raise
    return listener


def _run(listener, options) -> int:
    import django
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import CommandError, call_command
    from django.db.utils import Error as DatabaseError

    try:
        django.setup()
        call_command("migrate", verbosity=0, interactive=False)
        call_command("seed", orders=options.orders, if_empty=True)
    except (CommandError, DatabaseError, ImproperlyConfigured) as error:
        reason = " ".join(str(error).split()).rstrip(".?")
        print(f"cannot use the database: {reason}. Check --database.", file=sys.stderr)
        return 2
    return _serve(listener, options)


def _serve(listener, options) -> int:
    import uvicorn
    from django.db import connections

    connections.close_all()
    listener.listen(1024)  # from here on, connections wait instead of being refused
    host, port = listener.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"Serving on http://{shown}:{port}/ (log in as alice or admin; Ctrl-C stops)", flush=True)
    config = uvicorn.Config(
        "saas.asgi:application",
        lifespan="off",
        proxy_headers=False,
        access_log=options.access_log,
        log_level="info" if options.access_log else "warning",
        timeout_graceful_shutdown=2,
    )
    uvicorn.Server(config).run(sockets=[listener])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
